"""Recorded runs: train, kill, resume, load; and what ships with the package."""

import dataclasses
import json
import math
import os
import random
import re
import signal
import subprocess
import sys
import time

import gpu_check
import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from lecture_utils import datasets, geometry, models, runs, training
from lecture_utils.runs import _callbacks, _legacy, _networks, _record, _store, _weights
from lecture_utils.runs.__main__ import main
from lecture_utils.training import InMemoryDataset

# Dropout, augmentation, batch normalization and averaged weights: all that a resume could get
# wrong.
NAME = "mnist/strong"
EPOCHS, TRAIN, VALIDATION = 4, 200, 60
TINY = {
    "data_dir": "sample",
    "threads": 1,
    "train_size": TRAIN,
    "validation_size": VALIDATION,
    "batch_size": 50,
    "trainer": {"accelerator": "cpu"},
}
COMMAND = [
    *(sys.executable, "-m", "lecture_utils.runs", "train", NAME, "--accelerator", "cpu"),
    *("--data-dir", "sample", "--threads", "1", "--batch-size", "50"),
    *("--train-size", str(TRAIN), "--validation-size", str(VALIDATION)),
]
FINISHED = {"card.json", "history.csv", "weights.safetensors", "test_logits.npz"}


def files(run):
    return {path.name: path.read_bytes() for path in run.folder.iterdir()}


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory):
    return runs.train(NAME, root=tmp_path_factory.mktemp("undisturbed"), epochs=EPOCHS, **TINY)


def assert_same_result(run, other):
    ours, theirs = files(run), files(other)
    assert set(ours) == FINISHED
    assert ours["history.csv"] == theirs["history.csv"]
    assert ours["weights.safetensors"] == theirs["weights.safetensors"]
    assert run.card["metrics"] == other.card["metrics"]


@pytest.mark.slow
def test_a_run_leaves_history_card_and_weights_that_agree(undisturbed):
    card, history = undisturbed.card, undisturbed.history
    assert set(files(undisturbed)) == FINISHED
    assert history["epoch"] == [1, 2, 3, 4]
    assert card["data"]["source"] == "embedded"
    assert [card["data"][part] for part in ("train", "validation", "test")] == [200, 60, 428]
    assert card["parameters"] == geometry.count_parameters(undisturbed.model)
    assert card["recipe"]["epochs"] == EPOCHS
    test = datasets.mnist("test", source="embedded")
    images = torch.from_numpy(test.images)[:, None].float() / 255
    with torch.no_grad():
        predicted = undisturbed.model(images).argmax(dim=1)
    errors = int((predicted != torch.from_numpy(test.labels)).sum())
    assert card["metrics"]["test"]["errors"] == errors
    assert card["metrics"]["test"]["accuracy"] == pytest.approx(1 - errors / 428)
    # The history's last line is of the same network before it was rounded to half precision.
    assert card["metrics"]["validation"]["loss"] == pytest.approx(history["val_loss"][-1], abs=0.01)


@pytest.mark.slow
def test_the_seed_decides_the_run(undisturbed, tmp_path):
    torch.rand(7)
    assert_same_result(runs.train(NAME, root=tmp_path, epochs=EPOCHS, **TINY), undisturbed)
    other = runs.train(NAME, 1, root=tmp_path, epochs=1, **TINY)
    assert other.history["train_loss"][0] != undisturbed.history["train_loss"][0]
    assert runs.available(NAME, root=tmp_path) == [(NAME, 0), (NAME, 1)]


