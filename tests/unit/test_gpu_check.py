"""`make gpu` without a GPU: the rehearsal does the same steps, on tiny data."""

import json
import sys

import gpu_check
import pytest
import torch

from lecture_utils import runs, training
from lecture_utils.datasets import _cats_vs_dogs
from lecture_utils.runs.__main__ import main


@pytest.fixture
def setting(tmp_path):
    """A rehearsal."""
    return gpu_check.Setting(gpu_check.Machine(0, ("32-true",)), "sample", tmp_path)


@pytest.mark.parametrize(
    ("name", "precisions", "gpus"),
    [
        ("T4", ("32-true", "16-mixed"), 1),
        ("A100", ("32-true", "16-mixed", "bf16-mixed"), 1),
        ("two A100", ("32-true", "16-mixed", "bf16-mixed"), 2),
    ],
)
def test_precisions_and_devices_go_by_the_machine(name, precisions, gpus):
    with gpu_check.pretend(*gpu_check.PRETENDED[name]):
        found = gpu_check.Machine.detect()
        assert training.best_precision("gpu") == precisions[-1]
    assert (found.precisions, found.gpus) == (precisions, gpus)


def test_without_a_gpu_it_is_a_rehearsal(setting, monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert gpu_check.Machine.detect() == setting.machine
    assert setting.rehearses
    on_other_machines = gpu_check.machine(setting)
    assert all(f"on a machine with {name}" in on_other_machines for name in gpu_check.PRETENDED)


def test_there_is_a_recipe_and_a_recorded_run_of_each_family():
    recorded = {name for name, _ in runs.available()}
    assert set(gpu_check.FAMILIES) <= runs.RECIPES.keys() & recorded
    assert {name.split("/")[0] for name in gpu_check.FAMILIES} >= {
        name.split("/")[0] for name in runs.RECIPES
    }
    for name in gpu_check.BENCHMARKS:
        assert (gpu_check.ROOT / "benchmarks" / name).is_file()


# The step "devices" is in test_runs.py, because two processes take long to start.
@pytest.mark.slow
@pytest.mark.parametrize("step", ["precisions", "recipes", "cells"])
def test_the_steps_work_without_a_gpu(setting, monkeypatch, step):
    # Few pets: evaluating the usual 600 takes longer than everything else.
    monkeypatch.setenv("LECTURE_CACHE", str(setting.scratch / "cache"))
    monkeypatch.setattr(_cats_vs_dogs, "_DRAWN", (24, 12, 12))
    monkeypatch.setitem(gpu_check._TINY, "train_size", 24)
    found = gpu_check.STEPS[step](setting)
    assert found
    json.dumps(found)
    if step == "cells":
        assert {name[:2] for name in found} >= {"04", "05"}


class Killed(BaseException):
    """Stands for the end of the process."""


@pytest.mark.slow
def test_a_resumed_run_is_the_same_as_one_that_was_left_alone(setting, monkeypatch):
    """Here, the command leaves its checkpoint without a process, and another process is killed.

    test_runs.py kills one that trains, which takes long to start.
    """
    given, step = gpu_check._train_command, training.Classifier.training_step

    def die_in_epoch_2(self, *arguments):
        if self.current_epoch == 1:
            raise Killed
        return step(self, *arguments)

    def train_command(*options):
        python, *module, train = given(*options)[:4]
        assert [python, *module, train] == [sys.executable, "-m", "lecture_utils.runs", "train"]
        with monkeypatch.context() as patch, pytest.raises(Killed):
            patch.setattr(training.Classifier, "training_step", die_in_epoch_2)
            main(given(*options)[3:])
        return [sys.executable, "-c", "import time; time.sleep(900)"]

    monkeypatch.setattr(gpu_check, "_train_command", train_command)
    assert gpu_check.resume(setting)["largest_difference_of_losses"] == 0


def test_a_step_that_fails_does_not_stop_the_others(setting, monkeypatch):
    def fails(setting):
        raise ZeroDivisionError("by design")

    def impossible(setting):
        raise gpu_check.NotPossibleError("too small")

    steps = {"a": fails, "b": impossible, "c": lambda setting: {"speed": 3}}
    monkeypatch.setattr(gpu_check, "STEPS", steps)
    written = []
    passed = gpu_check.check(steps, setting, 60, lambda report: written.append(dict(report)))
    assert not passed
    assert [len(report) for report in written] == [1, 2, 3], "a report after every step"
    assert [entry["status"] for entry in written[-1].values()] == ["failed", "not run", "passed"]
    text = gpu_check.as_text(written[-1])
    assert "by design" in text and "too small" in text and "speed: 3" in text
    assert gpu_check.check(["b", "c"], setting, 60, lambda report: None)


def test_when_the_time_is_over_the_rest_is_not_begun(setting, monkeypatch):
    monkeypatch.setattr(gpu_check, "STEPS", {"a": lambda setting: {}, "b": lambda setting: {}})
    written = []
    gpu_check.check(["a", "b"], setting, -1, lambda report: written.append(dict(report)))
    assert [entry["status"] for entry in written[-1].values()] == ["not run", "not run"]


def test_a_recipe_that_is_worse_than_recorded_fails(setting, monkeypatch):
    on_gpu = gpu_check.Setting(gpu_check.Machine(1, ("32-true",)), None, setting.scratch)
    monkeypatch.setattr(gpu_check, "FAMILIES", ("mnist/gap",))
    for accuracy, worse in ((0.99, False), (0.9, True)):
        monkeypatch.setattr(
            gpu_check.Setting, "train", lambda *_, a=accuracy: (None, {"test_accuracy": a})
        )
        if worse:
            with pytest.raises(AssertionError, match="worse than recorded: mnist/gap"):
                gpu_check.recipes(on_gpu)
        else:
            assert 0.98 < gpu_check.recipes(on_gpu)["mnist/gap"]["recorded"] < 1
