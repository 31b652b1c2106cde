"""A tiny pretrained BERT on disk, and a hub on this machine that serves folders."""

from __future__ import annotations

import http.server
import json
import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

COMMIT = "0123456789abcdef0123456789abcdef01234567"
SIZES = {
    "hidden_size": 16,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "intermediate_size": 32,
    "max_position_embeddings": 64,
}


@pytest.fixture(scope="session")
def tiny_bert(tmp_path_factory):
    """A folder with a BERT for masked words, as one finds it on the hub: weights of a head too."""
    import torch
    from transformers import BertConfig, BertForMaskedLM, BertTokenizer
    from transformers.utils import logging

    logging.disable_progress_bar()
    folder = tmp_path_factory.mktemp("hub") / "tiny-bert"
    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *"가나다라마바사아자차카타파하"]
    # BERT's lower case takes accents off, and Hangul syllables apart with them
    tokenizer = BertTokenizer(
        vocab={word: index for index, word in enumerate(words)}, do_lower_case=False
    )
    with torch.random.fork_rng():
        torch.manual_seed(0)
        model = BertForMaskedLM(BertConfig(vocab_size=len(words), **SIZES))
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    logging.enable_progress_bar()
    return folder


@pytest.fixture
def on_cpu(monkeypatch):
    """Training stays on the CPU, where alone it is the same bit for bit."""
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)


class Hub(http.server.ThreadingHTTPServer):
    """Serves folders as model repositories, the way huggingface_hub asks for them."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), HubRequest)
        self.repositories: dict[str, Path] = {}
        # the commit that a branch stands for, where it has moved on from COMMIT
        self.heads: dict[str, str] = {}
        self.requests: list[str] = []

    def commit_of(self, repository: str, revision: str) -> str:
        return revision if len(revision) == len(COMMIT) else self.heads.get(repository, COMMIT)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class HubRequest(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Hub

    def do_GET(self):
        self.server.requests.append(f"{self.command} {self.path}")
        path = self.path.split("?")[0].lstrip("/")
        if path.startswith("api/models/"):
            owner, name, *rest = path.removeprefix("api/models/").split("/")
            self.answer_api(f"{owner}/{name}", rest)
        else:
            owner, name, resolve, revision, *file = path.split("/")
            assert resolve == "resolve"
            self.answer_file(f"{owner}/{name}", revision, "/".join(file))

    do_HEAD = do_GET

    def answer_api(self, repository, rest):
        if repository not in self.server.repositories:
            self.answer(404, b"{}", {"X-Error-Code": "RepoNotFound"})
        elif rest[:1] == ["tree"]:
            self.answer(404, b"{}", {"X-Error-Code": "EntryNotFound"})
        else:
            files = [one.name for one in self.server.repositories[repository].iterdir()]
            siblings = [{"rfilename": name} for name in sorted(files)]
            commit = self.server.commit_of(repository, rest[1] if rest else "main")
            information = {"id": repository, "sha": commit, "siblings": siblings, "tags": []}
            self.answer(200, json.dumps(information).encode())

    def answer_file(self, repository, revision, name):
        folder = self.server.repositories.get(repository)
        commit = self.server.commit_of(repository, revision)
        if folder is None:
            self.answer(404, b"", {"X-Error-Code": "RepoNotFound"})
        elif not (folder / name).is_file():
            self.answer(404, b"", {"X-Error-Code": "EntryNotFound", "X-Repo-Commit": commit})
        else:
            etag = f'"{name}"'
            self.answer(200, (folder / name).read_bytes(), {"ETag": etag, "X-Repo-Commit": commit})

    def answer(self, status, content, headers=()):
        self.send_response(status)
        for key, value in dict(headers).items():
            self.send_header(key, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    def log_message(self, *arguments):
        """Say nothing on stderr."""


@pytest.fixture
def hub():
    server = Hub()
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def run_python(tmp_path):
    """Run a script in a fresh Python, without a network but for `hub`; its finished process.

    huggingface_hub reads its environment when it is imported, hence a process of its own.
    """

    def run(script, *, python=sys.executable, hub=None, stdin="", **environment):
        own = {
            "HF_HOME": str(tmp_path / "hf"),
            "HF_HUB_DISABLE_TELEMETRY": "1",
            "HF_HUB_DISABLE_XET": "1",
            "OMP_NUM_THREADS": "1",
            "PYTHONWARNINGS": "error",
        }
        own |= {"HF_ENDPOINT": hub.url} if hub else {"HF_HUB_OFFLINE": "1"}
        kept = {
            key: value
            for key, value in os.environ.items()
            if not key.startswith(("HF_", "TRANSFORMERS_"))
        }
        return subprocess.run(
            [python, "-c", script],
            env={**kept, **own, **environment},
            input=stdin,
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=300,
            check=False,
        )

    return run


@pytest.fixture
def fresh_host():
    """Call it after a plugin was written: the host of this process looks again, and afterwards."""
    from zoo.plugins import host

    yield host.cache_clear
    host.cache_clear()


@pytest.fixture(scope="session")
def toy():
    """50 texts that 타 or 파 decides, one long and the other short of some more syllables."""
    import random

    draw = random.Random(0)
    pairs = []
    for number in range(50):
        label = "예" if number % 2 else "아니오"
        syllables = draw.choices("가나다라마바사아자차카", k=draw.randint(1, 12))
        syllables.insert(draw.randrange(len(syllables) + 1), "타" if label == "예" else "파")
        pairs.append((" ".join(syllables), label))
    return pairs


@pytest.fixture
def make_classifier(tiny_bert):
    """A classifier over the tiny BERT, the same one for the same seed."""
    import zoo

    def make(head="mlp", seed=0, **options):
        labels = ["아니오", "예"]
        return zoo.build(f"hf:{tiny_bert}", head, labels=labels, seed=seed, **options)

    return make


@pytest.fixture
def weights():
    """All weights of a module, as one vector of its own; training may move the module to a GPU."""
    import torch

    return lambda module: torch.cat([each.detach().flatten() for each in module.parameters()]).cpu()


@pytest.fixture
def toy_file(toy, tmp_path):
    """The toy examples as a CSV with headings of its own."""
    file = tmp_path / "requests.csv"
    lines = ["request,intent", *(f"{text},{label}" for text, label in toy)]
    file.write_text("\n".join(lines) + "\n", "utf-8")
    return file
