"""Recorded runs that build on a trained network: killed, resumed, loaded; frozen parts kept out of
the files.
"""

import functools

import pytest
import torch
from safetensors.torch import load_file

from lecture_utils import pretrained, runs, training
from lecture_utils.datasets import _cats_vs_dogs
from lecture_utils.runs import _networks, _record
from lecture_utils.runs.__main__ import main
from lecture_utils.transfer import TransferNetwork

# Every run trains a network for photos.
pytestmark = pytest.mark.slow

TINY = {
    "data_dir": "sample",
    "threads": 1,
    "image_size": 64,
    "train_size": 40,
    "epochs": 3,
    "batch_size": 20,
    "trainer": {"accelerator": "cpu"},
}


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    """One place for a few drawn pets and their embeddings, and one network, for all tests here."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LECTURE_CACHE", str(tmp_path_factory.mktemp("cache")))
        patch.setattr(_cats_vs_dogs, "_DRAWN", (40, 10, 40))
        # A run builds its network several times. All copy one that was loaded before the first
        # run, because loading draws numbers, and the new heads come after them.
        patch.setattr(pretrained, "load", functools.cache(pretrained.load))
        pretrained.load(runs.recipe("transfer/partial").model)
        yield


@pytest.fixture(scope="module")
def partial(cache, tmp_path_factory):
    root = tmp_path_factory.mktemp("runs")
    return runs.train("transfer/partial", root=root, keep_weights=True, **TINY)


def test_only_what_learned_is_written_and_the_whole_network_comes_back(partial):
    written = load_file(partial.folder / "weights.safetensors")
    assert {name.partition(".")[0] for name in written} == {"stage7", "top", "head"}
    assert isinstance(partial.model, TransferNetwork)
    assert not partial.model.training
    assert partial.card["parameters"] == sum(p.numel() for p in partial.model.parameters())
    learned = sum(
        p.numel()
        for n, p in partial.model.named_parameters()
        if n.partition(".")[0] in ("stage7", "top", "head")
    )
    assert partial.card["trainable_parameters"] == learned
    # The test table was made from kept activations, this is the whole network on the images.
    data = _record._data_module(partial.recipe, 0, "sample")
    data.setup("test")
    with torch.no_grad():
        logits = partial.model(data.test_set.inputs[:30].float() / 255)[:, 0]
    assert torch.allclose(
        logits, torch.tensor(partial.test_predictions["logit"][:30]).float(), atol=2e-3
    )
    errors = training.evaluate(partial.model, data.test_set, task="binary")["errors"]
    assert errors == partial.card["metrics"]["test"]["errors"]
    assert partial.test_predictions["file"] == data.files["test"]
    assert partial.maps.dimensions == 1280


class Killed(BaseException):
    """Stands for the end of the process."""


def test_a_stopped_run_resumes_to_the_same_result(partial, tmp_path, monkeypatch):
    step = training.Classifier.training_step

    def die_in_epoch_2(self, *arguments):
        if self.current_epoch == 1:
            raise Killed
        return step(self, *arguments)

    with monkeypatch.context() as patch:
        patch.setattr(training.Classifier, "training_step", die_in_epoch_2)
        with pytest.raises(Killed):
            runs.train("transfer/partial", root=tmp_path, keep_weights=True, **TINY)
    run = runs.resume("transfer/partial", root=tmp_path)
    for name in ("history.csv", "weights.safetensors", "test.csv"):
        assert (run.folder / name).read_bytes() == (partial.folder / name).read_bytes()


def test_weights_too_large_to_ship_are_not_kept(cache, tmp_path):
    run = runs.train("transfer/from-top", root=tmp_path, **{**TINY, "epochs": 1})
    files = {path.name for path in run.folder.iterdir()}
    assert files == {"card.json", "history.csv", "test_logits.npz"}
    assert run.card["weights_sha256"] is None
    with pytest.raises(FileNotFoundError, match="keep_weights=True"):
        run.model  # noqa: B018
    with pytest.raises(FileNotFoundError, match="did not save its predictions"):
        run.test_predictions  # noqa: B018
    assert main(["show", "transfer/from-top", "--root", str(tmp_path)]) == 0


def test_a_random_backbone_comes_back_from_its_seed(cache, tmp_path):
    small = {**TINY, "epochs": 1}
    run = runs.train("transfer/random-features", 3, root=tmp_path, **small)
    assert (run.folder / "weights.safetensors").stat().st_size < 10_000
    data = _record._data_module(run.recipe, 3, "sample")
    data.setup("test")
    torch.rand(5)
    with torch.no_grad():
        logits = run.model(data.test_set.inputs[:20].float() / 255)[:, 0]
    expected = torch.tensor(run.test_predictions["logit"][:20]).float()
    assert torch.allclose(logits, expected, rtol=1e-3, atol=2e-3)


def test_the_seed_draws_the_images_and_few_are_repeated(cache, tmp_path):
    options = {**TINY, "train_size": 10, "epochs": 1, "repeats": 7}
    first, second = (
        runs.train("learning-curves/extraction-10", seed, root=tmp_path, **options)
        for seed in (0, 1)
    )
    assert first.card["data"]["train"] == second.card["data"]["train"] == 10
    assert [run.card["data"]["split_seed"] for run in (first, second)] == [0, 1]
    assert first.history["train_loss"] != second.history["train_loss"]


def test_augmented_copies_take_the_place_of_the_photos(cache, tmp_path):
    options = {**TINY, "epochs": 1, "train_size": 8, "repeats": 2, "augmented_copies": 3}
    name = "transfer/from-top"
    plain = runs.train(name, root=tmp_path / "plain", **{**options, "augmented_copies": 0})
    run = runs.train(name, root=tmp_path, augmentation={"flip": 0.5, "degrees": 20.0}, **options)
    assert run.card["data"] == plain.card["data"] and run.card["data"]["train"] == 8
    assert run.history["train_loss"] != plain.history["train_loss"]
    data = _record._data_module(run.recipe, 0, "sample")
    images = data.train_set
    prepared = _record._prepared(run.recipe, _networks.build(run.recipe, 0), data)
    assert len(prepared.train_set) == 2 * 3 * 8
    assert prepared.train_set.labels.tolist() == images.labels.tolist() * 6
    # Test photos are not augmented.
    assert len(run.test_logits.labels) == run.card["data"]["test"]


def test_the_head_can_be_trained_first(cache, tmp_path):
    """With a rate of almost 0 for everything, what is left is the head of feature extraction."""
    options = {**TINY, "epochs": 1, "train_size": 16, "batch_size": 16, "keep_weights": True}
    common = {"head_rate": 1e-2, "learning_rate": 1e-12, "weight_decay": 0.0}
    run = runs.train("transfer/end-to-end", root=tmp_path, head_repeats=4, **common, **options)
    head = {"learning_rate": 1e-2, "weight_decay": 0.0, "repeats": 4}
    alone = runs.train("transfer/feature-extraction", root=tmp_path, **head, **options)
    assert run.recipe.head_repeats == 4
    for name, value in alone.model.head.state_dict().items():
        # Weights are kept in half precision.
        torch.testing.assert_close(run.model.head.state_dict()[name], value, rtol=2e-3, atol=1e-4)
    assert run.model.head.weight.std() > 0


@pytest.mark.parametrize(
    ("changes", "kept"),
    [
        ({}, True),
        ({"train_from": "head"}, True),
        ({"train_from": "stem"}, False),
        ({"train_from": "stage1", "image_size": 224}, False),
        ({"augmentation": {"flip": 0.5}}, False),
    ],
)
def test_activations_are_kept_where_they_do_not_change_and_are_not_too_many(changes, kept):
    import dataclasses

    recipe = dataclasses.replace(runs.recipe("transfer/partial"), **changes)
    whole = _networks.build(recipe, 0)
    assert _networks.can_cache_features(recipe, whole) is kept
    part = _networks.module_to_fit(recipe, whole)
    assert (part is whole) is not kept
    assert whole.frozen_until == (None if recipe.train_from == "stem" else recipe.train_from)


@pytest.mark.parametrize("damage", ["file,label\n", "", "logit\n"])
def test_damaged_predictions_are_a_clear_error(damage, tmp_path):
    from lecture_utils.runs._test_predictions import read_test_predictions

    path = tmp_path / "test.csv"
    with pytest.raises(FileNotFoundError, match="train the run again"):
        read_test_predictions(path)
    path.write_text(damage)
    with pytest.raises(ValueError, match="is damaged"):
        read_test_predictions(path)
