"""The logits that runs keep for every test image, and the views of photos they are kept for."""

import shutil

import numpy as np
import pytest
import torch
from torch import nn
from torchvision.transforms import v2

from lecture_utils import datasets, runs
from lecture_utils.augmentation import VIEWS, closer
from lecture_utils.runs import _record, _store, _test_logits
from lecture_utils.training import InMemoryDataset

LOGITS_SINCE = "2026-11-28T19"
WITH_LOGITS = [
    (name, seed) for name, seed in runs.available() if runs.load(name, seed).recipe.saves_logits
]


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """One epoch on the embedded sample."""
    return runs.train(
        "mnist/gap", 4, root=tmp_path_factory.mktemp("runs"), data_dir="sample", epochs=1,
        batch_size=50, train_size=200, validation_size=50,
    )  # fmt: skip


def test_logits_are_those_of_the_model_that_ships(run):
    test = datasets.mnist("test", source="embedded")
    with torch.no_grad():
        expected = run.model(torch.from_numpy(test.images)[:, None] / 255).numpy()
    found = run.test_logits
    assert list(found.views) == ["as it is"]
    assert np.array_equal(found.labels, test.labels)
    np.testing.assert_allclose(found.logits, expected, rtol=2e-3, atol=2e-3)


def test_logits_can_be_added_to_a_run_and_are_checked(run, tmp_path):
    path = run.folder / _store.TEST_LOGITS
    before = run.test_logits.logits
    path.unlink()
    options = {"root": run.folder.parents[2], "data_dir": "sample"}
    with pytest.raises(FileNotFoundError, match="train the run again"):
        _ = runs.load("mnist/gap", 4, root=options["root"]).test_logits
    np.testing.assert_allclose(
        runs.record_test_logits("mnist/gap", 4, **options).logits, before, rtol=2e-3, atol=2e-3
    )
    card = _store.read_json(run.folder / _store.CARD, "")
    changed = {**card, "metrics": {**card["metrics"], "test": {"errors": 0}}}
    _store.write_json(run.folder / _store.CARD, changed)
    try:
        with pytest.raises(ValueError, match="its card says 0"):
            runs.record_test_logits("mnist/gap", 4, **options)
    finally:
        _store.write_json(run.folder / _store.CARD, card)


def test_photos_have_all_views_and_one_logit():
    torch.manual_seed(0)
    model = nn.Sequential(nn.Conv2d(3, 4, 5), nn.Flatten(), nn.Linear(4 * 28 * 28, 1))
    images = torch.randint(0, 256, (5, 3, 32, 32), dtype=torch.uint8)
    data = InMemoryDataset(images, torch.tensor([0, 1, 1, 0, 1]))
    found = _test_logits.compute_test_logits(model, data, photos=True, batch_size=2)
    assert list(found.views) == list(VIEWS)
    with torch.no_grad():
        mirrored = model(v2.functional.horizontal_flip(images) / 255)[:, 0].numpy()
        box = images[..., 2:30, 2:30] / 255
        nearer = v2.functional.resize(box, [32, 32], antialias=False)
        enlarged = model(nearer)[:, 0].numpy()
    np.testing.assert_allclose(found.views["mirrored"], mirrored, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(found.views["closer"], enlarged, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize(("height", "width"), [(16, 16), (96, 64), (47, 33)])
def test_closer_keeps_the_size_and_the_middle(height, width):
    rows = torch.linspace(-1, 1, height, dtype=torch.float64)
    images = rows[None, None, :, None].expand(2, 3, height, width).clone()
    found = closer(images)
    assert found.shape == images.shape
    # Symmetry about the middle stays, and what is seen is a smaller part.
    torch.testing.assert_close(found, -found.flip(-2))
    assert found.max() < images.max()


def test_files_come_back_and_damaged_ones_are_refused(tmp_path):
    path = tmp_path / _store.TEST_LOGITS
    views = {"as it is": np.array([-1.5, 2.25], np.float32), "mirrored": np.zeros(2, np.float32)}
    _test_logits.write_test_logits(path, runs.TestLogits(np.array([0, 1]), views))
    again = _test_logits.read_test_logits(path)
    assert again.labels.tolist() == [0, 1] and list(again.views) == list(views)
    assert np.array_equal(again.logits, views["as it is"])
    path.write_bytes(path.read_bytes()[:40])
    with pytest.raises(ValueError, match="damaged"):
        _test_logits.read_test_logits(path)


@pytest.mark.parametrize("name", ["filters/gabor-100", "transfer/feature-extraction"])
def test_runs_with_predictions_of_another_form_say_so(name):
    with pytest.raises(FileNotFoundError, match="in another form"):
        _ = runs.load(name).test_logits


def test_logits_are_not_added_to_a_run_with_predictions_of_another_form(tmp_path):
    folder = tmp_path / "filters" / "gabor-100" / "seed0"
    shutil.copytree(_store.run_folder("filters/gabor-100", 0), folder)
    before = sorted(folder.iterdir())
    with pytest.raises(ValueError, match="in another form"):
        runs.record_test_logits("filters/gabor-100", root=tmp_path, data_dir="sample")
    assert sorted(folder.iterdir()) == before


@pytest.mark.parametrize(("name", "seed"), WITH_LOGITS, ids=lambda value: str(value))
def test_recorded_logits_agree_with_the_card(name, seed):
    run = runs.load(name, seed)
    path = run.folder / _store.TEST_LOGITS
    if not path.is_file():
        # Recorded before logits were kept, and without weights to compute them from.
        assert run.card["weights_sha256"] is None and run.card["finished"] < LOGITS_SINCE
        return
    found = run.test_logits
    task = _record._task(run.recipe)
    positive = found.logits > 0 if task == "binary" else found.logits.argmax(1)
    errors = int((positive != found.labels).sum())
    metrics = run.card["metrics"]["test"]
    assert len(found.labels) == run.card["data"]["test"]
    assert abs(errors - metrics["errors"]) <= 2
    loss = _loss(found.logits, found.labels, task)
    assert loss == pytest.approx(metrics["loss"], rel=0.01, abs=1e-3)


def _loss(logits, labels, task):
    from lecture_utils.training import classification_loss

    return classification_loss(torch.from_numpy(logits), torch.from_numpy(labels), task).item()
