"""Texts that are nearly the same: every pair whose character trigrams overlap enough.

The search is exact: it finds every pair that comparing all with all would find. Two sets of which
a share `threshold` is common must have one of their few rarest members in common (the prefix
filter: Chaudhuri et al. 2006, https://doi.org/10.1109/ICDE.2006.9; Bayardo et al. 2007, "Scaling up
all pairs similarity search", https://doi.org/10.1145/1242572.1242591), and bitmaps of them cannot
differ in many bits (Sandes et al. 2020, https://arxiv.org/abs/1711.07295). What passes is compared.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from zoo.errors import DataError

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]

NEAR = 0.8
_LETTERS = 3
_WORDS = 2  # of 64 bits in a bitmap
# candidates that are compared at a time: some 100 MB
_MOST_CANDIDATES = 2_000_000
# a quotient that should be equal to the threshold may come out a little smaller
_ROUNDING = 1e-9


class NearDuplicates:
    """Pairs of different texts that share at least `threshold` of their character trigrams.

    The measure is Jaccard's: distinct trigrams of both by distinct trigrams of either, from 0 to 1
    (Broder 1997, "On the resemblance and containment of documents"). At 0.8 a text of 6 letters may
    have one more at its end, and one of 29 letters another one in its middle.

    `groups` are bits, one for each split that a text occurs in. `found` has, for each text, the
    bits of the splits in which some near text occurs, and `pairs` a pair behind each of these bits.
    """

    def __init__(
        self, texts: Sequence[str], groups: Sequence[int], threshold: float = NEAR
    ) -> None:
        import numpy as np

        check_threshold(threshold)
        self.threshold = threshold
        self.groups = np.asarray(groups, dtype=np.int64)
        self.found = np.zeros(len(texts), dtype=np.int64)
        self.pairs: list[tuple[int, int]] = []
        if len(texts) > 1:
            sets = _Sets(texts, threshold)
            for first, second in sets.candidates():
                # a pair that tells nothing new need not be compared: many texts after one pattern
                # would otherwise take the square of their number
                is_new = (self.groups[second] & ~self.found[first]) | (
                    self.groups[first] & ~self.found[second]
                ) != 0
                first, second = first[is_new], second[is_new]
                is_near = sets.similarity(first, second) >= threshold - _ROUNDING
                self._note(first[is_near], second[is_near])

    def _note(self, first: Array, second: Array) -> None:
        import numpy as np

        np.bitwise_or.at(self.found, first, self.groups[second])
        np.bitwise_or.at(self.found, second, self.groups[first])
        self.pairs += zip(first.tolist(), second.tolist(), strict=True)


def check_threshold(threshold: float) -> None:
    """Raise `DataError` for a share at which everything, or nothing, would be near."""
    if not isinstance(threshold, int | float) or not 0.5 <= threshold <= 1:
        raise DataError(f"the share of common trigrams must be from 0.5 to 1, got {threshold!r}")


def trigrams(text: str) -> set[str]:
    """The distinct runs of three letters; a shorter text is filled up."""
    filled = text.ljust(_LETTERS, "\0")
    return {filled[start : start + _LETTERS] for start in range(len(filled) - _LETTERS + 1)}


class _Sets:
    """The trigrams of every text as numbers, the rarest smallest, in a sparse matrix."""

    def __init__(self, texts: Sequence[str], threshold: float) -> None:
        import numpy as np
        from scipy import sparse

        self.threshold = threshold
        rows, codes = _occurrences(texts)
        _, numbers, counts = np.unique(codes, return_inverse=True, return_counts=True)
        rank = np.empty(len(counts), dtype=np.int64)
        rank[np.argsort(counts, kind="stable")] = np.arange(len(counts))
        # each trigram of a text once, in the order of their rank
        keys = np.unique(rows * len(counts) + rank[numbers])
        rows, members = np.divmod(keys, len(counts))
        self.size = np.bincount(rows, minlength=len(texts))
        starts = np.concatenate(([0], np.cumsum(self.size)))
        shape = (len(texts), len(counts))
        self.matrix: Any = sparse.csr_matrix((np.ones(len(keys), np.int32), members, starts), shape)
        self.bitmaps = _bitmaps(members, starts)
        self.prefixes = self._prefixes(rows, members, starts, shape)

    def _prefixes(self, rows: Array, members: Array, starts: Array, shape: tuple[int, int]) -> Any:
        import numpy as np
        from scipy import sparse

        least = np.ceil(self.threshold * self.size - _ROUNDING).astype(np.int64)
        length = self.size - least + 1
        is_prefix = np.arange(len(rows)) - starts[rows] < length[rows]
        ones = np.ones(int(is_prefix.sum()), np.int32)
        return sparse.csr_matrix((ones, (rows[is_prefix], members[is_prefix])), shape)

    def candidates(self) -> Iterator[tuple[Array, Array]]:
        """Pairs that may be near, each once, in groups of bounded size."""
        import numpy as np

        columns = self.prefixes.T.tocsr()
        # how many texts share a member with each, counted as often as they do
        cost = np.cumsum(self.prefixes @ np.diff(columns.indptr))
        start = 0
        while start < len(self.size):
            before = cost[start - 1] if start else 0
            end = max(int(np.searchsorted(cost, before + _MOST_CANDIDATES, "right")), start + 1)
            shared = (self.prefixes[start:end] @ columns).tocoo()
            first, second = shared.row + start, shared.col
            is_once = first < second
            yield self._filtered(first[is_once], second[is_once])
            start = end

    def _filtered(self, first: Array, second: Array) -> tuple[Array, Array]:
        import numpy as np

        one, other = self.size[first], self.size[second]
        # with so few in common at most, or with so many apart at least, they cannot be near
        is_possible = np.minimum(one, other) >= self.threshold * np.maximum(one, other) - _ROUNDING
        first, second = first[is_possible], second[is_possible]
        apart = _bits(self.bitmaps[first] ^ self.bitmaps[second])
        both = self.size[first] + self.size[second]
        most = (1 - self.threshold) / (1 + self.threshold) * both + _ROUNDING
        return first[apart <= most], second[apart <= most]

    def similarity(self, first: Array, second: Array) -> Array:
        """Jaccard's measure of each pair."""
        import numpy as np

        product = self.matrix[first].multiply(self.matrix[second])
        common = np.asarray(product.sum(axis=1)).ravel()
        similarity: Array = common / (self.size[first] + self.size[second] - common)
        return similarity


