"""The Python side of FilterBankExplorer; the browser's side is in tests/browser."""

import numpy as np
import pytest
from scipy.ndimage import convolve
from traitlets import TraitError

from lecture_utils.filter_banks import FilterBank, GaborBank
from lecture_utils.widgets import FilterBankExplorer
from lecture_utils.widgets.filter_bank_explorer.banks import gabor_parameters, pack_banks
from lecture_utils.widgets.filter_bank_explorer.statistics import bank_statistics, judge

rng = np.random.default_rng(11)


def test_statistics_are_those_of_scipy_and_numpy():
    bank = FilterBank([rng.normal(size=(3, 4)), rng.normal(size=(5, 5)), rng.normal(size=(2, 2))])
    images = [rng.random((9, 12)), rng.random((30, 7)), rng.random((2, 3))]
    energies, correlations = bank_statistics(bank, images)
    maps = [[np.abs(convolve(i, k, mode="reflect")) for k in bank.kernels] for i in images]
    expected = np.mean([[(m**2).mean() for m in row] for row in maps], axis=0)
    np.testing.assert_allclose(energies, expected, rtol=1e-12)
    pixels = np.hstack([[m.ravel() for m in row] for row in maps])
    np.testing.assert_allclose(correlations, np.abs(np.corrcoef(pixels)), rtol=1e-9)


def test_what_does_not_vary_correlates_with_nothing():
    bank = FilterBank([[[1.0]], [[0.0]], [[1.0, -1.0]]])
    energies, correlations = bank_statistics(bank, [np.full((8, 8), 0.25)])
    np.testing.assert_array_equal(energies, [0.0625, 0, 0])
    np.testing.assert_array_equal(correlations, np.zeros((3, 3)))
    assert judge(energies, correlations, 0, 0)[0] == ["kept", "weak", "weak"]
    assert bank_statistics(bank, [])[0].tolist() == [0, 0, 0]


@pytest.mark.parametrize("weak_below, redundant_above", [(0, 0.4), (0.1, 0.7), (0.5, 1), (1, 0)])
def test_marks_follow_their_definition(weak_below, redundant_above):
    n = 25
    energies = rng.random(n) ** 3
    half = rng.random((n, n))
    correlations = np.maximum(half, half.T)
    marks, redundancy, like = judge(energies, correlations, weak_below, redundant_above)
    kept = np.array([mark == "kept" for mark in marks])
    for i in range(n):
        before = kept & (energies > energies[i])
        most = correlations[i][before].max(initial=0)
        assert redundancy[i] == most
        assert like[i] == (-1 if not before.any() else correlations[i].tolist().index(most))
        weak = energies[i] < weak_below * energies.max()
        assert marks[i] == ("weak" if weak else "redundant" if most > redundant_above else "kept")
    assert marks[energies.argmax()] == "kept"


def test_equally_strong_filters_keep_the_order_of_the_bank():
    marks, _, like = judge([1 - 1e-9, 1, 1 + 1e-9], np.ones((3, 3)), 0.1, 0.9)
    assert marks == ["kept", "redundant", "redundant"]
    assert like == [-1, 0, 0]


def test_properties_follow_the_traits():
    explorer = FilterBankExplorer(images=["Bag", "cat"])
    bank = GaborBank.from_list(gabor_parameters(4, 8, 3.0))
    images = [explorer._gallery_images[name].image / 255 for name in ("Bag", "cat")]
    energies = np.mean([bank.energies(image) for image in images], axis=0)
    np.testing.assert_allclose(explorer.energies, energies)
    before = explorer.marks.count("weak")
    explorer.weak_below = 0.5
    assert explorer.marks.count("weak") == (energies < 0.5 * energies.max()).sum() > before
    explorer.bank = "Sobel"
    assert explorer.energies.shape == (2,) and explorer.correlations.shape == (2, 2)
    explorer.images = []
    assert explorer.marks == ["weak", "weak"]
    explorer.images = ["stripes"]
    # Stripes along y do not change downwards.
    assert explorer.energies[0] > 0 and explorer.energies[1] == 0
    explorer.energies[0] = 7
    assert explorer.energies[0] != 7


def test_the_gabor_grid():
    assert len(gabor_parameters(6, 12)) == 72
    frequencies, thetas, sigmas = zip(*gabor_parameters(3, 4), strict=True)
    assert min(frequencies) == 0.08 and max(frequencies) == 0.4
    np.testing.assert_allclose(np.unique(thetas), np.arange(4) * np.pi / 4)
    np.testing.assert_allclose(np.multiply(frequencies, sigmas), 0.56)
    assert gabor_parameters(1, 1, 2.0) == [(0.16, 0.0, 2.0)]