@pytest.mark.slow
def test_a_run_killed_at_any_moment_resumes_to_the_same_result(undisturbed, tmp_path):
    folder = _store.run_folder(NAME, 0, tmp_path)
    command = [*COMMAND, "--epochs", str(EPOCHS), "--root", str(tmp_path)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    while not (folder / "last.ckpt").exists():
        assert process.poll() is None, process.stderr.read().decode()
        time.sleep(0.01)
    process.kill()
    process.communicate()
    # Windows has no signals; there, a killed process ends with 1.
    assert process.returncode == (1 if os.name == "nt" else -signal.SIGKILL)
    assert not (folder / "card.json").exists()
    with pytest.raises(FileNotFoundError, match="not recorded"):
        runs.load(NAME, root=tmp_path)
    assert_same_result(runs.resume(NAME, root=tmp_path), undisturbed)


class Killed(BaseException):
    """Stands for the end of the process at one exact line."""


def die(*_, **__):
    raise Killed


@pytest.mark.slow
@pytest.mark.parametrize("moment", ["start", "epoch", "history", "checkpoint", "weights", "card"])
def test_no_moment_is_a_bad_one_to_be_killed(undisturbed, tmp_path, monkeypatch, moment):
    with monkeypatch.context() as patch:
        if moment == "start":
            patch.setattr(_record, "_train", die)
        elif moment == "epoch":
            step = training.Classifier.training_step
            patch.setattr(
                training.Classifier,
                "training_step",
                lambda self, *a: die() if self.global_step == 6 else step(self, *a),
            )
        elif moment == "history":
            patch.setattr(_callbacks, "write_history", die)
        elif moment == "checkpoint":
            # The second epoch's line is written, its checkpoint is not yet in place.
            real = os.replace
            count = iter(range(100))
            patch.setattr(
                _callbacks.os,
                "replace",
                lambda a, b: die() if str(b).endswith("ckpt") and next(count) == 1 else real(a, b),
            )
        elif moment == "weights":
            patch.setattr(_weights, "save_weights", die)
        else:
            patch.setattr(_record.geometry, "count_parameters", die)
        with pytest.raises(Killed):
            runs.train(NAME, root=tmp_path, epochs=EPOCHS, **TINY)
    assert runs.available(root=tmp_path) == []
    assert_same_result(runs.resume(NAME, root=tmp_path), undisturbed)
    with pytest.raises(FileExistsError, match="nothing to resume"):
        runs.resume(NAME, root=tmp_path)


@pytest.mark.slow
def test_two_processes_finish_a_run_together(tmp_path, monkeypatch):
    # By the step of `make gpu`, so that both are tested by the same slow start of two processes.
    tiny = {"train_size": TRAIN, "validation_size": VALIDATION, "batch_size": 50, "threads": 1}
    monkeypatch.setattr(gpu_check, "QUICK", NAME)
    monkeypatch.setattr(gpu_check, "_TINY", {"epochs": 2, **tiny})
    found = gpu_check.devices(
        gpu_check.Setting(gpu_check.Machine(0, ("32-true",)), "sample", tmp_path)
    )
    run = runs.load(NAME, root=tmp_path / "devices")
    assert found["test_accuracy"] == run.card["metrics"]["test"]["accuracy"]
    json.dumps(found)
    assert set(files(run)) == FINISHED
    assert run.card["trainer"]["processes"] == 2
    assert run.card["trainer"]["strategy"] == "DDPStrategy"
    assert run.history["epoch"] == [1, 2]
    # Each process sees all validation images, so the score is the same as in one process.
    validation = run.card["metrics"]["validation"]
    assert validation["loss"] == pytest.approx(run.history["val_loss"][-1], abs=0.01)


def test_a_run_that_diverges_writes_no_card(tmp_path):
    with pytest.raises(training.DivergedError, match="diverged"):
        runs.train(NAME, root=tmp_path, epochs=9, optimizer="sgd", learning_rate=1e37, **TINY)
    assert not list(tmp_path.rglob("card.json"))
    assert not list(tmp_path.rglob("*.safetensors"))


def test_an_earlier_run_is_not_overwritten_by_accident(tmp_path):
    one = {"root": tmp_path, "epochs": 1, **TINY}
    first = runs.train("mnist/gap", **one)
    before = files(first)
    with pytest.raises(FileExistsError, match="finished run"):
        runs.train("mnist/gap", **one)
    assert files(first) == before
    changed = runs.train("mnist/gap", overwrite=True, learning_rate=1e-4, **one)
    assert files(changed)["history.csv"] != before["history.csv"]
    checkpoint = first.folder / "last.ckpt"
    (first.folder / "card.json").rename(checkpoint)
    with pytest.raises(FileExistsError, match="resume mnist/gap --seed 0") as refused:
        runs.train("mnist/gap", **one)
    assert f"--root {tmp_path}, or" in str(refused.value)


def test_files_of_others_in_the_folder_are_not_deleted_without_being_asked(tmp_path, monkeypatch):
    monkeypatch.setattr(_record, "_train", die)
    one = {"root": tmp_path, "epochs": 1, **TINY}
    folder = _store.run_folder("mnist/gap", 0, tmp_path)
    folder.mkdir(parents=True)
    left = ("settings.json", "history.csv", "last.part", ".settings.json.abc.part")
    for name in left:  # as a run that was killed in its first epoch
        (folder / name).write_text("left")
    with pytest.raises(Killed):
        runs.train("mnist/gap", **one)
    assert [path.name for path in folder.iterdir()] == ["settings.json"]
    for name in ("notes.txt", "weights.safetensors"):
        (folder / name).write_text("mine")
    with pytest.raises(FileExistsError, match=r"holds notes.txt, weights.safetensors, which no"):
        runs.train("mnist/gap", **one)
    assert (folder / "notes.txt").read_text() == "mine"
    assert (folder / "weights.safetensors").read_text() == "mine"
    with pytest.raises(Killed):
        runs.train("mnist/gap", overwrite=True, **one)
    assert [path.name for path in folder.iterdir()] == ["settings.json"]


def test_ctrl_c_ends_a_run_with_the_usual_status_and_says_how_to_go_on(
    tmp_path, monkeypatch, capsys
):
    step = training.Classifier.training_step

    def interrupted(self, *arguments):
        if self.global_step == 5:  # in the second epoch
            signal.raise_signal(signal.SIGINT)
        return step(self, *arguments)

    command = ["train", "mnist/gap", *COMMAND[5:], "--epochs", "2", "--root", str(tmp_path)]
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with monkeypatch.context() as patch:
            patch.setattr(training.Classifier, "training_step", interrupted)
            assert main(command) == 130
    finally:
        signal.signal(signal.SIGINT, before)
    assert "stopped; the resume command continues" in capsys.readouterr().err
    assert runs.available(root=tmp_path) == []
    assert main(["resume", "mnist/gap", "--root", str(tmp_path)]) == 0
    assert runs.load("mnist/gap", root=tmp_path).history["epoch"] == [1, 2]


def test_an_end_that_the_program_asks_for_is_no_ctrl_c(tmp_path, monkeypatch):
    monkeypatch.setattr(training.Classifier, "training_step", lambda *_: sys.exit(3))
    with pytest.raises(SystemExit) as end:
        runs.train("mnist/gap", root=tmp_path, epochs=1, **TINY)
    assert end.value.code == 3


@pytest.fixture
def weights(tmp_path):
    torch.manual_seed(0)
    network = models.strong_cnn()
    path = tmp_path / "weights.safetensors"
    return network, path, _weights.save_weights(network, path)


def test_weights_come_back_rounded_to_half_precision(weights):
    network, path, digest = weights
    copy = _weights.load_weights(models.strong_cnn(), path, digest)
    for name, value in network.state_dict().items():
        expected = value.half().float() if value.is_floating_point() else value
        assert torch.equal(copy.state_dict()[name], expected)
    assert path.stat().st_size < 2.1 * geometry.count_parameters(network)


def test_damaged_weights_are_told_apart(weights, tmp_path):
    network, path, digest = weights
    whole = path.read_bytes()
    for damaged in (whole[:-1], whole[:-1] + bytes([whole[-1] ^ 1]), b""):
        path.write_bytes(damaged)
        with pytest.raises(ValueError, match="damaged: its checksum"):
            _weights.load_weights(network, path, digest)
        with pytest.raises(ValueError, match="its checksum"):
            _weights.load_weights(network, path, "0" * 64)
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(ValueError, match="not a safetensors file"):
        _weights.load_weights(network, path, _weights.checksum(path))
    path.unlink()
    with pytest.raises(FileNotFoundError, match="there is no"):
        _weights.load_weights(network, path, digest)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda w: {**w, "0.weight": w["0.weight"][:, :, :2]}, "0.weight has shape"),
        (lambda w: {**w, "0.weight": w["0.weight"].float()}, "0.weight has dtype torch.float32"),
        (lambda w: {k: v for k, v in w.items() if k != "0.weight"}, "another model: .'0.weight'"),
    ],
)
def test_weights_of_another_network_are_refused(weights, change, message):
    network, path, _ = weights
    changed = {name: value.contiguous() for name, value in change(load_file(path)).items()}
    save_file(changed, path)
    before = {name: value.clone() for name, value in network.state_dict().items()}
    with pytest.raises(ValueError, match=message):
        _weights.load_weights(network, path, _weights.checksum(path))
    for name, value in network.state_dict().items():
        assert torch.equal(value, before[name])


