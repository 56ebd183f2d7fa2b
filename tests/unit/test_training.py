"""Data modules, augmentation and the Lightning module, against SciPy, torch and sums by hand."""

import dataclasses
import math
from types import SimpleNamespace

import numpy as np
import pytest
import pytorch_lightning as pl
import torch
from rounding import sum_error
from scipy import ndimage
from torch import nn

from lecture_utils import datasets, runs, training
from lecture_utils.augmentation import random_affine
from lecture_utils.runs import _legacy
from lecture_utils.training import (
    Classifier,
    FashionMNISTData,
    InMemoryDataModule,
    InMemoryDataset,
    MNISTData,
    to_unit_range,
)


def numbered(count=60):
    """A data set whose images can be told apart: every pixel of image i is i."""
    images = np.arange(count, dtype=np.uint8)[:, None, None] * np.ones((28, 28), np.uint8)
    labels = np.arange(count) % 10
    return datasets.ImageClassificationData(images, labels, tuple("0123456789"), "folder", "tests")


def module(load=lambda split: numbered(), **options):
    data = InMemoryDataModule(load, **{"batch_size": 8, "validation_size": 10, **options})
    data.setup("fit")
    return data


def numbers(dataset):
    return dataset.inputs[:, 0, 0, 0].tolist()


def quiet_trainer(**options):
    return pl.Trainer(
        accelerator="cpu",
        logger=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        num_sanity_val_steps=0,
        **options,
    )


def tiny_network():
    return nn.Sequential(nn.Flatten(), nn.Linear(784, 10))


def test_the_split_has_every_training_image_once_and_depends_on_its_seed_alone():
    data = module()
    assert sorted(numbers(data.train_set) + numbers(data.validation_set)) == list(range(60))
    assert numbers(module(seed=5).validation_set) == numbers(data.validation_set)
    assert numbers(module(split_seed=5).validation_set) != numbers(data.validation_set)
    assert numbers(module(train_size=7).validation_set) == numbers(data.validation_set)
    assert numbers(module(train_size=7).train_set) == numbers(data.train_set)[:7]
    for number, label in zip(numbers(data.train_set), data.train_set.labels.tolist(), strict=True):
        assert label == number % 10


def test_the_test_set_is_not_read_for_training():
    read = []
    data = module(lambda split: read.append(split) or numbered())
    quiet_trainer(max_epochs=1).fit(Classifier(tiny_network()), data)
    assert set(read) == {"train"}
    data.setup("test")
    assert read[-1] == "test"


@pytest.mark.parametrize("processes", [1, 2, 3])
def test_each_epoch_sees_every_image_in_an_order_of_its_own(processes):
    orders = []
    for epoch in range(2):
        seen = []
        for rank in range(processes):
            data = module(train_size=48)
            data.trainer = type("Job", (), {"world_size": processes, "global_rank": rank})()
            loader = data.train_dataloader()
            loader.sampler.set_epoch(epoch)
            batches = [images[:, 0, 0, 0].tolist() for images, _ in loader]
            assert len(batches[0]) == 8 // processes
            seen.extend(number for batch in batches for number in batch)
        orders.append(seen)
        assert sorted(seen) == sorted(numbers(data.train_set))
    assert orders[0] != orders[1]


@pytest.mark.parametrize("kind", [MNISTData, FashionMNISTData])
def test_the_real_data_sets_arrive_as_bytes_with_one_channel(kind):
    data = kind(source="embedded", validation_size=50)
    data.setup("fit")
    assert data.source == "embedded"
    assert data.validation_set.inputs.shape == (50, 1, 28, 28)
    assert data.train_set.inputs.dtype == torch.uint8


def test_the_origin_is_known_whichever_data_are_read_first():
    def load(split):
        return dataclasses.replace(numbered(), origin=f"{split} images")

    data = InMemoryDataModule(load, validation_size=10)
    data.setup("test")
    assert (data.origin, data.source) == ("test images", numbered().source)
    data.setup("fit")
    assert data.origin == "train images"
    data = InMemoryDataModule(load, validation_size=10)
    data.setup()
    assert data.origin == "train images"


