"""Whole numbers may come from any library; floats and booleans are none."""

import numpy as np
import pytest
import torch
from torch import nn
from traitlets import TraitError

from lecture_utils import (
    datasets,
    filter_banks,
    geometry,
    interpretation,
    models,
    profiling,
    statistics,
    training,
    transfer,
    widgets,
)
from lecture_utils._validation import as_pair, whole
from lecture_utils.augmentation import Augment
from lecture_utils.convolution import convolve2d, gaussian_kernel
from lecture_utils.runs import _runs
from lecture_utils.training import InMemoryDataModule, InMemoryDataset, evaluate

#: How else the number 3 may come.
KINDS = [np.int8, np.uint64, np.array, torch.tensor, lambda n: torch.tensor(n, dtype=torch.int16)]
#: What looks like a number and is none.
WRONG = [True, 3.0, np.float32(3), np.bool_(True), torch.tensor(3.0), torch.tensor(True), "3", None]


@pytest.mark.parametrize("kind", [int, *KINDS])
@pytest.mark.parametrize("number", range(0, 100, 9))
def test_whole_and_as_pair_read_every_kind_of_integer(kind, number):
    value = whole("n", kind(number), 0)
    assert value == number and type(value) is int
    for pair in (kind(number), (kind(number), number), [number, kind(number)]):
        found = as_pair(pair, "n")
        assert found == (number, number) and {*map(type, found)} == {int}
    assert as_pair(np.array([number, 1]), "n") == (number, 1)
    with pytest.raises(ValueError, match=f"n is {number}; it must be at least {number + 1}"):
        whole("n", kind(number), number + 1)


@pytest.mark.parametrize("value", [*WRONG, [3], np.array([3]), torch.tensor([3, 3]), 2.5])
def test_what_is_no_whole_number_is_refused(value):
    with pytest.raises(ValueError, match=r"n is .*; give a whole number of at least 1"):
        whole("n", value, 1)


IMAGES = torch.rand(6, 1, 8, 8, generator=torch.Generator().manual_seed(0))
LABELS = torch.arange(6) % 2


def model():
    torch.manual_seed(0)
    return nn.Sequential(nn.Conv2d(1, 4, 3), nn.ReLU(), nn.Flatten(), nn.Linear(144, 4)).eval()


def module(**options):
    data = datasets.ImageClassificationData(
        np.zeros((30, 8, 8), np.uint8), np.arange(30) % 2, ("a", "b"), "folder", "tests"
    )
    made = InMemoryDataModule(lambda split: data, **{"validation_size": 10, **options})
    made.setup("fit")
    sizes = [len(made.train_set), len(made.validation_set), made.batch_size]
    return sizes, [label.tolist() for _, label in made.train_dataloader()]


def maximized(**options):
    result = interpretation.maximize_activation(
        model(),
        "0",
        options.pop("channel", 1),
        **{"size": 8, "steps": 3, "method": "pixel", **options},
    )
    return result.images, result.frame_steps


USES = {
    "evaluate": lambda n: evaluate(model(), InMemoryDataset(IMAGES, LABELS), batch_size=n),
    "batch_size": lambda n: module(batch_size=n),
    "seed": lambda n: module(seed=n, batch_size=5),
    "split_seed": lambda n: module(split_seed=n),
    "validation_size": lambda n: module(validation_size=n),
    "train_size": lambda n: module(train_size=n),
    "step_seed": lambda n: training.step_seed(n, n),
    "run_in_batches": lambda n: transfer.run_in_batches(model(), IMAGES, n),
    "feature_maps": lambda n: interpretation.feature_maps(model(), "0", IMAGES, batch_size=n),
    "dead_filters": lambda n: interpretation.dead_filters(model(), "0", IMAGES, batch_size=n),
    "grad_cam": lambda n: interpretation.grad_cam(model(), "0", IMAGES, n),
    "occlusion": lambda n: interpretation.occlusion(model(), IMAGES, n, window=n, batch_size=n),
    "top": lambda n: interpretation.grad_cam_channels(model(), "0", IMAGES).top(n),
    "channel": lambda n: maximized(channel=n),
    "channels": lambda n: maximized(channel=[n, 0]),
    "steps": lambda n: maximized(steps=n),
    "frames": lambda n: maximized(frames=[0, n]),
    "maximize seed": lambda n: maximized(seed=n),
    "output_size": lambda n: geometry.output_size(28, n, stride=n, padding=n, dilation=n),
    "effective": lambda n: geometry.effective_receptive_field(
        model()[0], image_size=9, n_images=n, channels=1, seed=n
    ),
    "convolution": lambda n: convolve2d(np.ones((9, 9)), np.ones((2, 2)), stride=n, dilation=n),
    "gaussian": lambda n: gaussian_kernel(n, 1),
    "zone_plate": lambda n: datasets.zone_plate(n * 3),
    "prediction_times": lambda n: len(profiling.prediction_times(model(), IMAGES, repeats=n)),
    "training_memory": lambda n: profiling.training_memory(model(), (n, 1, 8, 8)),
    "wilson": lambda n: statistics.wilson(n, n),
    "nearest": lambda n: transfer.nearest(np.eye(9), n),
    "Augment": lambda n: Augment(size=n)(IMAGES),
    "num_classes": lambda n: models.gap_cnn(n)[-1].out_features,
    "width": lambda n: models.cats_cnn(width=n)[0].out_channels,
    "changes": lambda n: _runs._whole_numbers({"epochs": n, "batch_size": n, "image_size": n}),
    "stride of a demo": lambda n: widgets.ConvolutionLab(stride=n).get_state()["stride"],
    "patience of a demo": lambda n: widgets.FilterLearner(seed=n).get_state()["seed"],
    "layers of a demo": lambda n: widgets.ReceptiveFieldLab(
        [{"kernel": n, "stride": n}, geometry.LayerSpec(n)]
    ).get_state()["layers"],
}  # fmt: skip


def assert_equal(ours, theirs):
    if isinstance(theirs, torch.Tensor):
        torch.testing.assert_close(ours, theirs)
    elif isinstance(theirs, np.ndarray):
        np.testing.assert_array_equal(ours, theirs)
    elif isinstance(theirs, tuple):
        for one, other in zip(ours, theirs, strict=True):
            assert_equal(one, other)
    else:
        assert ours == theirs and type(ours) is type(theirs)


@pytest.mark.parametrize("use", USES)
@pytest.mark.parametrize("kind", [np.int64, np.array, torch.tensor])
def test_a_number_of_any_kind_does_what_an_int_does(use, kind):
    assert_equal(USES[use](kind(3)), USES[use](3))


@pytest.mark.parametrize("use", sorted(USES.keys() - {"zone_plate"}))
@pytest.mark.parametrize("value", [3.0, True, np.float64(3)])
def test_floats_and_booleans_are_refused_everywhere(use, value):
    with pytest.raises((ValueError, TraitError)):
        USES[use](value)


def test_frames_from_linspace():
    """The case that was reported."""
    _, steps = maximized(steps=4, frames=np.linspace(0, 4, 3, dtype=int))
    assert steps == (0, 2, 4) and {*map(type, steps)} == {int}


def test_sizes_of_filters():
    ours = filter_banks.haar_bank(sizes=np.array([2, 4]))
    assert ours.names == filter_banks.haar_bank(sizes=(2, 4)).names