def test_weights_that_half_precision_cannot_hold_are_not_written(tmp_path):
    layer = torch.nn.Linear(1, 1)
    torch.nn.init.constant_(layer.weight, 1e5)
    with pytest.raises(ValueError, match="weight does not fit"):
        _weights.save_weights(layer, tmp_path / "weights.safetensors")
    assert not list(tmp_path.iterdir())


def test_a_file_that_cannot_be_finished_leaves_the_old_one(tmp_path):
    path = tmp_path / "card.json"
    _store.write_json(path, {"a": 1})
    with pytest.raises(ValueError, match="JSON"):
        _store.write_json(path, {"a": math.nan})
    assert json.loads(path.read_text()) == {"a": 1}
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("text", ["", "epoch,loss\n", "epoch,loss\n1\n", "epoch,loss\n1,nan\n"])
def test_a_damaged_history_is_a_clear_error(tmp_path, text):
    path = tmp_path / "history.csv"
    path.write_text(text)
    with pytest.raises(ValueError, match="train again"):
        _store.read_history(path, "train again")


def test_a_damaged_card_is_a_clear_error(tmp_path):
    folder = _store.run_folder("mnist/gap", 0, tmp_path)
    folder.mkdir(parents=True)
    (folder / "card.json").write_text('{"name": ')
    with pytest.raises(ValueError, match=r"card.json is damaged .*train the run again"):
        runs.load("mnist/gap", root=tmp_path)


