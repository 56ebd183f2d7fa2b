"""Two-dimensional maps of embeddings: scikit-learn's numbers, the same map for the same seed."""

import numpy as np
import pytest
from sklearn.decomposition import PCA
from sklearn.manifold import trustworthiness
from sklearn.metrics import pairwise_distances

from lecture_utils.transfer import agreement, align, make_maps, nearest, pca, tsne


def clusters(seed=0, per_class=30, classes=3, dimensions=64, apart=8.0):
    rng = np.random.default_rng(seed)
    centers = rng.normal(size=(classes, dimensions)) * apart / np.sqrt(dimensions)
    labels = np.repeat(np.arange(classes), per_class)
    return centers[labels] + rng.normal(size=(len(labels), dimensions)) * 0.3, labels


@pytest.mark.parametrize("shape", [(40, 7), (12, 50), (200, 2), (3, 9)])
def test_pca_is_scikit_learns_up_to_signs(shape):
    features = np.random.default_rng(1).normal(size=shape) @ np.diag(np.arange(1, shape[1] + 1))
    points, explained = pca(features + 100)
    peer = PCA(2, svd_solver="full").fit(features)
    theirs = peer.transform(features)
    np.testing.assert_allclose(np.abs(points), np.abs(theirs), rtol=2e-4, atol=2e-4)
    assert explained == pytest.approx(peer.explained_variance_ratio_.sum(), rel=1e-6)
    # An axis points to its largest value.
    assert (points[np.abs(points).argmax(axis=0), [0, 1]] > 0).all()


def test_pca_of_equal_and_of_flat_embeddings():
    points, explained = pca(np.ones((5, 3)))
    assert not points.any() and explained == 1
    points, explained = pca(np.outer(np.arange(5), [1.0, 2, 3]))
    assert explained == pytest.approx(1) and np.abs(points[:, 1]).max() < 1e-5


def test_tsne_keeps_neighbors_and_is_the_same_for_the_same_seed():
    features, labels = clusters()
    first, again = tsne(features, seed=3), tsne(features, seed=3)
    np.testing.assert_array_equal(first, again)
    assert first.dtype == np.float32 and first.shape == (90, 2)
    assert trustworthiness(features, first, n_neighbors=5) > 0.85
    assert agreement(nearest(first), labels) == 1
    noise = np.random.default_rng(0).normal(size=(90, 64))
    assert agreement(nearest(tsne(noise)), labels) < 0.5


def test_neighbors_are_by_distance_and_never_oneself():
    features = np.random.default_rng(2).normal(size=(60, 5)).round(1)
    features[10] = features[20]  # equal ones
    found = nearest(features, 4)
    distances = pairwise_distances(features)
    np.fill_diagonal(distances, np.inf)
    for i, row in enumerate(found):
        assert i not in row and len(set(row)) == 4
        np.testing.assert_allclose(np.sort(distances[i])[:4], distances[i][row], atol=1e-6)


def test_agreement_is_scikit_learns_share_of_votes():
    from sklearn.neighbors import KNeighborsClassifier

    features, labels = clusters(seed=5, apart=1.0)
    shares = []
    for i in range(len(features)):
        rest = np.delete(np.arange(len(features)), i)
        voters = KNeighborsClassifier(5).fit(features[rest], labels[rest])
        shares.append(voters.predict_proba(features[i : i + 1])[0, labels[i]])
    assert agreement(nearest(features), labels) == pytest.approx(np.mean(shares))
    with pytest.raises(ValueError, match="labels"):
        agreement(nearest(features), labels[:-1])


def test_align_undoes_turns_and_mirrors():
    rng = np.random.default_rng(4)
    reference = rng.normal(size=(30, 2))
    for mirror in (1, -1):
        angle = rng.uniform(0, 2 * np.pi)
        turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
        moved = 3 * (reference @ turn * [1, mirror]) + [5, -2]
        expected = 3 * (reference - reference.mean(axis=0))
        np.testing.assert_allclose(align(moved, reference), expected, atol=1e-5)
    with pytest.raises(ValueError, match="same images"):
        align(reference, reference[1:])


def test_maps_of_few_images_and_many_dimensions():
    features, labels = clusters(per_class=3, classes=2, dimensions=200)
    maps = make_maps(features)
    assert maps.pca.shape == maps.tsne.shape == (6, 2)
    assert maps.neighbors.shape == (6, 5) and maps.dimensions == 200
    assert maps.explained == pca(features)[1]
    assert np.isfinite(maps.tsne).all() and 0 < agreement(maps.neighbors, labels) < 1


@pytest.mark.parametrize("factor", [1e-300, 1e-150, 2.0**-80, 1e30, 1e150, 1e300])
def test_the_unit_of_the_embeddings_does_not_matter(factor):
    features, _ = clusters(per_class=8, dimensions=10)
    np.testing.assert_array_equal(nearest(factor * features), nearest(features))
    if factor < 1e100:
        points, explained = pca(factor * features)
        assert explained == pytest.approx(pca(features)[1])
        if factor > 1e-30:
            np.testing.assert_allclose(points / factor, pca(features)[0], rtol=1e-4, atol=1e-5)
    found = tsne(factor * features, perplexity=5)
    assert np.isfinite(found).all()
    assert (trustworthiness(features, found, n_neighbors=5)) > 0.9


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: pca([1.0, 2.0]), r"shape \(2,\)"),
        (lambda: pca([["a", "b"]]), "not an array of numbers"),
        (lambda: pca(np.zeros((3, 1))), "D at least 2"),
        (lambda: make_maps(np.zeros((3, 4))), "3 embeddings; give at least 6"),
        (lambda: pca([[0, 1], [np.nan, 2]]), "nan in row 1, column 0"),
        (lambda: tsne(np.eye(8), perplexity=8), "perplexity is 8; with 8 images"),
        (lambda: tsne(np.eye(8), perplexity=0), "perplexity is 0"),
        (lambda: tsne(np.ones((8, 3)), perplexity=2), "all embeddings are equal"),
        (lambda: tsne(np.eye(8), perplexity=None), "perplexity is None; give a finite number"),
        (lambda: make_maps(np.eye(8), perplexity="a"), "perplexity is 'a'"),
        (lambda: make_maps(np.eye(8), perplexity=0), "perplexity is 0"),
        (lambda: pca(1e200 * np.eye(3)), "beyond the range of float32"),
        (lambda: agreement([[1], [2]], [0, 1]), "from 1 to 2; with 2 images, .* from 0 to 1"),
        (lambda: agreement([[1], [-1]], [0, 1]), "from -1 to 1"),
        (lambda: agreement([[1.0], [0.0]], [0, 1]), "neighbors are float64"),
        (lambda: agreement(np.zeros((3, 0), int), [0, 1, 1]), r"shape \(3, 0\); give at least one"),
        (lambda: align([[0, 1, 2]], [[0, 1, 2]]), r"two maps of the same images, \(N, 2\)"),
        (lambda: align([[0, np.nan]], [[0, 1]]), "not finite"),
        (lambda: align(np.zeros((0, 2)), np.zeros((0, 2))), "empty"),
        (lambda: nearest(np.eye(3), 3), "give at least 4"),
        (lambda: nearest(np.eye(3), 0), "count is 0"),
    ],
)
def test_nonsense_is_named(call, words):
    with pytest.raises(ValueError, match=words):
        call()
