"""LayerLab in Python: its traits, and its numbers against PyTorch's."""

import re

import numpy as np
import pytest
import torch
import torch.nn.functional as F
import traitlets

from lecture_utils.widgets import LayerLab
from lecture_utils.widgets.layer_lab.layer import find_problem, layer_output
from lecture_utils.widgets.layer_lab.presets import PRESETS, edge_image


def by_torch(image, kernel, operation, stride, padding, dilation, ceil_mode):
    batch = torch.tensor(np.array(image, dtype=float))[None, None]
    weight = torch.tensor(np.array(kernel, dtype=float))[None, None]
    if operation == "convolution":
        return F.conv2d(batch, weight, None, stride, padding, dilation)[0, 0].numpy()
    size = weight.shape[2:]
    if operation == "max":
        return F.max_pool2d(batch, size, stride, padding, dilation, ceil_mode)[0, 0].numpy()
    return F.avg_pool2d(batch, size, stride, padding, ceil_mode)[0, 0].numpy()


def random_layer(rng):
    """Image, kernel and settings; many of them impossible."""
    operation = rng.choice(["convolution", "max", "average"])
    return (
        rng.integers(-99, 100, rng.integers(1, 13, 2)),
        rng.normal(size=rng.integers(1, 6, 2)),
        str(operation),
        int(rng.integers(1, 6)),
        int(rng.integers(0, 4)),
        1 if operation == "average" else int(rng.integers(1, 4)),
        bool(rng.integers(2)),
    )


def test_numbers_are_those_of_torch():
    rng = np.random.default_rng(3)
    computed = 0
    for _ in range(800):
        image, kernel, *settings = random_layer(rng)
        if find_problem(image.shape, kernel.shape, *settings):
            with pytest.raises(ValueError, match=r"padding|does not fit"):
                layer_output(image, kernel, *settings)
            # With dilation, newer versions of torch allow pooling more padding than older ones.
            if settings[0] == "convolution" or settings[3] == 1:
                with pytest.raises(RuntimeError):
                    by_torch(image, kernel, *settings)
            continue
        ours = layer_output(image, kernel, *settings)
        np.testing.assert_allclose(ours, by_torch(image, kernel, *settings), atol=1e-9)
        computed += 1
    assert computed > 300


def test_the_lab_computes_at_every_change():
    rng = np.random.default_rng(4)
    lab = LayerLab()
    names = ("image", "kernel", "operation", "stride", "padding", "dilation", "ceil_mode")
    shown = 0
    for _ in range(80):
        layer = random_layer(rng)
        for name, value in zip(names, layer, strict=True):
            setattr(lab, name, value)
        if lab.problem:
            assert lab.output.shape == (0, 0)
            assert "There is no output" in lab.figure_html()
            continue
        shown += 1
        np.testing.assert_allclose(lab.output, by_torch(*layer), atol=1e-9)
        assert (np.array(lab.position) < lab.output.shape).all()
        with pytest.raises(ValueError, match="read-only"):
            lab.output[0, 0] = 1
    assert shown > 30


def test_defaults():
    lab = LayerLab()
    assert (lab.image.shape, lab.kernel.shape, lab.output.shape) == ((5, 5), (3, 3), (3, 3))
    pool = LayerLab(operation="max")
    assert (pool.kernel.shape, pool.stride, pool.output.shape) == ((2, 2), 2, (3, 3))
    assert LayerLab(np.ones((9, 7), int), kernel=3, operation="average").output.shape == (3, 2)
    assert LayerLab(kernel=2).output.max() == np.sum([[7, 8], [9, 7]]) + 2


@pytest.mark.parametrize("preset", PRESETS, ids=lambda preset: preset["name"])
def test_presets_are_possible(preset):
    settings = {name: value for name, value in preset.items() if name != "name"}
    lab = LayerLab(**settings)
    np.testing.assert_array_equal(lab.output, by_torch(**settings))
    assert np.ptp(lab.output) > 0, "something to see"


def test_the_lectures_sizes():
    sizes = {
        p["name"]: LayerLab(**{k: v for k, v in p.items() if k != "name"}).output.shape
        for p in PRESETS
    }
    assert sizes["3×3 kernel"] == (3, 3)
    assert sizes["Zero padding"] == (5, 5)
    assert sizes["Stride 2"] == (2, 2)
    assert sizes["2×2 max pooling"] == (3, 3)
    assert sizes["Leftover row"] == (2, 2) and sizes["Ceil mode"] == (3, 3)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"image": np.zeros((13, 3))}, r"shape \(13, 3\).*12x12"),
        ({"image": np.zeros((0, 3))}, "shape"),
        ({"image": [1, 2]}, "2 dimensions"),
        ({"image": [[0, 0.5]]}, "0.5 at row 0, column 1; use whole numbers"),
        ({"image": [[np.nan]]}, "nan at row 0"),
        ({"image": [[100]]}, "-99 to 99"),
        ({"image": "cat"}, "array of numbers"),
        ({"kernel": np.ones((6, 6))}, "5x5"),
        ({"kernel": [[np.inf]]}, "inf at row 0"),
        ({"kernel": 6}, "kernel is 6; use a size from 1 to 5"),
        ({"kernel": 2.5}, "kernel is 2.5"),
        ({"operation": "median"}, "median"),
        ({"stride": 0}, "stride"),
        ({"padding": 4}, "padding"),
        ({"dilation": 4}, "dilation"),
        ({"dilation": 3}, "does not fit"),
        ({"operation": "max", "padding": 2}, "at most half the window, here 1"),
        ({"operation": "average", "dilation": 2}, "use dilation=1"),
    ],
)
def test_nonsense_is_named(arguments, message):
    with pytest.raises((ValueError, traitlets.TraitError), match=message):
        LayerLab(**arguments)


def test_the_figure_tells_the_numbers():
    lab = LayerLab()
    page = lab.figure_html()
    assert page.count("<img") == 1 and 'alt="' in page and "<script" not in page
    cells = re.findall(r"<td>(.*?)</td>", page)
    grids = (lab.image, lab.kernel, lab.output)
    expected = [int(value) for grid in grids for value in grid.ravel()]
    assert [int(cell.replace("\N{MINUS SIGN}", "-")) for cell in cells] == expected
    assert "Kernel" not in LayerLab(operation="max").figure_html()


def test_edge_images_have_an_edge_and_whole_numbers():
    for size in (3, 5, 12):
        image = np.array(edge_image(size))
        assert image.shape == (size, size) and image.min() == 0 and image.max() == 9