@pytest.mark.parametrize(
    "options", [{"validation_size": 60}, {"train_size": 51}, {"train_size": 0}]
)
def test_a_split_that_does_not_fit_is_refused(options):
    with pytest.raises(ValueError, match="cannot split 60 training images"):
        module(**options)


def test_unequal_images_and_labels_are_refused():
    with pytest.raises(ValueError, match="3 inputs but 2 labels"):
        InMemoryDataset(torch.zeros(3, 1, 2, 2), torch.zeros(2))
    with pytest.raises(ValueError, match="batch_size is 0"):
        InMemoryDataModule(numbered, batch_size=0)


def test_bytes_become_values_from_0_to_1_with_channels_last():
    images = torch.arange(256, dtype=torch.uint8).reshape(2, 2, 8, 8)
    values = to_unit_range(images)
    assert torch.equal(values, images / 255)
    assert values.is_contiguous(memory_format=torch.channels_last)


@pytest.mark.parametrize("draw", [-1.0, -0.4, 0.0, 0.7, 1.0])
def test_random_affine_is_what_scipy_computes_for_the_same_matrix(monkeypatch, draw):
    images = torch.rand(2, 1, 17, 24, generator=torch.Generator().manual_seed(1))
    monkeypatch.setattr(torch, "rand", lambda *shape, generator: torch.full(shape, (draw + 1) / 2))
    ours = random_affine(
        images, degrees=30, translate=0.15, scale=(0.8, 1.2), shear=math.degrees(math.atan(0.3))
    )
    angle, size = math.radians(30 * draw), 1 / (1 + 0.2 * draw)
    # SciPy counts (row, column).
    rotation = np.array([[math.cos(angle), math.sin(angle)], [-math.sin(angle), math.cos(angle)]])
    matrix = size * rotation @ np.array([[1, 0], [0.3 * draw, 1]])
    center = (np.array([17, 24]) - 1) / 2
    offset = center - matrix @ center + 0.15 * np.array([17, 24]) * draw
    for image, changed in zip(images[:, 0], ours[:, 0], strict=True):
        expected = ndimage.affine_transform(
            image.numpy(), matrix, offset, order=1, mode="grid-constant"
        )
        # As above, with coordinates of up to 24.
        np.testing.assert_allclose(changed.numpy(), expected, atol=sum_error(8, 24))


def test_affine_options_of_recorded_runs_give_the_matrices_that_they_gave(monkeypatch):
    """The digits' recipes were written in pixels and slopes: the same draws, the same matrices."""
    old = {"degrees": 12.0, "shift": 2.0, "scale": 0.12, "shear": 0.15}
    card = {"data": "mnist", "augmentation": old}
    new = _legacy.recipe_fields(card)["augmentation"]
    assert new == runs.recipe("mnist/strong").augmentation

    grids = []
    real = nn.functional.affine_grid
    monkeypatch.setattr(
        nn.functional,
        "affine_grid",
        lambda matrices, *a, **k: grids.append(matrices) or real(matrices, *a, **k),
    )
    images = torch.rand(50, 1, 28, 28, generator=torch.Generator().manual_seed(1))
    ours = random_affine(images, **new, generator=torch.Generator().manual_seed(2))

    draws = 2 * torch.rand(5, 50, generator=torch.Generator().manual_seed(2)) - 1
    angle, size, slant, down, right = draws
    angle, size = angle * math.radians(old["degrees"]), 1 / (1 + old["scale"] * size)
    cos, sin, slant = angle.cos() * size, angle.sin() * size, old["shear"] * slant
    rows = [
        torch.stack([cos, slant * cos - sin, right * old["shift"] * 2 / 28], dim=1),
        torch.stack([sin, slant * sin + cos, down * old["shift"] * 2 / 28], dim=1),
    ]
    matrices = torch.stack(rows, dim=1)
    torch.testing.assert_close(grids[0], matrices, rtol=0, atol=5e-7)
    then = nn.functional.grid_sample(
        images, real(matrices, [50, 1, 28, 28], align_corners=False), align_corners=False
    )
    torch.testing.assert_close(ours, then, rtol=0, atol=1e-4)


