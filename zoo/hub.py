"""Where a checkpoint is, settled once and quickly: a folder, a commit on the hub, or its cache."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from zoo.errors import CheckpointError, OutOfReach, nearest

TIMEOUT_SECONDS = 10.0
_COMMIT = re.compile(r"[0-9a-f]{40}")


@dataclass(frozen=True, slots=True)
class Place:
    """The commit of a checkpoint, None for a folder; `is_local` if the hub need not be asked."""

    commit: str | None
    is_local: bool


def locate(
    checkpoint: str,
    revision: str | None = None,
    *,
    token: str | bool | None = None,
    cache_dir: str | Path | None = None,
    local_files_only: bool = False,
) -> Place:
    """Where a folder or a hub id is, so that all its files come from one commit.

    The hub is asked once, and its cache stands in where it cannot be reached; transformers would
    ask for every file and wait for each. Raises `OutOfReach` where neither has it, and
    `CheckpointError` for what is no folder and no hub id.
    """
    from huggingface_hub import HfApi, hf_hub_download
    from huggingface_hub.errors import (
        GatedRepoError,
        HFValidationError,
        LocalEntryNotFoundError,
        RemoteEntryNotFoundError,
        RepositoryNotFoundError,
        RevisionNotFoundError,
    )

    if Path(checkpoint).is_dir():
        return Place(None, is_local=True)
    try:
        cached = cached_commit(checkpoint, revision, cache_dir)
        if local_files_only and cached:
            return Place(cached, is_local=True)
        if local_files_only:
            raise LocalEntryNotFoundError("local_files_only is set")
        if revision and _COMMIT.fullmatch(revision) and cached:
            return Place(revision, is_local=False)  # a commit never moves
        # gives up at once, where a download would try again for 20 seconds
        HfApi(token=token).model_info(checkpoint, revision=revision, timeout=TIMEOUT_SECONDS)
        # the cache learns by it what the revision stands for, should the network be gone later
        file = hf_hub_download(
            checkpoint, "config.json", revision=revision, token=token, cache_dir=cache_dir
        )
        return Place(Path(file).parent.name, is_local=False)
    except HFValidationError:
        raise CheckpointError(
            f"{checkpoint} is no folder, and no hub id (OWNER/NAME){_near_folder(checkpoint)}"
        ) from None
    except GatedRepoError as error:
        raise CheckpointError(
            f"{checkpoint}: the hub gives it to those who were let in; ask on its page, then "
            "`hf auth login`"
        ) from error
    except RevisionNotFoundError as error:
        raise CheckpointError(f"{checkpoint} has no revision {revision!r} on the hub") from error
    except RepositoryNotFoundError as error:
        raise CheckpointError(
            f"{checkpoint} is no folder, and the hub has no such model, or it is private: check "
            f"the name, or `hf auth login`{_near_folder(checkpoint)}"
        ) from error
    except RemoteEntryNotFoundError as error:
        raise CheckpointError(f"{checkpoint} has no config.json on the hub") from error
    except Exception as error:  # the hub's client lets through what its network library raises
        if cached:
            return Place(cached, is_local=True)
        cause = str(error).strip().split("\n")[0] or type(error).__name__
        out_of_reach = f"is not in the local cache, and the hub cannot be reached ({cause})"
        if Path(checkpoint).parent.is_dir():  # a mistyped path more likely than OWNER/NAME
            near = _near_folder(checkpoint)
            raise OutOfReach(
                f"there is no folder {checkpoint}{near or '.'} As a hub id it {out_of_reach}"
            ) from error
        raise OutOfReach(f"{checkpoint} {out_of_reach}") from error


def _near_folder(checkpoint: str) -> str:
    """The words `; did you mean 'runs/mine'?` for a folder with a model in it, or an empty text."""
    path = Path(checkpoint)
    try:
        folders = [one.name for one in path.parent.iterdir() if (one / "config.json").is_file()]
    except OSError:
        return ""
    near = nearest(path.name, folders)
    return "" if near is None else f"; did you mean {str(path.with_name(near))!r}?"


def cached_commit(
    checkpoint: str, revision: str | None, cache_dir: str | Path | None = None
) -> str | None:
    """The commit in the local cache that the revision (`main` by default) stood for last."""
    from huggingface_hub import try_to_load_from_cache

    path = try_to_load_from_cache(checkpoint, "config.json", revision=revision, cache_dir=cache_dir)
    return Path(path).parent.name if isinstance(path, str) else None
