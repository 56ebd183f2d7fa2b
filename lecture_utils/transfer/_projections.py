"""Maps of embeddings: vectors of hundreds of values as points in two dimensions.

`pca` is a linear projection: points that are far apart in it are far apart in all dimensions, too.
`tsne` keeps neighbors together and little else. Both lose information, so `nearest` and `agreement`
measure how well classes are separated in all dimensions.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from lecture_utils._validation import check_bound, finite, whole

#: Maximum number of principal components for t-SNE: the rest is mostly noise, and costs time.
TSNE_COMPONENTS = 50
# Up to 2**60, and from 2**-60, squares of float32 neither overflow nor underflow.
_USUAL_EXPONENT = 60


@dataclass(frozen=True, eq=False)
class EmbeddingMaps:
    """Two maps of the same embeddings, and the information that they lose.

    Attributes
    ----------
    pca, tsne : ndarray of float32, shape (N, 2)
        The position of each image on the two maps.
    explained : float or None
        Fraction of the variance in the PCA map, from 0 to 1. None if unknown.
    dimensions : int or None
        Number of dimensions of the embeddings.
    neighbors : ndarray of int32, shape (N, count), or None
        Indices of the nearest other images of each image in all dimensions, nearest first.
    """

    pca: np.ndarray
    tsne: np.ndarray
    explained: float | None = None
    dimensions: int | None = None
    neighbors: np.ndarray | None = None


def make_maps(
    features: ArrayLike, *, seed: int = 0, perplexity: float = 30.0, neighbors: int = 5
) -> EmbeddingMaps:
    """Compute both maps of a set of embeddings, and the nearest neighbors.

    Parameters
    ----------
    features : array_like, shape (N, D)
        One embedding per image, D at least 2.
    seed : int
        As in `tsne`.
    perplexity : float
        As in `tsne`. With few images, it is reduced to a third of their number.
    neighbors : int
        Number of nearest neighbors to list for each image.

    Returns
    -------
    EmbeddingMaps

    Raises
    ------
    ValueError
        If `features` is not such an array, has too few rows, or has values that are not finite; or
        `perplexity` is not a number above 0.

    Examples
    --------
    >>> maps = make_maps(np.eye(9, 4), neighbors=2)
    >>> maps.pca.shape, maps.neighbors.shape
    ((9, 2), (9, 2))
    """
    neighbors, seed = whole("neighbors", neighbors, 1), whole("seed", seed, 0)
    features = _checked(features, least=max(4, neighbors + 1))
    points, explained = pca(features)
    perplexity = check_bound("perplexity", perplexity, math.inf, zero=False)
    perplexity = min(perplexity, (len(features) - 1) / 3)
    return EmbeddingMaps(
        pca=points,
        tsne=tsne(features, seed=seed, perplexity=perplexity),
        explained=explained,
        dimensions=features.shape[1],
        neighbors=nearest(features, neighbors),
    )


def pca(features: ArrayLike) -> tuple[np.ndarray, float]:
    """Project embeddings onto the two directions in which they vary most.

    Parameters
    ----------
    features : array_like, shape (N, D)
        One embedding per image, D at least 2.

    Returns
    -------
    points : ndarray of float32, shape (N, 2)
        Centered. The sign of each axis makes its value of largest magnitude positive, so that the
        same embeddings always give the same map.
    explained : float
        Fraction of the variance in the map, from 0 to 1; 1 if all embeddings are equal.

    Raises
    ------
    ValueError
        If `features` is not such an array or has values that are not finite, or the map has values
        beyond the range of float32.

    Examples
    --------
    >>> points, explained = pca([[0, 0, 0], [2, 0, 0], [4, 0, 0]])
    >>> points[:, 0].tolist(), explained
    ([-2.0, 0.0, 2.0], 1.0)
    """
    features, exponent = _of_usual_size(_checked(features, least=2))
    components, variances = _components(features, 2)
    total = np.var(features, axis=0).sum()
    kept = float(variances[:2].sum() / total) if total else 1.0
    with np.errstate(over="ignore"):
        points = np.ldexp(components, exponent).astype(np.float32)
    if not np.isfinite(points).all():
        raise ValueError("the map has values beyond the range of float32; divide the features")
    return points, min(kept, 1.0)


def tsne(features: ArrayLike, *, seed: int = 0, perplexity: float = 30.0) -> np.ndarray:
    """Arrange embeddings by t-SNE so that near neighbors stay near.

    Distances between groups, their sizes and the axes have no meaning.

    Parameters
    ----------
    features : array_like, shape (N, D)
        If there are more than 50 dimensions, the first 50 principal components are used.
    seed : int
        On the same machine, the same seed gives the same map.
    perplexity : float
        The approximate number of neighbors that each image keeps near; below N.

    Returns
    -------
    ndarray of float32, shape (N, 2)

    Raises
    ------
    ValueError
        If `features` is not such an array or has values that are not finite, or `perplexity` is out
        of range.

    References
    ----------
    van der Maaten and Hinton, "Visualizing Data using t-SNE", JMLR 9, 2008;
    `sklearn.manifold.TSNE`.

    Examples
    --------
    >>> tsne(np.eye(8), perplexity=2).shape
    (8, 2)
    """
    from sklearn.manifold import TSNE

    seed = whole("seed", seed, 0)
    features, _ = _of_usual_size(_checked(features, least=4))
    number = finite("perplexity", perplexity)
    if not 0 < number < len(features):
        raise ValueError(
            f"perplexity is {perplexity!r}; with {len(features)} images use a number above 0 and "
            f"below {len(features)}, such as {(len(features) - 1) / 3:.3g}"
        )
    components, variances = _components(features, min(TSNE_COMPONENTS, *features.shape))
    if not variances[0] > 0:
        raise ValueError("all embeddings are equal; t-SNE has nothing to arrange")
    start = np.zeros((len(features), 2), dtype=np.float32)
    start[:, : components.shape[1]] = components[:, :2]
    start *= 1e-4 / start[:, 0].std()
    method = TSNE(
        2, perplexity=number, init=start, learning_rate="auto", random_state=seed, n_jobs=1
    )
    return method.fit_transform(components.astype(np.float32)).astype(np.float32)


def nearest(features: ArrayLike, count: int = 5) -> np.ndarray:
    """Find the nearest neighbors of each embedding in all dimensions.

    Parameters
    ----------
    features : array_like, shape (N, D)
        One embedding per image, D at least 2.
    count : int
        Number of neighbors, from 1 to N - 1.

    Returns
    -------
    ndarray of int32, shape (N, count)
        Indices of the neighbors by Euclidean distance, nearest first.

    Raises
    ------
    ValueError
        If `features` is not such an array, has values that are not finite, or there are fewer other
        embeddings.

    Examples
    --------
    >>> nearest([[0, 0], [1, 0], [3, 0]], 1).ravel().tolist()
    [1, 0, 1]
    """
    from sklearn.neighbors import NearestNeighbors

    count = whole("count", count, 1)
    features, _ = _of_usual_size(_checked(features, least=count + 1))
    # Without arguments, the search leaves out each point itself, even among equal ones.
    search = NearestNeighbors(n_neighbors=count, algorithm="brute").fit(features)
    return search.kneighbors()[1].astype(np.int32)


def agreement(neighbors: ArrayLike, labels: ArrayLike) -> float:
    """Compute the mean fraction of nearest neighbors in the same class, from 0 to 1.

    With classes of equal size, the chance level is 1 over the number of classes.

    Parameters
    ----------
    neighbors : array_like of int, shape (N, count)
        As returned by `nearest`.
    labels : array_like of int, shape (N,)
        The class of each image.

    Returns
    -------
    float

    Raises
    ------
    ValueError
        If the number of labels differs from the number of rows, there are no neighbors, or a
        neighbor is not an index of an image.

    Examples
    --------
    >>> agreement([[1], [0], [1]], [0, 0, 1])
    0.6666666666666666
    """
    neighbors, labels = np.asarray(neighbors), np.asarray(labels)
    if neighbors.ndim != 2 or labels.shape != neighbors.shape[:1]:
        raise ValueError(
            f"neighbors have shape {neighbors.shape} and labels {labels.shape}; give (N, count) "
            "and (N,)"
        )
    if not neighbors.size:
        raise ValueError(f"neighbors have shape {neighbors.shape}; give at least one per image")
    if neighbors.dtype.kind not in "iu":
        raise ValueError(f"neighbors are {neighbors.dtype}; give indices, which are integers")
    if neighbors.min() < 0 or neighbors.max() >= len(labels):
        raise ValueError(
            f"neighbors are from {neighbors.min()} to {neighbors.max()}; with {len(labels)} "
            f"images, give indices from 0 to {len(labels) - 1}"
        )
    return float((labels[neighbors] == labels[:, None]).mean())


def align(points: ArrayLike, reference: ArrayLike) -> np.ndarray:
    """Rotate or mirror a map to lie as close as possible to another map of the same images.

    Otherwise, the eye would follow a meaningless rotation from one t-SNE map to the next. Sizes
    stay the same.

    Parameters
    ----------
    points, reference : array_like, shape (N, 2)
        The map to move, and the map to compare it with.

    Returns
    -------
    ndarray of float32, shape (N, 2)
        Centered.

    Raises
    ------
    ValueError
        If the shapes differ or are not (N, 2), or a value is not finite.

    Examples
    --------
    >>> align([[0, 1], [0, -1]], [[5, 0], [-5, 0]]).round(6).tolist()
    [[1.0, 0.0], [-1.0, 0.0]]
    """
    from scipy.linalg import orthogonal_procrustes

    points, reference = (np.asarray(each, dtype=np.float64) for each in (points, reference))
    if points.shape != reference.shape or points.ndim != 2 or points.shape[1] != 2:
        raise ValueError(
            f"points have shape {points.shape} and the reference {reference.shape}; give two maps "
            "of the same images, (N, 2)"
        )
    if not len(points) or not (np.isfinite(points).all() and np.isfinite(reference).all()):
        raise ValueError("a map is empty or has values that are not finite; leave such images out")
    centered = points - points.mean(axis=0)
    turn, _ = orthogonal_procrustes(centered, reference - reference.mean(axis=0))
    return (centered @ turn).astype(np.float32)


def _of_usual_size(features):
    """Scale very large or small embeddings by a power of two, so that squares stay in range.

    Returns the embeddings and the exponent that `np.ldexp` needs to scale them back; 0 for others.
    """
    exponent = int(np.frexp(np.abs(features).max())[1])
    if abs(exponent) <= _USUAL_EXPONENT:
        return features, 0
    return np.ldexp(features, -exponent), exponent


def _components(features, count):
    """Return centered features on their principal axes, (N, count), and the variances there."""
    centered = features - features.mean(axis=0)
    left, sizes, _ = np.linalg.svd(centered, full_matrices=False)
    scores = np.zeros((len(features), count))
    available = min(count, len(sizes))
    scores[:, :available] = left[:, :available] * sizes[:available]
    # The signs of singular vectors are arbitrary.
    peaks = scores[np.abs(scores).argmax(axis=0), np.arange(count)]
    return scores * np.where(peaks < 0, -1.0, 1.0), sizes**2 / len(features)


def _checked(features, least):
    try:
        array = np.asarray(features, dtype=np.float64)
    except (TypeError, ValueError):
        raise ValueError("features are not an array of numbers; pass shape (N, D)") from None
    if array.ndim != 2 or array.shape[1] < 2:
        raise ValueError(f"features have shape {array.shape}; give (N, D), with D at least 2")
    if len(array) < least:
        raise ValueError(f"there are {len(array)} embeddings; give at least {least}")
    if not np.isfinite(array).all():
        row, column = np.argwhere(~np.isfinite(array))[0]
        raise ValueError(
            f"features have {array[row, column]} in row {row}, column {column}; "
            "leave such images out"
        )
    return array