def test_photos_once_called_their_scale_zoom():
    card = {"data": "cats_vs_dogs", "augmentation": {"zoom": [0.8, 1.2], "flip": 0.5}}
    fields = _legacy.recipe_fields(card)
    assert fields == {"dataset": "cats_vs_dogs", "augmentation": {"scale": [0.8, 1.2], "flip": 0.5}}
    assert _legacy.recipe_fields(fields) == fields


def test_random_affine_treats_every_image_differently_and_repeats_with_its_generator():
    images = torch.rand(1, 1, 28, 28).repeat(4, 1, 1, 1)
    draw = lambda: random_affine(  # noqa: E731
        images, degrees=10, translate=0.07, generator=torch.Generator().manual_seed(2)
    )
    assert torch.equal(draw(), draw())
    assert not torch.allclose(draw()[0], draw()[1])
    # Where it reads is rounded about 8 times, at coordinates of up to 28; neighbors differ by < 1.
    assert torch.allclose(random_affine(images), images, atol=sum_error(8, 28))


@pytest.mark.parametrize(
    "bounds",
    [
        {"degrees": 181},
        {"translate": -1},
        {"translate": 1.5},
        {"scale": (0, 1)},
        {"scale": (1.2, 0.8)},
        {"scale": (math.nan, 1)},
        {"shear": 90},
        {"shear": math.nan},
    ],
)
def test_random_affine_refuses_nonsense(bounds):
    with pytest.raises(ValueError, match=next(iter(bounds))):
        random_affine(torch.zeros(1, 1, 4, 4), **bounds)
    with pytest.raises(ValueError, match="shape"):
        random_affine(torch.zeros(4, 4))


@pytest.mark.parametrize("task", training.TASKS)
def test_evaluate_counts_and_averages(task):
    generator = torch.Generator().manual_seed(4)
    images = torch.rand(37, 1, 28, 28, generator=generator)
    labels = torch.randint(0, 2, (37,), generator=generator)
    network = nn.Sequential(nn.Flatten(), nn.Linear(784, 1 if task == "binary" else 2))
    scores = training.evaluate(network, InMemoryDataset(images, labels), task=task, batch_size=10)
    with torch.no_grad():
        logits = network(images)
    if task == "binary":
        p = torch.sigmoid(logits[:, 0])
        probability = torch.where(labels == 1, p, 1 - p)
    else:
        probability = logits.softmax(dim=1)[torch.arange(37), labels]
    assert scores["loss"] == pytest.approx(-probability.log().mean().item(), rel=1e-5)
    assert scores["errors"] == int((probability < 0.5).sum())
    assert scores["accuracy"] == pytest.approx(1 - scores["errors"] / 37)
    assert network.training
    with pytest.raises(ValueError, match="empty"):
        training.evaluate(network, InMemoryDataset(images[:0], labels[:0]))


def test_binary_smoothing_equals_two_class_smoothing():
    logit = torch.randn(9, generator=torch.Generator().manual_seed(5))
    labels = torch.arange(9) % 2
    two = torch.stack([torch.zeros(9), logit], dim=1)
    ours = training.classification_loss(logit[:, None], labels, "binary", 0.2)
    assert torch.allclose(ours, training.classification_loss(two, labels, label_smoothing=0.2))


def test_sgd_steps_are_those_of_a_plain_loop_and_logged_numbers_those_of_the_epoch():
    data = module(batch_size=50)
    pl.seed_everything(0, verbose=False)
    network = tiny_network()
    plain = tiny_network()
    plain.load_state_dict(network.state_dict())
    classifier = Classifier(network, optimizer="sgd", learning_rate=0.1)
    trainer = quiet_trainer(max_epochs=3)
    trainer.fit(classifier, data)

    optimizer = torch.optim.SGD(plain.parameters(), 0.1, momentum=0.9, nesterov=True)
    images, labels = to_unit_range(data.train_set.inputs), data.train_set.labels
    for _ in range(3):
        loss = nn.functional.cross_entropy(plain(images), labels)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    # One batch holds the whole training set, so that only rounding depends on the order.
    assert torch.allclose(network[1].weight, plain[1].weight, atol=1e-6)
    logged = trainer.callback_metrics
    assert logged["train_loss"].item() == pytest.approx(loss.item(), rel=1e-4)
    expected = training.evaluate(plain, data.validation_set)
    assert logged["val_loss"].item() == pytest.approx(expected["loss"], rel=1e-4)
    assert logged["val_accuracy"].item() == pytest.approx(expected["accuracy"])


