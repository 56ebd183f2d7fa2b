"""What a run keeps of the budgets on its way, and the recipes that compare regularization."""

import dataclasses

import numpy as np
import pytest
import torch

from lecture_utils import models, runs, training
from lecture_utils.runs import _readouts, _record, _regularization_recipes, _store

BUDGETS = [2, 3, 5]
OPTIONS = {
    "data_dir": "sample", "epochs": 5, "batch_size": 30, "train_size": 60, "validation_size": 50,
    "learning_rate": 0.03, "schedule": "constant", "optimizer": "sgd", "budgets": BUDGETS,
    "clean_every": 2,
}  # fmt: skip
RECIPES = [run for name, run in runs.RECIPES.items() if name.startswith("regularization/")]


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """Five epochs on the embedded sample, dull enough for the accuracy to rise and fall."""
    root = tmp_path_factory.mktemp("runs")
    return runs.train("fashion_mnist/gap", 3, root=root, **OPTIONS)


def test_each_budget_gets_the_first_epoch_with_the_highest_validation_accuracy(run):
    accuracies = run.history["val_accuracy"]
    assert list(run.readouts) == BUDGETS
    for budget, readout in run.readouts.items():
        expected = 1 + int(np.argmax(accuracies[:budget]))
        assert (readout.budget, readout.epoch) == (budget, expected)
        found = readout.metrics["validation"]
        assert found["accuracy"] == pytest.approx(accuracies[expected - 1], abs=1e-6)
        assert found["loss"] == pytest.approx(run.history["val_loss"][expected - 1], rel=1e-4)


def test_logits_are_those_of_the_weights_that_were_kept(run):
    data = _record._data_module(run.recipe, 3, "sample")
    data.setup("test")
    for readout in run.readouts.values():
        for split, images in (("validation", data.validation_set), ("test", data.test_set)):
            labels, logits = readout.labels[split], readout.logits[split]
            assert logits.shape == (len(images), 10)
            assert np.array_equal(labels, images.labels.numpy())
            errors = int((logits.argmax(1) != labels).sum())
            # Two logits that are equal in half precision may change places.
            assert abs(errors - readout.metrics[split]["errors"]) <= 1
            loss = training.classification_loss(torch.tensor(logits), torch.tensor(labels)).item()
            assert loss == pytest.approx(readout.metrics[split]["loss"], rel=2e-3)


def test_clean_training_images_are_evaluated_every_other_epoch(run):
    assert run.clean_train["epoch"] == [2, 4]
    assert all(0 <= value <= 1 for value in run.clean_train["accuracy"])
    assert all(np.isfinite(run.clean_train["loss"]))


def test_clean_training_images_are_not_augmented(tmp_path):
    options = {
        "root": tmp_path, "data_dir": "sample", "epochs": 1, "batch_size": 30, "train_size": 60,
        "validation_size": 50, "learning_rate": 1e-9, "schedule": "constant", "budgets": [1],
        "clean_every": 1, "optimizer": "sgd",
    }  # fmt: skip
    plain = runs.train("mnist/gap", 1, **options)
    turned = runs.train("mnist/gap", 2, augmentation={"degrees": 180.0}, model="gap", **options)
    for each in (plain, turned):
        # A rate of nearly nothing leaves the network as it was drawn.
        torch.manual_seed(each.card["seed"])
        model = models.build("gap")
        data = _record._data_module(each.recipe, each.card["seed"], "sample")
        expected = training.evaluate(model, data.train_set)
        assert each.clean_train["accuracy"] == [pytest.approx(expected["accuracy"])]
        assert each.clean_train["loss"] == [pytest.approx(expected["loss"], rel=1e-5)]


class Killed(BaseException):
    """Stands for the end of the process."""


def test_a_run_that_was_killed_goes_on_with_what_it_had_kept(run, tmp_path, monkeypatch):
    step = training.Classifier.training_step

    def die_in_the_fourth_epoch(self, *batch):
        if self.current_epoch == 3:
            raise Killed
        return step(self, *batch)

    with monkeypatch.context() as patch:
        patch.setattr(training.Classifier, "training_step", die_in_the_fourth_epoch)
        with pytest.raises(Killed):
            runs.train("fashion_mnist/gap", 3, root=tmp_path, **OPTIONS)
    again = runs.resume("fashion_mnist/gap", 3, root=tmp_path)
    assert again.card["readouts"] == run.card["readouts"]
    assert again.card["clean_train"] == run.card["clean_train"]


def test_binary_logits_have_one_axis(tmp_path):
    readout = _readouts.ReadOut(
        1, 1, {}, {"validation": np.array([0, 1]), "test": np.array([1])},
        {"validation": np.array([-1.5, 2.25], np.float32), "test": np.array([300.0], np.float32)},
    )  # fmt: skip
    path = tmp_path / _store.READOUTS
    _readouts.write_readouts(path, [readout])
    [again] = _readouts.read_readouts(path, [readout.summary()]).values()
    for split in ("validation", "test"):
        assert np.array_equal(again.logits[split], readout.logits[split])
        assert np.array_equal(again.labels[split], readout.labels[split])


def test_a_run_shorter_than_its_budgets_keeps_its_results_and_says_so(tmp_path):
    run = runs.train("mnist/gap", root=tmp_path, **{**OPTIONS, "epochs": 1, "budgets": (2, 4)})
    assert 0 <= run.card["metrics"]["test"]["accuracy"] <= 1
    assert run.clean_train["epoch"] == []
    with pytest.raises(FileNotFoundError, match="has 1 epochs, fewer than its smallest budget, 2"):
        _ = run.readouts


def test_a_run_without_budgets_says_so():
    recorded = runs.load("mnist/gap")
    with pytest.raises(FileNotFoundError, match="not read out"):
        _ = recorded.readouts
    with pytest.raises(FileNotFoundError, match="not evaluated on clean"):
        _ = recorded.clean_train


@pytest.mark.parametrize("recipe", RECIPES, ids=lambda recipe: recipe.name)
def test_regularization_recipes_differ_in_what_is_named_only(recipe):
    plain = runs.recipe("regularization/none")
    method, strength = _find(recipe.name)
    changed = {
        field.name
        for field in dataclasses.fields(recipe)
        if getattr(recipe, field.name) != getattr(plain, field.name)
    } - {"name", "title"}
    expected = {
        "none": set(),
        "augmentation": {"augmentation"},
        "dropout": {"model_options"},
        "weight-decay": {"weight_decay"},
        "batch-norm": {"model_options"},
        "label-smoothing": {"label_smoothing"},
        "all": {"augmentation", "model_options", "weight_decay", "label_smoothing"},
    }
    assert changed == expected[method]
    assert recipe.model_options["width"] == 16
    assert recipe.budgets == _regularization_recipes.BUDGETS
    models.build(recipe.model, **recipe.model_options)
    assert strength in _regularization_recipes.strengths_of(method)


def _find(name):
    return next(
        (method, strength)
        for method in _regularization_recipes.METHODS
        for strength in _regularization_recipes.strengths_of(method)
        if _regularization_recipes.name_of(method, strength) == name
    )
