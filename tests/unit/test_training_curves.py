"""TrainingCurves in Python: what it accepts, and early stopping as Lightning does it."""

import itertools
import json
import logging
import re

import numpy as np
import pytest
import pytorch_lightning as pl
import torch
import traitlets
from pytorch_lightning.callbacks import EarlyStopping, ModelCheckpoint

from lecture_utils import runs as recorded
from lecture_utils.widgets import TrainingCurves
from lecture_utils.widgets._histories import COLUMNS
from lecture_utils.widgets.training_curves import early_stopping
from lecture_utils.widgets.training_curves.curves import smooth, spread


def random_history(rng, epochs, digits=2):
    """Few digits, so that equal values are common."""
    return {column: rng.uniform(0, 1, epochs).round(digits).tolist() for column in COLUMNS}


class Replay(pl.LightningModule):
    """Log a finished history, so that Lightning's callbacks decide on it."""

    def __init__(self, history):
        super().__init__()
        self.history = history
        self.weight = torch.nn.Parameter(torch.zeros(1))

    def training_step(self, batch, _):
        return (self.weight * batch).sum()

    def validation_step(self, batch, _):
        for name in ("val_loss", "val_accuracy"):
            self.log(name, self.history[name][self.current_epoch])

    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters(), 0.1)


def by_lightning(history, patience, monitor, folder):
    """Whether it stopped, epochs trained, and the epoch that the checkpoint holds."""
    mode = "min" if monitor == "val_loss" else "max"
    stop = EarlyStopping(monitor, patience=patience, mode=mode)
    keep = ModelCheckpoint(folder, "{epoch}", monitor=monitor, mode=mode)
    trainer = pl.Trainer(
        max_epochs=len(history["val_loss"]),
        callbacks=[stop, keep],
        accelerator="cpu",
        logger=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        num_sanity_val_steps=0,
    )
    batches = torch.utils.data.DataLoader(torch.zeros(1, 1))
    trainer.fit(Replay(history), batches, batches)
    kept = int(re.search(r"epoch=(\d+)", keep.best_model_path)[1]) + 1
    return stop.wait_count >= patience, trainer.current_epoch, kept


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("seed", range(12))
def test_early_stopping_is_lightnings(seed, tmp_path, caplog):
    caplog.set_level(logging.ERROR, "pytorch_lightning")
    rng = np.random.default_rng(seed)
    history = random_history(rng, int(rng.integers(1, 15)), digits=1 if seed % 3 else 3)
    patience = int(rng.integers(1, 6))
    monitor = ("val_loss", "val_accuracy")[seed % 2]
    ours = early_stopping(history, patience, monitor)
    theirs = by_lightning(history, patience, monitor, tmp_path)
    assert (ours.stopped, ours.epochs, ours.kept) == theirs


@pytest.mark.parametrize("monitor", ["val_loss", "val_accuracy"])
def test_what_stopping_costs_and_saves(monitor):
    rng = np.random.default_rng(0)
    early = 0
    for _ in range(300):
        history = random_history(rng, int(rng.integers(1, 20)), int(rng.integers(1, 5)))
        stop = early_stopping(history, int(rng.integers(1, 6)), monitor)
        score = np.array(history[monitor]) * (1 if monitor == "val_accuracy" else -1)
        accuracy = np.array(history["val_accuracy"])
        assert stop.best - 1 == score.argmax()
        assert stop.kept - 1 == score[: stop.epochs].argmax()
        assert stop.epochs_saved == len(score) - stop.epochs
        assert stop.accuracy == accuracy[stop.kept - 1]
        assert stop.against_best == accuracy[stop.kept - 1] - accuracy[stop.best - 1]
        assert stop.against_last == accuracy[stop.kept - 1] - accuracy[-1]
        early += stop.epochs_saved > 0
    assert 100 < early < 300


def test_patience_without_end_keeps_the_best():
    history = random_history(np.random.default_rng(1), 30)
    stop = early_stopping(history, patience=30)
    assert (stop.stopped, stop.epochs, stop.against_best) == (False, 30, 0)
    assert stop.kept == stop.best


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"patience": 0}, "patience is 0"),
        ({"patience": 1.5}, "patience is 1.5"),
        ({"patience": True}, "patience is True"),
        ({"monitor": "loss"}, "monitor is 'loss'; use one of val_loss, val_accuracy"),
        ({"history": {"val_loss": [], "val_accuracy": []}}, "empty"),
        ({"history": {"val_loss": [1, np.nan], "val_accuracy": [0, 0]}}, "nan in epoch 2"),
    ],
)
def test_early_stopping_refuses(change, message):
    history = {"val_loss": [1.0], "val_accuracy": [0.5]}
    with pytest.raises(ValueError, match=message):
        early_stopping(**{"history": history, "patience": 1, **change})


def test_smoothing_is_a_weighted_mean_of_the_past():
    rng = np.random.default_rng(2)
    values, weight = rng.normal(size=20), 0.7
    for t, smoothed in enumerate(smooth(values, weight)):
        expected = np.average(values[: t + 1], weights=weight ** np.arange(t, -1, -1))
        assert smoothed == pytest.approx(expected, rel=1e-12)
    np.testing.assert_array_equal(smooth(values, 0), values)
    with pytest.raises(ValueError, match="smoothing weight is 1"):
        smooth(values, 1)