def test_errors_name_the_remedy(tmp_path):
    with pytest.raises(ValueError, match="no run 'mnist/vgg'; use one of mnist/dense"):
        runs.load("mnist/vgg")
    command = re.escape(f"runs train mnist/gap --seed 7 --root {tmp_path}")
    with pytest.raises(FileNotFoundError, match=f"{command}$"):
        runs.load("mnist/gap", 7, root=tmp_path)
    with pytest.raises(FileNotFoundError, match=f"{command}$"):
        runs.resume("mnist/gap", 7, root=tmp_path)
    # `train` does not write to the shipped runs, where `load` looks by default.
    with pytest.raises(FileNotFoundError, match=r"--root runs, then load it .*='runs'$"):
        runs.load("mnist/gap", 7)
    assert _store.command("train", "a", 0, "my runs").endswith(' --seed 0 --root "my runs"')
    with pytest.raises(ValueError, match=r"a recipe has no \['epoch'\]"):
        runs.train("mnist/gap", root=tmp_path, epoch=3)
    with pytest.raises(ValueError, match="epochs is 0"):
        runs.train("mnist/gap", root=tmp_path, epochs=0)
    with pytest.raises(ValueError, match=r"unknown trainer options \['gpus'\]"):
        runs.train("mnist/gap", root=tmp_path, trainer={"gpus": 1})