def test_the_averaged_network_is_the_moving_average_and_is_the_one_judged():
    weights = []

    class Watch(pl.Callback):
        def on_train_batch_end(self, trainer, module, *_):
            weights.append(module.model[1].weight.detach().clone())

    classifier = Classifier(tiny_network(), learning_rate=0.05, ema_decay=0.6)
    data = module()
    trainer = quiet_trainer(max_epochs=2, callbacks=[Watch()])
    trainer.fit(classifier, data)
    average = weights[0]
    for count, weight in enumerate(weights[1:], start=1):
        decay = min(0.6, (1 + count) / (10 + count))
        average = decay * average + (1 - decay) * weight
    assert torch.allclose(classifier.eval_model[1].weight, average, atol=1e-5)
    assert not torch.allclose(classifier.model[1].weight, average, atol=1e-3)
    expected = training.evaluate(classifier.eval_model, data.validation_set)
    assert trainer.callback_metrics["val_loss"].item() == pytest.approx(expected["loss"], rel=1e-4)


@pytest.mark.slow
@pytest.mark.parametrize("optimizer", training.OPTIMIZERS)
@pytest.mark.parametrize("schedule", training.SCHEDULES)
def test_every_optimizer_and_schedule_lowers_the_loss(optimizer, schedule):
    rates, rate = [], 2e-4

    class Watch(pl.Callback):
        def on_train_batch_end(self, trainer, *_):
            rates.append(trainer.optimizers[0].param_groups[0]["lr"])

    data = module(batch_size=25)
    torch.manual_seed(0)
    classifier = Classifier(
        tiny_network(), optimizer=optimizer, schedule=schedule, learning_rate=rate
    )
    before = training.evaluate(classifier.model, data.train_set)["loss"]
    quiet_trainer(max_epochs=4, callbacks=[Watch()]).fit(classifier, data)
    assert training.evaluate(classifier.model, data.train_set)["loss"] < before
    assert len(rates) == 8
    assert max(rates) <= rate * (1 + 1e-9)
    if schedule == "constant":
        assert set(rates) == {rate}
    else:
        assert rates[-1] < rate / 10


def test_augmentation_is_for_training_only():
    seen = []

    def augment(images):
        seen.append(len(images))
        return images

    quiet_trainer(max_epochs=1).fit(Classifier(tiny_network()), module(augment=augment))
    assert sum(seen) == 50


def test_every_step_starts_from_its_own_seed_and_augments_first():
    """The formula is the one that the recorded runs were trained with."""
    drawn, expected = [], []

    class Noisy(Classifier):
        def training_step(self, batch, batch_idx):
            torch.manual_seed(7 * 1_000_000_007 + self.global_step * 1_009)
            expected.append((torch.rand(3), torch.rand(3)))
            return super().training_step(batch, batch_idx)

    class Draws(nn.Module):
        def __init__(self):
            super().__init__()
            self.layer = tiny_network()

        def forward(self, images):
            if self.training:
                drawn[-1] = (drawn[-1], torch.rand(3))
            return self.layer(images)

    def augment(images):
        drawn.append(torch.rand(3))
        return images

    class Plain(Classifier):
        pass

    data = module(seed=7, augment=augment)
    quiet_trainer(max_epochs=2).fit(Plain(Draws()), data)
    first = list(drawn)
    drawn.clear()
    torch.rand(5)
    quiet_trainer(max_epochs=2).fit(Noisy(Draws()), module(seed=7, augment=augment))
    assert len(first) == len(expected) == 14
    for (augmented, dropped), (one, two) in zip(first, expected, strict=True):
        assert torch.equal(augmented, one) and torch.equal(dropped, two)
    assert len({tuple(one.tolist()) for one, _ in expected}) == 14