def test_seeds_of_different_lengths():
    rng = np.random.default_rng(3)
    histories = [random_history(rng, epochs, 5) for epochs in (7, 4, 9)]
    mean, low, high = spread(histories, "val_loss")
    for epoch in range(9):
        there = [h["val_loss"][epoch] for h in histories if epoch < len(h["val_loss"])]
        assert (low[epoch], high[epoch]) == (min(there), max(there))
        assert mean[epoch] == pytest.approx(np.mean(there))


def test_recorded_runs_come_with_all_seeds():
    demo = TrainingCurves("mnist/dense", {"averaged": "mnist/gap"})
    assert [run["label"] for run in demo.runs] == ["mnist/dense", "averaged"]
    for run, name in zip(demo.runs, ("mnist/dense", "mnist/gap"), strict=True):
        assert run["name"] == name
        assert [(name, seed["seed"]) for seed in run["seeds"]] == recorded.available(name)
        for seed in run["seeds"]:
            saved = recorded.load(name, seed["seed"])
            assert {column: seed[column] for column in COLUMNS} == {
                column: saved.history[column] for column in COLUMNS
            }
            assert seed["seconds"] == saved.card["training_seconds"]


def test_plain_histories():
    rng = np.random.default_rng(4)
    one, two = random_history(rng, 3), random_history(rng, 5)
    arrays = {column: np.array(values) for column, values in two.items()}
    demo = TrainingCurves({"a": one, "b": [two, arrays]}, patience=1)
    assert demo.runs[0]["seeds"][0]["val_loss"] == one["val_loss"]
    assert demo.runs[1]["seeds"][0]["val_loss"] == demo.runs[1]["seeds"][1]["val_loss"]
    assert demo.runs[1]["seeds"][0]["seconds"] is None
    assert demo.stops["b"][0] == early_stopping(two, 1)
    assert demo.epoch == demo.stops["a"][0].kept
    # Both ways: what Python sets, Python's numbers follow.
    demo.patience, demo.monitor = 4, "val_accuracy"
    assert demo.stops["b"][0] == early_stopping(two, 4, "val_accuracy")
    json.dumps(demo.runs, allow_nan=False)


GOOD = {column: [0.5, 0.4] for column in COLUMNS}


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("mnist/unheard", "no run 'mnist/unheard'"),
        (7, "7 is not a run"),
        ({}, "there are 0 runs"),
        ({str(i): GOOD for i in range(9)}, "there are 9 runs; the demo shows 1 to 8"),
        ({"a": []}, "'a' has no history"),
        ({"a": {**GOOD, "val_loss": [1.0]}}, "columns of different lengths"),
        ({"a": {column: [] for column in COLUMNS}}, "0 epochs"),
        ({"a": {**GOOD, "val_loss": [1, np.nan]}}, "'a', seed 0: val_loss is nan in epoch 2"),
        ({"a": {**GOOD, "train_loss": [np.inf, 1]}}, "train_loss is inf in epoch 1"),
        ({"a": {**GOOD, "val_accuracy": [50, 60]}}, "val_accuracy is 50.0 .* not percent"),
        ({"a": {**GOOD, "val_loss": ["low", 1]}}, "'a', seed 0: val_loss is not a list of numbers"),
        ({"a": {**GOOD, "val_loss": 0.5}}, "val_loss is not a list of numbers"),
        ({"a": {**GOOD, "epoch": [0, 1]}}, r"epochs \[0, 1\]"),
        ({"a": {"val_loss": [1]}}, "seed 0 has no train_loss, train_accuracy, val_accuracy"),
    ],
)
def test_what_cannot_be_shown_is_refused(source, message):
    with pytest.raises(ValueError, match=message):
        TrainingCurves(source)


def test_runs_that_are_not_there_and_labels_that_are_twice(tmp_path):
    with pytest.raises(FileNotFoundError, match="record it with"):
        TrainingCurves("mnist/gap", root=tmp_path)
    with pytest.raises(ValueError, match="two runs are called 'mnist/gap'"):
        TrainingCurves("mnist/gap", "mnist/gap")
    demo = TrainingCurves({"a": GOOD})
    for change in ({"patience": 0}, {"smoothing": 1.0}, {"monitor": "loss"}, {"splits": ["test"]}):
        with pytest.raises(traitlets.TraitError):
            demo.set_trait(*itertools.chain(*change.items()))
    with pytest.raises(ValueError, match="no history"):
        demo.runs = [{"label": "b", "name": "", "root": "", "seeds": []}]


def test_figure_has_the_numbers():
    rng = np.random.default_rng(5)
    histories = [random_history(rng, 12, 4) for _ in range(2)]
    demo = TrainingCurves({"a <b>": histories}, patience=2, log_loss=True)
    text = demo.figure_html()
    assert "<svg" in text and 'aria-label="Loss and accuracy' in text
    assert "<script" not in text and "<b>" not in text and "a &lt;b&gt;, seed 1" in text
    rows = re.findall(r"<tr><th scope=\"row\">.*?</tr>", text)
    assert len(rows) == 2
    for row, history in zip(rows, histories, strict=True):
        cells = re.findall(r"<td>(.*?)</td>", row)
        stop = early_stopping(history, 2)
        assert int(cells[0]) == np.argmin(history["val_loss"]) + 1
        assert float(cells[1]) == pytest.approx(min(history["val_loss"]), abs=1e-4)
        assert cells[3] == f"{history['val_accuracy'][-1]:.2%}"
        assert cells[4] == f"{stop.epochs} of 12" and cells[5] == f"{stop.accuracy:.2%}"