def test_a_sample_is_never_taken_for_the_full_data(tmp_path, monkeypatch):
    monkeypatch.delenv("LECTURE_DATA", raising=False)
    monkeypatch.setenv("LECTURE_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("LECTURE_OFFLINE", "1")
    with pytest.raises(FileNotFoundError, match=r'full data set mnist .*"sample"'):
        runs.train("mnist/gap", root=tmp_path / "runs")


def test_the_command_line_lists_shows_and_says_what_is_wrong(undisturbed, capsys):
    root = str(undisturbed.folder.parents[2])
    assert main(["list", "--root", root]) == 0
    listed = capsys.readouterr().out
    assert all(name in listed for name in runs.RECIPES)
    assert str(undisturbed) in listed
    assert main(["show", NAME, "--root", root]) == 0
    shown = capsys.readouterr().out
    assert json.loads(shown[: shown.rindex("}") + 1]) == undisturbed.card
    assert shown.splitlines()[-1].split() == [str(c[-1]) for c in undisturbed.history.values()]
    assert main(["show", "mnist/vgg"]) == 1
    assert "use one of mnist/dense" in capsys.readouterr().err


def test_the_command_line_passes_options_on(monkeypatch):
    given, trained = {}, []
    monkeypatch.setattr(runs, "train", lambda *a, **k: given.update(k) or trained.append(a))
    text = "train mnist/gap --accelerator gpu --devices 2 --num-nodes 3 --strategy ddp"
    assert main([*text.split(), "--precision", "16-mixed", "--epochs", "5", "--data-dir", "d"]) == 0
    assert given["trainer"] == {
        "accelerator": "gpu",
        "devices": 2,
        "num_nodes": 3,
        "strategy": "ddp",
        "precision": "16-mixed",
    }
    assert (given["epochs"], given["data_dir"]) == (5, "d")
    assert "batch_size" not in given
    assert main(["train", "mnist/gap", "mnist/dense", "--seed", "0", "2"]) == 0
    assert trained[1:] == [(f"mnist/{name}", seed) for name in ("gap", "dense") for seed in (0, 2)]


@pytest.mark.slow
def test_recorded_runs_are_whole_small_and_of_the_full_data():
    recorded = runs.available()
    assert recorded
    for name, seed in recorded:
        run = runs.load(name, seed)
        card, recipe = run.card, runs.recipe(name)
        assert (card["name"], card["seed"]) == (name, seed)
        assert card["data"]["source"] != "embedded"
        photos = recipe.dataset == "cats_vs_dogs"
        held_out = recipe.validation_size
        train, *others = (2_000, 1_000, 1_000) if photos else (60_000 - held_out, held_out, 10_000)
        sizes = [card["data"][part] for part in ("train", "validation", "test")]
        assert sizes == [recipe.train_size or train, *others]
        assert run.history["epoch"] == list(range(1, recipe.epochs + 1))
        assert run.recipe == recipe
        assert card["code"][0]["changed_since"] is False
        if card["weights_sha256"] is None:
            with pytest.raises(FileNotFoundError, match="were not kept; train again"):
                run.model  # noqa: B018
        else:
            assert card["parameters"] == geometry.count_parameters(run.model)
            assert not run.model.training
        if recipe.save_predictions:
            wrong = (run.test_predictions["logit"] > 0) != run.test_predictions["label"]
            assert wrong.sum() == card["metrics"]["test"]["errors"]
            assert run.maps.tsne.shape == (1_000, 2)
    total = sum(path.stat().st_size for path in _store.RECORDED.rglob("*") if path.is_file())
    assert total < 43e6


# What the fields were called in the cards that ship with the package, and what they are called
# today.
OLD_FIELDS = {
    "data": "dataset",
    "network": "model",
    "average_decay": "ema_decay",
    "until": "train_from",
    "backbone_rate": "backbone_lr_scale",
    "draw_by_seed": "resample_by_seed",
    "describe_test": "save_predictions",
}


def test_no_recorded_run_ships_what_a_stopped_run_leaves():
    """Its settings name folders of the machine that it was trained on."""
    left = [*_store.RECORDED.rglob(_store.SETTINGS), *_store.RECORDED.rglob(_store.CHECKPOINT)]
    assert any(_store.RECORDED.rglob("card.json"))
    assert not left


@pytest.mark.slow
@pytest.mark.parametrize(("name", "seed"), runs.available(), ids=lambda value: str(value))
def test_every_recorded_run_is_what_its_card_says_and_its_weights_fit(name, seed):
    folder = _store.run_folder(name, seed)
    on_disk = json.loads((folder / "card.json").read_text())
    run = runs.load(name, seed)
    defaults = runs.Recipe("", "", "", "", 0)
    fields = {OLD_FIELDS.get(field, field): value for field, value in on_disk["recipe"].items()}
    for field in dataclasses.fields(runs.Recipe):
        expected = fields.pop(field.name, getattr(defaults, field.name))
        if field.name == "augmentation" and "shift" in expected:
            # In pixels of 28, as a deviation from 1, and as a slope; today in torchvision's units.
            expected = {
                "degrees": expected["degrees"],
                "translate": expected["shift"] / 28,
                "scale": [1 - expected["scale"], 1 + expected["scale"]],
                "shear": math.degrees(math.atan(expected["shear"])),
            }
        if field.name in ("snapshots", "budgets"):
            expected = tuple(expected)  # a list in JSON
        assert getattr(run.recipe, field.name) == expected
    assert not fields
    assert {**run.card, "recipe": on_disk["recipe"]} == on_disk
    if on_disk["weights_sha256"] is None:
        assert not (folder / "weights.safetensors").exists()
    else:
        written = load_file(folder / "weights.safetensors")
        ours = _networks.trainable_part(run.recipe, run.model).state_dict()
        assert written.keys() == ours.keys()
        assert all(torch.equal(value.half(), written[key].half()) for key, value in ours.items())


def test_weights_with_the_old_names_of_layers_fit(tmp_path):
    torch.manual_seed(0)
    block = models.InvertedBottleneck(4, 4, 3, 1, 6)
    path = tmp_path / "weights.safetensors"
    _weights.save_weights(torch.nn.Sequential(block), path)
    old = {"expand": "widen", "depthwise": "filter", "project": "narrow"}
    state = {}
    for name, value in load_file(path).items():
        first, change, layer, rest = name.split(".", 3)
        state[f"{first}.{change}.{old[layer]}.{rest}"] = value
    assert len({name.split(".")[2] for name in state}) == 3
    save_file(state, path)
    other = torch.nn.Sequential(models.InvertedBottleneck(4, 4, 3, 1, 6))
    _weights.load_weights(other, path, _weights.checksum(path))
    for name, value in block.state_dict().items():
        assert torch.equal(value.half(), other[0].state_dict()[name].half())


def test_a_run_that_an_earlier_version_left_unfinished_has_todays_names(tmp_path):
    new = {"recipe": dataclasses.asdict(runs.recipe("transfer/partial")), "seed": 0}
    new["data_dir"] = "sample"
    names = {today: then for then, today in OLD_FIELDS.items()}
    old = {"seed": 0, "data": "sample"}
    old["recipe"] = {names.get(name, name): value for name, value in new["recipe"].items()}
    assert _legacy.settings(old) == _legacy.settings(new) == new


@pytest.mark.slow
def test_recorded_networks_know_clothes():
    test = datasets.fashion_mnist("test", source="embedded")
    sample = InMemoryDataset(torch.from_numpy(test.images)[:, None], torch.from_numpy(test.labels))
    for name, seed in runs.available():
        if name.startswith("fashion_mnist"):
            run = runs.load(name, seed)
            accuracy = training.evaluate(run.model, sample)["accuracy"]
            # 200 of the 10,000 test images: three standard errors around the card's number.
            expected = run.card["metrics"]["test"]["accuracy"]
            assert abs(accuracy - expected) < 3 * math.sqrt(expected * (1 - expected) / 200)


def test_overwriting_without_data_keeps_the_earlier_run(undisturbed):
    root, before = undisturbed.folder.parents[2], files(undisturbed)
    with pytest.raises(FileNotFoundError, match="not a folder"):
        runs.train(NAME, root=root, overwrite=True, data_dir=str(root / "nowhere"))
    assert files(undisturbed) == before
    assert not list(root.rglob("*.lock"))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"optimizer": "adamm"}, "optimizer is 'adamm'"),
        ({"learning_rate": np.float32(1e-3)}, "learning_rate is .* plain Python numbers"),
        ({"learning_rate": math.nan}, "learning_rate is nan"),
        ({"model": "gapp"}, "gapp"),
        ({"augmentation": {"degrees": 500}}, "degrees"),
        ({"trainer": {"accelerator": "gpuu"}}, "gpuu"),
    ],
)
def test_overwriting_with_unsuitable_settings_keeps_the_earlier_run(tmp_path, changes, message):
    folder = _store.run_folder("mnist/strong", 0, tmp_path)
    folder.mkdir(parents=True)
    (folder / "card.json").write_text("of a finished run")
    with pytest.raises(Exception, match=message):
        runs.train("mnist/strong", root=tmp_path, overwrite=True, **{**TINY, **changes})
    assert [path.name for path in folder.iterdir()] == ["card.json"]
    assert (folder / "card.json").read_text() == "of a finished run"


