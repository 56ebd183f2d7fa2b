"""Intervals and tests over seeds, against SciPy, simulation, and closed testing."""

import itertools

import numpy as np
import pytest
from scipy import stats

from lecture_utils.statistics import (
    calibration_error,
    calibration_error_if_calibrated,
    holm,
    interval,
    mcnemar,
    paired_t,
    t_interval,
    welch,
    wilson,
)


@pytest.mark.parametrize("count", [2, 3, 5, 30])
@pytest.mark.parametrize("confidence", [0.5, 0.95, 0.99])
def test_t_interval_is_scipys(count, confidence):
    values = np.random.default_rng(count).normal(0.8, 0.02, size=count)
    mean, margin = t_interval(values, confidence)
    low, high = stats.t.interval(confidence, count - 1, np.mean(values), stats.sem(values))
    np.testing.assert_allclose([mean - margin, mean + margin], [low, high], rtol=1e-12)


def test_t_interval_contains_the_true_mean_as_often_as_it_says():
    samples = np.random.default_rng(0).normal(size=(4000, 4))
    inside = [abs(mean) < margin for mean, margin in map(t_interval, samples)]
    # Four standard deviations of a proportion of 0.95 among 4,000.
    assert abs(np.mean(inside) - 0.95) < 4 * (0.95 * 0.05 / 4000) ** 0.5


def test_paired_t_is_scipys_and_sees_what_the_pairs_share():
    generator = np.random.default_rng(1)
    shared = generator.normal(0.7, 0.1, size=6)
    first = shared + 0.02 + generator.normal(scale=0.004, size=6)
    second = shared + generator.normal(scale=0.004, size=6)
    difference, margin, p = paired_t(first, second)
    expected = stats.ttest_1samp(first - second, 0)
    low, high = expected.confidence_interval()
    np.testing.assert_allclose([difference - margin, difference + margin], [low, high], rtol=1e-9)
    assert p == pytest.approx(expected.pvalue)
    assert p < 0.01 < stats.ttest_ind(first, second).pvalue
    assert paired_t(second, first)[0] == pytest.approx(-difference)


def test_paired_t_with_equal_differences():
    assert paired_t([0.5, 0.75], [0.5, 0.75]) == (0.0, 0.0, 1.0)
    assert paired_t([0.75, 1.0], [0.5, 0.75]) == (0.25, 0.0, 0.0)


@pytest.mark.parametrize(("m", "n"), [(2, 2), (3, 3), (3, 12), (20, 5)])
@pytest.mark.parametrize("confidence", [0.8, 0.95, 1 - 0.05 / 3])
def test_welch_is_scipys_and_its_own_formula(m, n, confidence):
    generator = np.random.default_rng(10 * m + n)
    first, second = generator.normal(0.8, 0.02, size=m), generator.normal(0.79, 0.005, size=n)
    difference, margin, p = welch(first, second, confidence)
    expected = stats.ttest_ind(first, second, equal_var=False)
    assert p == pytest.approx(expected.pvalue)
    # Welch's degrees of freedom, from the two squared standard errors.
    a, b = first.var(ddof=1) / m, second.var(ddof=1) / n
    freedom = (a + b) ** 2 / (a**2 / (m - 1) + b**2 / (n - 1))
    assert difference == pytest.approx(first.mean() - second.mean())
    assert margin == pytest.approx(stats.t.ppf((1 + confidence) / 2, freedom) * np.sqrt(a + b))


def test_welch_with_equal_runs():
    assert welch([0.5, 0.5], [0.5, 0.5, 0.5]) == (0.0, 0.0, 1.0)
    assert welch([0.75, 0.75], [0.5, 0.5]) == (0.25, 0.0, 0.0)
    difference, margin, p = welch([0.5, 0.51], [0.5, 0.76])
    assert difference == pytest.approx(-0.125)
    assert margin > 0.125
    assert p > 0.1


def closed_testing(p_values):
    """Correct by definition: a hypothesis falls with every set of hypotheses that contains it.

    A set is tested by Bonferroni: the number of its hypotheses times the smallest p-value.
    """
    indices = range(len(p_values))
    sets = [s for n in range(1, len(p_values) + 1) for s in itertools.combinations(indices, n)]
    bonferroni = {s: min(1.0, len(s) * min(p_values[i] for i in s)) for s in sets}
    return [max(p for s, p in bonferroni.items() if i in s) for i in indices]


@pytest.mark.parametrize("seed", range(20))
def test_holm_is_closed_testing(seed):
    generator = np.random.default_rng(seed)
    p_values = (generator.random(size=generator.integers(1, 8)) ** 3).tolist()
    if seed % 3 == 0:
        p_values[0] = p_values[-1]  # ties
    np.testing.assert_allclose(holm(p_values), closed_testing(p_values), rtol=1e-12)


