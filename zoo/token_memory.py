"""Token ids that are kept, for whoever tokenises the same texts again and again."""

from __future__ import annotations

import hashlib
import json
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

TokenIds = list[list[int]]
# what a tokenizer was told by its last call, and is told anew by the next
_OF_A_CALL = ("truncation", "padding")


class TokenMemory:
    """The token ids of the last `kept` lists of texts.

    What a tokenizer does with a text is decided by its files: a tokenizer loaded anew finds what
    another of the same content left here. One without a fast implementation finds nothing.
    """

    def __init__(self, kept: int) -> None:
        self.kept = kept
        self._known: OrderedDict[tuple[str, int, tuple[str, ...]], TokenIds] = OrderedDict()

    def recall(
        self,
        tokenizer: PreTrainedTokenizerBase,
        texts: Sequence[str],
        max_length: int,
        encode: Callable[[], TokenIds],
    ) -> TokenIds:
        """The token ids of `texts`, by `encode` where they are not known."""
        content = _content_of(tokenizer)
        if content is None:
            return encode()
        # equal tuples are found fast: their texts are the same objects, and know their hashes
        key = (content, max_length, tuple(texts))
        if key not in self._known:
            self._known[key] = encode()
        self._known.move_to_end(key)
        while len(self._known) > self.kept:
            self._known.popitem(last=False)
        return self._known[key]


def _content_of(tokenizer: PreTrainedTokenizerBase) -> str | None:
    backend = getattr(tokenizer, "backend_tokenizer", None)
    if backend is None:
        return None
    content = json.loads(backend.to_str())
    for name in _OF_A_CALL:
        content.pop(name, None)
    # the class and its limit decide as well: special tokens, and where texts are cut at the latest
    named = [type(tokenizer).__qualname__, tokenizer.model_max_length, content]
    return hashlib.sha256(json.dumps(named).encode()).hexdigest()


_current: ContextVar[TokenMemory | None] = ContextVar("token_memory", default=None)


@contextmanager
def remembering(memory: TokenMemory) -> Iterator[None]:
    """Within it, `zoo.prediction.tokenize` keeps what it makes in `memory`."""
    token = _current.set(memory)
    try:
        yield
    finally:
        _current.reset(token)


def current_memory() -> TokenMemory | None:
    """The memory that is in use here, if any."""
    return _current.get()