def test_two_processes_do_not_train_the_same_run(tmp_path, monkeypatch):
    folder = _store.run_folder("mnist/gap", 0, tmp_path)
    one = {"root": tmp_path, "epochs": 1, **TINY}

    def train_meanwhile(*_):
        """Do as another process would while this run has settings, but no checkpoint yet."""
        before = sorted(folder.iterdir())
        for again in (
            lambda: runs.train("mnist/gap", **one),
            lambda: runs.train("mnist/gap", overwrite=True, **one),
            lambda: runs.resume("mnist/gap", root=tmp_path),
        ):
            with pytest.raises(FileExistsError, match="being trained right now"):
                again()
        assert sorted(folder.iterdir()) == before
        die()

    with monkeypatch.context() as patch:
        patch.setattr(_record, "_train", train_meanwhile)
        with pytest.raises(Killed):
            runs.train("mnist/gap", **one)
    # The lock goes with the process that held it.
    assert [path.name for path in folder.parent.iterdir()] == ["seed0"]
    with monkeypatch.context() as patch:
        patch.setattr(_record, "_train", die)
        with pytest.raises(Killed):
            runs.resume("mnist/gap", root=tmp_path)


def test_a_data_folder_is_used_for_one_run_only(tmp_path, monkeypatch):
    (tmp_path / "data").mkdir()
    seen = []

    def mnist(split, **_):
        seen.append(os.environ.get("LECTURE_DATA"))
        return real(split, source="embedded")

    real = datasets.mnist
    monkeypatch.setattr(datasets, "mnist", mnist)
    monkeypatch.setattr(_record, "_check_full", lambda *_: None)
    monkeypatch.setattr(_record, "_train", die)
    monkeypatch.chdir(tmp_path)
    options = {"root": "runs", "validation_size": 50, "trainer": {"accelerator": "cpu"}}
    for before in (None, "/of/the/reader"):
        if before is None:
            monkeypatch.delenv("LECTURE_DATA", raising=False)
        else:
            monkeypatch.setenv("LECTURE_DATA", before)
        with pytest.raises(Killed):
            runs.train("mnist/gap", data_dir="data", overwrite=True, **options)
        assert os.environ.get("LECTURE_DATA") == before
    assert seen == [str((tmp_path / "data").resolve())] * 2
    settings = json.loads((_store.run_folder("mnist/gap", 0, "runs") / "settings.json").read_text())
    assert settings["data_dir"] == seen[0]


