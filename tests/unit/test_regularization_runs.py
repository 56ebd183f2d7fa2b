"""Regularization methods compared: what is collected, chosen on validation, and tested in pairs."""

import numpy as np
import pytest
from recorded_regularization import record
from scipy import stats

from lecture_utils import runs
from lecture_utils.runs import _regularization_recipes, regularization

RECORDED = regularization.recorded()


@pytest.fixture(scope="module")
def invented(tmp_path_factory):
    """Three seeds of some methods; one of them lacks a seed."""
    root = tmp_path_factory.mktemp("runs")
    generator = np.random.default_rng(0)
    accuracies = {
        ("none", "on"): 0.62,
        ("dropout", "weak"): 0.65,
        ("dropout", "strong"): 0.93,
        ("batch-norm", "on"): 0.73,
    }
    for (method, strength), accuracy in accuracies.items():
        for seed in range(2 if method == "batch-norm" else 3):
            record(root, method, strength, seed, generator, accuracy)
    return regularization.recorded(root=root)


def test_runs_are_found_in_the_order_of_methods_and_strengths(invented):
    assert list(invented) == [
        ("none", "on"), ("dropout", "weak"), ("dropout", "strong"), ("batch-norm", "on")
    ]  # fmt: skip
    assert [len(seeds) for seeds in invented.values()] == [3, 3, 3, 2]


def test_scores_are_those_of_the_cards(invented):
    for budget in regularization.BUDGETS:
        for key, found in regularization.scores(budget, invented).items():
            assert (found.method, found.strength, found.budget) == (*key, budget)
            for number, run in enumerate(invented[key]):
                best = int(np.argmax(run.history["val_accuracy"][:budget]))
                assert found.epochs[number] == best + 1
                for split in ("train", "validation", "test"):
                    expected = run.readouts[budget].metrics[split]
                    assert found.accuracy[split][number] == expected["accuracy"]
                    assert found.loss[split][number] == expected["loss"]
            train, validation = (np.mean(found.accuracy[each]) for each in ("train", "validation"))
            assert found.gap == pytest.approx(train - validation)


def test_the_strength_is_chosen_on_validation_and_not_on_test(invented):
    for budget in regularization.BUDGETS:
        chosen = regularization.choose(budget, invented)
        assert list(chosen) == ["none", "dropout", "batch-norm"]
        both = regularization.scores(budget, invented)
        weak, strong = (
            np.mean(both["dropout", strength].accuracy["validation"])
            for strength in ("weak", "strong")
        )
        assert chosen["dropout"].strength == ("strong" if strong > weak else "weak")


def test_of_equal_strengths_the_weakest_is_chosen(tmp_path):
    for strength in ("weak", "medium"):
        record(tmp_path, "dropout", strength, 0, np.random.default_rng(1), 1.0)
    found = regularization.choose(20, regularization.recorded(root=tmp_path))
    assert found["dropout"].strength == "weak"


def test_methods_are_compared_image_by_image(invented):
    budget = 60
    found = regularization.compare(budget, runs=invented)
    assert [each.method for each in found] == ["dropout", "batch-norm"]
    base, p_values = invented["none", "on"], []
    for each in found:
        runs_of_it = invented[each.method, each.strength]
        seeds = min(len(base), len(runs_of_it))
        right = [
            np.mean([right_photos(run, budget) for run in some[:seeds]], axis=0)
            for some in (runs_of_it, base)
        ]
        test = stats.ttest_rel(*right)
        p_values.append(test.pvalue)
        low, high = test.confidence_interval()
        assert each.difference - each.margin == pytest.approx(low)
        assert each.difference + each.margin == pytest.approx(high)
        assert len(each.by_seed) == seeds
        assert np.mean(each.by_seed) == pytest.approx(each.difference)
    smaller, larger = sorted(p_values)
    corrected = [min(1, 2 * smaller), max(larger, min(1, 2 * smaller))]
    assert sorted(each.p for each in found) == pytest.approx(corrected)


def test_all_budgets_are_corrected_together(invented):
    together = regularization.compare(runs=invented)
    apart = [c for b in regularization.BUDGETS for c in regularization.compare(b, runs=invented)]
    assert [(c.budget, c.method, c.by_seed) for c in together] == [
        (c.budget, c.method, c.by_seed) for c in apart
    ]
    assert all(c.p >= each.p for c, each in zip(together, apart, strict=True))
    assert any(c.p > each.p for c, each in zip(together, apart, strict=True))
    assert max(c.p for c in together) <= 1


@pytest.mark.parametrize(
    ("p", "by_seed", "shown"),
    [
        (0.01, (0.03, 0.02, 0.04), True),
        (0.01, (-0.03, -0.02, -0.04), True),
        (0.06, (0.03, 0.02, 0.04), False),
        (0.01, (0.09, 0.08, -0.01), False),
        (0.01, (0.09, 0.08, 0.0), False),
        (0.01, (0.03, 0.02), False),
    ],
)
def test_a_difference_is_shown_if_photos_and_seeds_agree(p, by_seed, shown):
    found = regularization.Comparison("dropout", "weak", 60, 0.03, 0.01, p, by_seed)
    assert found.is_shown is shown


def right_photos(run, budget):
    readout = run.readouts[budget]
    return (readout.logits["test"] > 0) == (readout.labels["test"] == 1)


def test_nonsense_is_named(invented):
    with pytest.raises(ValueError, match="budget is 30; use one of 20, 60, 150"):
        regularization.scores(30)
    with pytest.raises(ValueError, match="baseline is 'nothing'"):
        regularization.compare(20, "nothing")
    with pytest.raises(KeyError, match="weight-decay is not recorded"):
        regularization.compare(20, "weight-decay", invented)


@pytest.mark.parametrize("key", RECORDED, ids=lambda key: "-".join(key))
def test_what_is_recorded_is_what_the_recipes_say(key):
    for number, run in enumerate(RECORDED[key]):
        assert run.card["seed"] == number
        assert run.recipe == runs.recipe(_regularization_recipes.name_of(*key))
        assert [code["changed_since"] for code in run.card["code"]] == [False]
        assert run.card["trainer"]["precision"] == "32-true"
        accuracies = run.history["val_accuracy"]
        for budget, readout in run.readouts.items():
            assert readout.epoch == 1 + int(np.argmax(accuracies[:budget]))
            for split in ("validation", "test"):
                right = np.mean((readout.logits[split] > 0) == readout.labels[split])
                assert right == pytest.approx(readout.metrics[split]["accuracy"], abs=1e-6)