def test_a_bank_of_ones_own_can_be_assigned_and_left():
    explorer = FilterBankExplorer()
    messages = []
    explorer.observe(
        lambda change: messages.append(change["name"]), ["bank", "banks", "bank_weights"]
    )
    own = FilterBank([np.eye(3)], ["diagonal"])
    explorer.filter_bank = own
    assert explorer.bank == "your bank" and explorer.filter_bank is own
    assert set(messages) == {"bank", "banks", "bank_weights"}
    first = explorer.energies
    explorer.filter_bank = FilterBank([2 * np.eye(3)])
    np.testing.assert_allclose(explorer.energies, 4 * first)
    explorer.bank = "Haar"
    assert len(explorer.marks) == 9
    explorer.bank = "your bank"
    assert len(explorer.marks) == 1


def test_gabor_filters_travel_as_parameters_others_as_weights():
    gabor = GaborBank.from_list([(0.2, 0.5, 2.0), (0.2, 0.5, (2.0, 3.0))], phase=-0.4)
    cut = GaborBank([0.2], [0.5], [2.0], n_stds=2)
    mixed = FilterBank([[[1.0, 2.0]], [[3j]]])
    banks, weights = pack_banks({"a": gabor, "b": cut, "c": mixed})
    entries = [entry["gabor"] for bank in banks for entry in bank["filters"]]
    assert [entry is None for entry in entries] == [False, False, True, True, True]
    assert entries[1] == pytest.approx(
        {"frequency": 0.2, "theta": 0.5, "sigma": 2, "sigmaY": 3, "phase": -0.4}
    )
    kernel = cut.kernels[0]
    expected = [kernel.real.ravel(), kernel.imag.ravel(), [1, 2, 0, 3]]
    np.testing.assert_array_equal(weights, np.concatenate(expected))


@pytest.mark.parametrize(
    "change, words",
    [
        ({"bank": "Gabbor"}, "Gabbor.*Sobel"),
        ({"images": ["Boot"]}, "Boot.*Ankle boot"),
        ({"weak_below": float("nan")}, "weak_below is nan.*0 to 1"),
        ({"redundant_above": 1.5}, "redundant_above is 1.5"),
        ({"sigma": 30.0}, "sigma is 30.0.*0.5 to 8"),
        ({"sigma": float("nan")}, "sigma is nan"),
        ({"frequencies": 7}, "frequencies"),
        ({"orientations": 0}, "orientations"),
        ({"sort": "size"}, "sort"),
        ({"filter_bank": [[1, 0, -1]]}, "list.*FilterBank"),
    ],
)
def test_nonsense_is_refused_with_the_remedy_and_changes_nothing(change, words):
    explorer = FilterBankExplorer()
    before = explorer.energies
    ((name, value),) = change.items()
    with pytest.raises(TraitError, match=words):
        setattr(explorer, name, value)
    np.testing.assert_array_equal(explorer.energies, before)


def test_what_is_too_large_is_refused():
    with pytest.raises(ValueError, match=r"129 filters.*at most 128"):
        FilterBankExplorer(FilterBank([np.ones((1, 1))] * 129))
    with pytest.raises(ValueError, match=r"wide.*\(3, 67\).*65x65"):
        FilterBankExplorer(FilterBank([np.ones((3, 67))], ["wide"]))
    with pytest.raises(ValueError, match=r"'big' has shape \(300, 20\).*128x128"):
        FilterBankExplorer(sources={"big": np.zeros((300, 20))})
    with pytest.raises(ValueError, match=r"25 images.*at most 24"):
        FilterBankExplorer(sources={str(k): np.zeros((2, 2)) for k in range(25)})


def test_images_keep_the_order_of_the_gallery():
    explorer = FilterBankExplorer(images=["cat", "Bag", "T-shirt/top", "Bag"])
    assert explorer.images == ["T-shirt/top", "Bag", "cat"]


@pytest.mark.parametrize("bank", ["Gabor", "Sobel", "Haar", "Laplacian of Gaussian"])
def test_the_figure_left_in_the_page(bank):
    explorer = FilterBankExplorer(bank)
    html = explorer.figure_html()
    counts = [explorer.marks.count(mark) for mark in ("weak", "redundant", "kept")]
    assert f"{counts[0]} weak, {counts[1]} redundant, {counts[2]} kept" in html
    assert len(html) <= 60_000
    assert html.count("<tr>") == min(len(explorer.marks), 16) + 1
    assert f"{explorer.energies.max():.3g}" in html
    explorer.images = []
    assert "no image" in explorer.figure_html()


def test_names_cannot_smuggle_html():
    bank = FilterBank([np.eye(2), np.eye(2)], ["<script>1</script>", "b"])
    html = FilterBankExplorer(bank, sources={"<i>x</i>": rng.random((9, 9))}).figure_html()
    assert "<script>" not in html and "<i>" not in html