def test_other_folders_beside_the_runs_are_no_runs(tmp_path):
    for name in ("seed0", "seed0.old", "seed", "seed-1", "seed10"):
        folder = tmp_path / "mnist" / "gap" / name
        folder.mkdir(parents=True)
        (folder / "card.json").write_text("{}")
    assert runs.available(root=tmp_path) == [("mnist/gap", 0), ("mnist/gap", 10)]


def test_reading_a_model_leaves_the_random_numbers_alone():
    torch.manual_seed(0)
    expected = torch.rand(3)
    torch.manual_seed(0)
    _ = runs.load("mnist/gap").model
    assert torch.equal(torch.rand(3), expected)


def process_state():
    return {
        "threads": torch.get_num_threads(),
        "deterministic": torch.are_deterministic_algorithms_enabled(),
        "warn_only": torch.is_deterministic_algorithms_warn_only_enabled(),
        "benchmark": torch.backends.cudnn.benchmark,
        # Without the variable that pytest itself changes.
        "environment": {k: v for k, v in os.environ.items() if k != "PYTEST_CURRENT_TEST"},
        "torch": torch.get_rng_state().tolist(),
        "numpy": str(np.random.get_state()),
        "python": random.getstate(),
    }


@pytest.fixture
def unusual_process(monkeypatch):
    """Settings that differ from those of a run and from PyTorch's own."""
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    torch.use_deterministic_algorithms(True, warn_only=False)
    monkeypatch.setattr(torch.backends.cudnn, "benchmark", True)
    monkeypatch.setenv("PL_GLOBAL_SEED", "17")
    monkeypatch.delenv("PL_SEED_WORKERS", raising=False)
    monkeypatch.setenv("CUBLAS_WORKSPACE_CONFIG", ":16:8")
    yield process_state()
    torch.set_num_threads(before)
    torch.use_deterministic_algorithms(False)


