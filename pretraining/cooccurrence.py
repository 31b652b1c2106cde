"""Word embeddings from counts alone: where pretraining begins.

A transformer of this size needs millions of texts before its embeddings say which words are alike.
Counting says it in a minute: a truncated singular value decomposition of positive pointwise mutual
information, which skip-gram factorises as well (Levy & Goldberg 2014, "Neural Word Embedding as
Implicit Matrix Factorization").
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from scipy import sparse
from sklearn.utils.extmath import randomized_svd

from pretraining.corpus import Corpus

# tokens to each side; a neighbour at distance d counts 1/d
WINDOW = 5
# of the counts of contexts: rare ones are not to look remarkable (Levy et al. 2015, section 3.1)
CONTEXT_POWER = 0.75
# standard deviation of the embeddings: small enough to move, large enough to outlast first steps
SCALE = 0.1


def counts_of(corpus: Corpus, vocabulary: int, first_word: int) -> sparse.csr_matrix:
    """How often two words stand near each other in a text, `(word, word)`, symmetric."""
    ids = corpus.ids.astype(np.int64)
    texts = np.repeat(np.arange(len(corpus)), corpus.lengths)
    is_word = ids >= first_word
    ids, texts = ids[is_word], texts[is_word]
    counts = sparse.csr_matrix((vocabulary, vocabulary))
    for distance in range(1, WINDOW + 1):
        is_near = texts[distance:] == texts[:-distance]
        before, after = ids[:-distance][is_near], ids[distance:][is_near]
        weights = np.full(len(before), 1 / distance)
        counts = counts + sparse.csr_matrix((weights, (before, after)), counts.shape)
    return (counts + counts.T).tocsr()


def positive_information(counts: sparse.csr_matrix) -> sparse.csr_matrix:
    """Positive pointwise mutual information of words and contexts, in nats."""
    of_word = np.asarray(counts.sum(axis=1)).ravel()
    of_context = of_word**CONTEXT_POWER
    of_context /= of_context.sum()
    pairs = counts.tocoo()
    information = np.log(pairs.data / of_word[pairs.row] / of_context[pairs.col])
    known = information > 0
    return sparse.csr_matrix(
        (information[known], (pairs.row[known], pairs.col[known])), counts.shape
    )


def word_embeddings(corpus: Corpus, vocabulary: int, first_word: int, width: int) -> np.ndarray:
    """An embedding `(word, width)` for each token, rows of one length; those never seen are 0.

    Without the first direction, which all words share (Mu & Viswanath 2018, "All-but-the-Top").
    """
    information = positive_information(counts_of(corpus, vocabulary, first_word))
    left, values, _ = randomized_svd(information, width + 1, n_iter=3, random_state=0)
    found = (left * np.sqrt(values))[:, 1:]
    lengths = np.linalg.norm(found, axis=1, keepdims=True)
    is_seen = lengths > 1e-6
    return np.where(is_seen, found / np.where(is_seen, lengths, 1), 0) * SCALE * np.sqrt(width)


def stored_word_embeddings(
    folder: Path, corpus: Corpus, vocabulary: int, first_word: int, width: int
) -> np.ndarray:
    """The embeddings, worked out once and kept in `folder`."""
    stored = folder / f"embeddings-{width}.npy"
    if not stored.exists():
        partial = stored.with_suffix(".partial.npy")
        np.save(partial, word_embeddings(corpus, vocabulary, first_word, width).astype(np.float32))
        partial.replace(stored)
    return np.load(stored)