def test_holm_edges():
    assert holm([]) == []
    assert holm([0.0, 1.0, 1]) == [0.0, 1.0, 1.0]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: t_interval([0.9]), "there are 1 values"),
        (lambda: t_interval([0.9, 0.8], 95), "confidence is 95"),
        (lambda: paired_t([0.9, 0.8], [0.9]), "2 and 1 results"),
        (lambda: paired_t([0.9], [0.9]), "there are 1 values"),
        (lambda: welch([0.9, 0.8], [0.9]), "there are 1 values"),
        (lambda: welch([0.9, 0.8], [0.9, 0.7], 95), "confidence is 95"),
        (lambda: holm([0.1, float("nan")]), "nan is not a p-value"),
        (lambda: holm([1.1]), "1.1 is not a p-value"),
        (lambda: interval([0.9, 93.0]), "one of the accuracies is 93.0; it must be from 0 to 1"),
        (lambda: interval([float("nan")]), "one of the accuracies is nan"),
        (lambda: interval([0.9], deviations=-1), "deviations is -1"),
        (lambda: t_interval([0.9, float("nan")]), "one of the values is nan"),
        (lambda: paired_t([0.9, float("inf")], [0.9, 0.8]), "one of the values is inf"),
        (lambda: welch([0.9, 0.8], [0.9, float("nan")]), "one of the values is nan"),
        (lambda: wilson(3, 4, 95), "confidence is 95"),
        (lambda: mcnemar([0, 7], [0, 1]), "first_wrong holds 7; pass True or False"),
        (lambda: mcnemar([0, 1], [0, 1, 1]), "2 and 3 images; pass the same ones"),
        (lambda: mcnemar([[1], [1]], [[0], [0]]), r"first_wrong has shape \(2, 1\); pass \(N,\)"),
        (lambda: mcnemar([1, 1], [[0], [0]]), r"second_wrong has shape \(2, 1\)"),
        (lambda: mcnemar(True, False), r"first_wrong has shape \(\)"),
    ],
)
def test_bad_input_is_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()


@pytest.mark.parametrize("seed", range(5))
def test_mcnemar_counts_pairs_and_is_a_sum_of_binomial_probabilities(seed):
    generator = np.random.default_rng(seed)
    first, second = generator.random((2, 12)) < generator.random((2, 1))
    only_first, only_second, p = mcnemar(first, second.astype(int).tolist())
    pairs = list(zip(first.tolist(), second.tolist(), strict=True))
    assert (only_first, only_second) == (pairs.count((True, False)), pairs.count((False, True)))
    assert type(only_first) is int
    # Fair coins, one for each image that exactly one classifier gets wrong.
    flips = list(itertools.product([0, 1], repeat=only_first + only_second))
    far = abs(only_first - only_second)
    assert p == pytest.approx(np.mean([abs(2 * sum(f) - len(f)) >= far for f in flips]))
    assert mcnemar([], []) == (0, 0, 1.0)


def test_the_calibration_error_is_that_of_torchmetrics():
    import torch
    from torchmetrics.functional.classification import binary_calibration_error

    generator = np.random.default_rng(3)
    for bins in (1, 5, 10, 15):
        confidence = generator.random(400).astype(np.float32)
        correct = generator.random(400) < 0.2 + 0.5 * confidence
        expected = binary_calibration_error(
            torch.tensor(confidence), torch.tensor(correct).int(), n_bins=bins
        )
        assert calibration_error(confidence, correct, bins) == pytest.approx(
            float(expected), abs=1e-6
        )


def test_upper_bounds_belong_to_an_interval_and_lower_ones_do_not():
    assert calibration_error([0.5, 0.45], [True, False]) == pytest.approx(0.025)
    assert calibration_error([1.0, 0.95], [False, True]) == pytest.approx(0.475)
    assert calibration_error([0.0, 0.05], [True, False]) == pytest.approx(0.475)


@pytest.mark.parametrize("bins", [3, 7, 10, 100])
def test_a_confidence_on_a_bound_lies_below_it(bins):
    # Two images per bound, the second one in the middle of the same interval. If they were in
    # different intervals, their two deviations would not cancel.
    for upper in range(1, bins + 1):
        bound, middle = upper / bins, (upper - 0.5) / bins
        expected = abs(bound + middle - 1) / 2
        assert calibration_error([bound, middle], [True, False], bins) == pytest.approx(expected)


def test_calibrated_models_get_the_errors_that_are_drawn_for_them():
    generator = np.random.default_rng(4)
    confidence = 1 - 0.5 * generator.random(300) ** 3
    draws = calibration_error_if_calibrated(confidence, repeats=300, seed=1)
    assert draws.shape == (300,)
    np.testing.assert_array_equal(
        draws, calibration_error_if_calibrated(confidence, repeats=300, seed=1)
    )
    own = [calibration_error(confidence, generator.random(300) < confidence) for _ in range(300)]
    assert abs(np.mean(own) - draws.mean()) < 4 * np.hypot(np.std(own), draws.std()) / 300**0.5
    assert calibration_error(confidence, confidence < 0) > draws.max()


@pytest.mark.parametrize(
    ("confidence", "correct", "message"),
    [
        ([], [], "at least one"),
        ([[0.5]], [[True]], "pass \\(N,\\)"),
        ([1.5], [True], "probabilities, not logits"),
        ([float("nan")], [True], "probabilities, not logits"),
        ([0.5, 0.6], [True], "same images"),
        ([0.5], [7], "correct holds 7; pass True or False"),
        ([0.5], [float("nan")], "correct holds nan"),
    ],
)
def test_calibration_needs_one_probability_per_truth_value(confidence, correct, message):
    with pytest.raises(ValueError, match=message):
        calibration_error(confidence, correct)
