"""Intervals and tests against SciPy; what is recorded, put together as it was recorded."""

import numpy as np
import pytest
from scipy import stats

from lecture_utils import runs
from lecture_utils.runs import transfer
from lecture_utils.statistics import interval, mcnemar, wilson


@pytest.mark.parametrize(("right", "count"), [(0, 1), (1, 1), (0, 50), (990, 1000), (37, 90)])
def test_wilsons_interval_is_the_formula_of_his_paper(right, count):
    for confidence in (0.95, 0.99):
        # Its ends are the proportions that lie so many standard deviations from the one observed.
        deviations = stats.norm.ppf(0.5 + confidence / 2)
        share, square = right / count, deviations**2
        middle = (share + square / (2 * count)) / (1 + square / count)
        root = np.sqrt(share * (1 - share) / count + square / (4 * count**2))
        margin = deviations * root / (1 + square / count)
        expected = (middle - margin, middle + margin)
        assert wilson(right, count, confidence) == pytest.approx(expected, abs=1e-12)
    assert wilson(right, count) == wilson(right, count, 0.95)


def test_mcnemar_is_the_binomial_test_on_the_photos_that_differ():
    rng = np.random.default_rng(0)
    for _ in range(20):
        a, b = rng.random((2, 200)) < rng.random((2, 1))
        first, second, p = mcnemar(a, b)
        table = [[(a & b).sum(), first], [second, (~a & ~b).sum()]]
        assert np.sum(table) == 200
        n = first + second
        # Twice the smaller tail of a fair coin, which cannot be more than certain.
        tail = stats.binom.cdf(min(first, second), n, 0.5)
        assert p == pytest.approx(min(1, 2 * tail))
    assert mcnemar([True, False], [True, False]) == (0, 0, 1.0)


def test_an_interval_knows_the_luck_of_seeds_and_of_images():
    assert interval([0.9], 1000) == pytest.approx((0.9, 1.96 * np.sqrt(0.09 / 1000)))
    values = [0.8, 0.9, 0.85]
    mean, half = interval(values, 500)
    assert mean == pytest.approx(0.85)
    variance = np.var(values, ddof=1) / 3 + 0.85 * 0.15 / 500
    assert half == pytest.approx(1.96 * np.sqrt(variance))


def test_nonsense_is_refused():
    for right, count in ((1, 0), (-1, 5), (6, 5)):
        with pytest.raises(ValueError, match="is not a proportion"):
            wilson(right, count)
    with pytest.raises(ValueError, match="2 and 1 images"):
        mcnemar([True, False], [True])
    with pytest.raises(ValueError, match="no accuracies"):
        interval([])


@pytest.mark.slow
def test_boundaries_go_from_all_to_the_head_alone():
    found = transfer.boundaries()
    assert found[0].train_from == "stem"
    assert found[-1].train_from == "head"
    assert found[0].trainable == found[0].parameters
    assert found[-1].trainable == 1281
    for name in ("trainable", "memory"):
        values = [getattr(boundary, name) for boundary in found]
        assert values == sorted(values, reverse=True)
    recorded = {boundary.train_from: boundary for boundary in found if boundary.runs}
    assert {"stem", "stage7", "head"} <= recorded.keys()
    for boundary in recorded.values():
        card = boundary.runs[0].card
        assert card["trainable_parameters"] == boundary.trainable
        assert boundary.runs[0].recipe.train_from == boundary.train_from
        assert boundary.accuracy > 0.9
        assert boundary.seconds_per_epoch > 0


def test_maps_are_of_the_same_images_in_the_same_order():
    maps = transfer.maps_of_test()
    assert list(maps.stages) == ["random weights", "pretrained", "fine-tuned"]
    assert len(set(maps.files)) == 1_000
    assert maps.labels.tolist() == [name.startswith("dogs/") for name in maps.files]
    for stage, name in transfer._MAPS.items():
        run = runs.load(name)
        assert run.test_predictions["file"] == maps.files
        errors = int((maps.predictions[stage] != maps.labels).sum())
        assert errors == run.card["metrics"]["test"]["errors"]