def _occurrences(texts: Sequence[str]) -> tuple[Array, Array]:
    """Of every trigram in every text the row, and its three letters as one number."""
    import numpy as np

    filled = [text.ljust(_LETTERS, "\0") for text in texts]
    lengths = np.fromiter(map(len, filled), dtype=np.int64, count=len(filled))
    letters = np.frombuffer("".join(filled).encode("utf-32-le", "surrogatepass"), dtype="<u4")
    points = letters.astype(np.int64)
    # 21 bits hold every code point
    codes = points[:-2] | points[1:-1] << 21 | points[2:] << 42
    rows = np.repeat(np.arange(len(filled)), lengths)
    # not across the end of a text
    is_inside = rows[:-2] == rows[2:]
    return rows[:-2][is_inside], codes[is_inside]


def _bitmaps(members: Array, starts: Array) -> Array:
    """128 bits a text `(text, word)`: each member turns one of them over."""
    import numpy as np

    # Fibonacci hashing (Knuth, The Art of Computer Programming, volume 3, section 6.4)
    bits = (members.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15)) >> np.uint64(57)
    flips = np.uint64(1) << (bits & np.uint64(63))
    words = [np.where(bits >> np.uint64(6) == word, flips, np.uint64(0)) for word in range(_WORDS)]
    # no text is without a member, so no piece is empty
    return np.stack([np.bitwise_xor.reduceat(word, starts[:-1]) for word in words], axis=1)


def _bits(words: Array) -> Array:
    """How many bits are set in each row."""
    import numpy as np

    # numpy.bitwise_count came with NumPy 2
    of_byte = np.array([byte.bit_count() for byte in range(256)], dtype=np.uint8)
    counts: Array = of_byte[words.view(np.uint8)].sum(axis=1)
    return counts
