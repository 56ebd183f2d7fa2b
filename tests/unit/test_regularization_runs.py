"""Regularization methods compared: what is collected, chosen on validation, and tested in pairs."""

import dataclasses

import numpy as np
import pytest
from scipy import stats

from lecture_utils import runs
from lecture_utils.runs import _readouts, _regularization_recipes, _store, regularization

PHOTOS = 40
RECORDED = regularization.recorded()


def record(root, method, strength, seed, generator, quality):
    """Write a run with random logits; the higher the quality, the more of them are right."""
    name = _regularization_recipes.name_of(method, strength)
    folder = _store.run_folder(name, seed, root)
    folder.mkdir(parents=True)
    labels = np.arange(PHOTOS) % 2
    readouts = []
    for budget in regularization.BUDGETS:
        logits = {
            split: ((2 * labels - 1) * quality + generator.normal(size=PHOTOS)).astype(np.float32)
            for split in ("validation", "test")
        }
        metrics = {
            split: {"accuracy": float(np.mean((values > 0) == labels)), "loss": 0.5, "errors": 1}
            for split, values in logits.items()
        }
        metrics["train"] = {"accuracy": 0.9, "loss": 0.2, "errors": 4}
        both = {split: labels for split in logits}
        readouts.append(_readouts.ReadOut(budget, budget - 1, metrics, both, logits))
    card = {
        "name": name,
        "seed": seed,
        "recipe": dataclasses.asdict(runs.recipe(name)),
        "readouts": [each.summary() for each in readouts],
    }
    _store.write_json(folder / _store.CARD, card)
    _readouts.write_readouts(folder / _store.READOUTS, readouts)
    (folder / _store.HISTORY).write_text("epoch\n1\n")


@pytest.fixture(scope="module")
def invented(tmp_path_factory):
    """Three seeds of some methods; one of them lacks a seed."""
    root = tmp_path_factory.mktemp("runs")
    generator = np.random.default_rng(0)
    qualities = {
        ("none", "on"): 0.3,
        ("dropout", "weak"): 0.4,
        ("dropout", "strong"): 1.5,
        ("batch-norm", "on"): 0.6,
    }
    for (method, strength), quality in qualities.items():
        for seed in range(2 if method == "batch-norm" else 3):
            record(root, method, strength, seed, generator, quality)
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
            assert set(found.epochs) == {budget - 1}
            for number, run in enumerate(invented[key]):
                for split in ("train", "validation", "test"):
                    expected = run.readouts[budget].metrics[split]
                    assert found.accuracy[split][number] == expected["accuracy"]
                    assert found.loss[split][number] == expected["loss"]
            mean = np.mean(found.accuracy["validation"])
            assert found.gap == pytest.approx(0.9 - mean)


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