def test_seeds_of_steps_differ_between_runs_steps_and_processes():
    seeds = [
        training.step_seed(seed, step, process)
        for seed in range(4)
        for step in (0, 1, 2, 1000, 900_000)
        for process in range(8)
    ]
    assert len(set(seeds)) == len(seeds)
    assert training.step_seed(3, 0) == 3 * 1_000_000_007


@pytest.mark.parametrize("augment", ["flip", 3])
def test_an_augmentation_that_cannot_be_called_is_refused(augment):
    with pytest.raises(ValueError, match="augment is"):
        module(augment=augment)


def test_a_loss_that_is_no_number_stops_training():
    classifier = Classifier(tiny_network(), optimizer="sgd", learning_rate=1e38)
    with pytest.raises(training.DivergedError, match="diverged; try a learning rate below 1e\\+38"):
        quiet_trainer(max_epochs=50).fit(classifier, module())


@pytest.mark.parametrize(
    "options",
    [
        {"task": "regression"},
        {"optimizer": "lion"},
        {"schedule": "weekly"},
        {"learning_rate": 0},
        {"learning_rate": math.nan},
        {"label_smoothing": 1},
        {"ema_decay": 1},
    ],
)
def test_options_that_make_no_sense_are_refused(options):
    with pytest.raises(ValueError, match=next(iter(options))):
        Classifier(tiny_network(), **options)


@pytest.mark.parametrize(
    ("capability", "expected"),
    [((7, 5), "16-mixed"), ((8, 0), "bf16-mixed"), ((9, 0), "bf16-mixed")],
    ids=["T4", "A100", "H100"],
)
def test_precision_goes_by_what_the_gpu_computes_natively(monkeypatch, capability, expected):
    assert training.best_precision("cpu") == "32-true"
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.version, "hip", None)
    properties = SimpleNamespace(major=capability[0], minor=capability[1])
    monkeypatch.setattr(torch.cuda, "current_device", lambda: 0)
    monkeypatch.setattr(torch.cuda, "get_device_properties", lambda *_: properties)
    # What a T4 answers if it is asked whether it can emulate.
    monkeypatch.setattr(torch.cuda, "_check_bf16_tensor_supported", lambda *_: True)
    assert torch.cuda.is_bf16_supported()
    for accelerator in ("auto", "gpu", "cuda"):
        assert training.best_precision(accelerator) == expected
    assert training.best_precision("cpu") == "32-true"


def test_mixup_mixes_images_and_labels_in_the_same_proportion():
    seen = []

    class Recorder(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.bias = torch.nn.Parameter(torch.zeros(3))

        def forward(self, images):
            seen.append(images)
            return self.bias.expand(len(images), 3)

    torch.manual_seed(1_000_000_007)
    classifier = Classifier(Recorder(), mixup=5.0)
    classifier.trainer = quiet_trainer()
    classifier.trainer.strategy.connect(classifier)
    classifier._log = lambda *_: None
    # Each image is all zeros but for a one at the position of its label.
    labels = torch.tensor([0, 1, 2, 1, 0, 2])
    images = torch.nn.functional.one_hot(labels, 3).float().reshape(6, 1, 1, 3)
    loss = classifier.training_step((images, labels), 0)
    mixed = seen[0].reshape(6, 3)
    assert not torch.equal(mixed, images.reshape(6, 3))
    torch.testing.assert_close(mixed.sum(dim=1), torch.ones(6))
    # Cross-entropy takes shares of classes as well: those that the images show are the labels'
    # own.
    torch.testing.assert_close(loss, torch.nn.functional.cross_entropy(torch.zeros(6, 3), mixed))
    gradient = torch.autograd.grad(loss, classifier.model.bias)[0]
    torch.testing.assert_close(gradient, torch.full((3,), 1 / 3) - mixed.mean(dim=0))


@pytest.mark.parametrize("mixup", [-0.1, float("nan")])
def test_a_mixup_below_zero_is_refused(mixup):
    with pytest.raises(ValueError, match="mixup is"):
        Classifier(tiny_network(), mixup=mixup)