def test_a_run_leaves_the_process_as_it_was(unusual_process, tmp_path):
    run = runs.train("mnist/gap", root=tmp_path, epochs=1, **TINY)
    assert process_state() == unusual_process
    assert run.card["hardware"]["threads"] == 1
    with pytest.raises(training.DivergedError):
        runs.train("mnist/gap", 1, root=tmp_path, epochs=9, learning_rate=1e37, **TINY)
    assert process_state() == unusual_process
    with pytest.raises(ValueError, match="gpuu"):
        runs.train("mnist/gap", 2, root=tmp_path, **{**TINY, "trainer": {"accelerator": "gpuu"}})
    assert process_state() == unusual_process


def test_a_resumed_run_leaves_the_process_as_it_was(unusual_process, tmp_path, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(_record, "_finish", die)
        with pytest.raises(Killed):
            runs.train("mnist/gap", root=tmp_path, epochs=1, **TINY)
    assert process_state() == unusual_process
    assert runs.resume("mnist/gap", root=tmp_path).history["epoch"] == [1]
    assert process_state() == unusual_process


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"seed": -1}, "seed is -1; it must be from 0 to 4294967295"),
        ({"seed": 2**32}, "seed is 4294967296"),
        ({"dataset": "x"}, "dataset is 'x'; use one of mnist, fashion_mnist, cats_vs_dogs"),
        ({"augmentation": {"x": 1}}, "augmentation has 'x'; known options are degrees, translate"),
        ({"augmentation": {"images": 1}}, "augmentation has 'images'"),
        ({"augmentation": None}, "augmentation is None; pass a dictionary"),
        ({"model_options": {"zzz": 1}}, "model_options has 'zzz'; known options are num_classes"),
        ({"model_options": 3}, "model_options is 3; pass a dictionary"),
    ],
)
def test_unsuitable_settings_are_named_before_anything_is_written(tmp_path, changes, message):
    with pytest.raises(ValueError, match=message):
        runs.train("mnist/gap", changes.pop("seed", 0), root=tmp_path, **{**TINY, **changes})
    assert list(tmp_path.iterdir()) == []


def test_options_of_photos_and_of_known_networks_are_checked_by_their_own_names():
    for recipe in runs.RECIPES.values():
        for name, known in (
            ("augmentation", _record._augmentation_options(recipe)),
            ("model_options", _record._model_options(recipe)),
        ):
            _record._check_options(name, getattr(recipe, name), known)
    assert "crop" in _record._augmentation_options(runs.RECIPES["cats-vs-dogs/strong"])
    assert "crop" not in _record._augmentation_options(runs.RECIPES["mnist/gap"])
    assert _record._model_options(runs.RECIPES["transfer/feature-extraction"]) == []
