"""Augment against torchvision: the same images for the same parameters and distributions."""

import dataclasses
import json
from functools import partial

import numpy as np
import pytest
import torch
from scipy import stats
from torchvision.transforms import v2
from torchvision.transforms.v2 import functional as reference

from lecture_utils.augmentation import Augment, random_affine
from lecture_utils.augmentation import _functional as ops

BILINEAR = v2.InterpolationMode.BILINEAR
GRAY_LEVEL = 1 / 255


@pytest.fixture(autouse=True)
def one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def smooth(count, height=40, width=52, channels=3, seed=0):
    """Random images without hard edges, where interpolation is well behaved."""
    noise = torch.rand(
        count, channels, height + 8, width + 8, generator=torch.Generator().manual_seed(seed)
    )
    return torch.nn.functional.avg_pool2d(noise, 9, stride=1).sub(0.5).mul(4).add(0.5).clamp(0, 1)


def uniform(low, high, count, seed):
    generator = torch.Generator().manual_seed(seed)
    return low + (high - low) * torch.rand(count, generator=generator)


# ---- the same parameters give the same image


def test_affine_equals_torchvision_except_on_black_edges():
    images = smooth(24)
    angle, shear = uniform(-180, 180, 24, 1), uniform(-40, 40, 24, 2)
    x, y = uniform(-15, 15, 24, 3).round(), uniform(-15, 15, 24, 4).round()
    scale = uniform(0.5, 2, 24, 5)
    ours = ops.resample(images, ops.affine_matrices(angle, x, y, scale, shear, 40, 52))
    for i in range(24):
        options = {
            "angle": angle[i].item(),
            "translate": [x[i].item(), y[i].item()],
            "scale": scale[i].item(),
            "shear": [shear[i].item(), 0],
        }
        expected = reference.affine(images[i], **options, interpolation=BILINEAR, fill=0)
        # Where a pixel is partly outside, torchvision darkens it twice.
        inside = reference.affine(torch.ones(1, 40, 52), **options, interpolation=BILINEAR, fill=0)
        assert (inside == 1).float().mean() > 0.1
        assert ((ours[i] - expected).abs() * (inside > 0.999)).max() < GRAY_LEVEL
        assert (ours[i] * (inside == 0)).max() < GRAY_LEVEL


def test_resized_crop_equals_torchvision_except_on_the_border():
    images = smooth(24)
    top, left = uniform(0, 10, 24, 1).floor(), uniform(0, 10, 24, 2).floor()
    height, width = uniform(10, 30, 24, 3).floor(), uniform(10, 42, 24, 4).floor()
    ours = ops.resample(images, ops.crop_matrices(top, left, height, width, 40, 52))
    for i in range(24):
        box = [int(value[i]) for value in (top, left, height, width)]
        expected = reference.resized_crop(images[i], *box, [40, 52])
        # At the border torchvision knows no pixel outside the box, where we do: half a pixel of it.
        rim = 3
        difference = (ours[i] - expected)[:, rim:-rim, rim:-rim].abs()
        assert difference.max() < GRAY_LEVEL


def test_flip_is_exact():
    images = smooth(4)
    ours = ops.resample(images, ops.flip_matrices(torch.tensor([0.0, 1, 0, 1]), 52))
    expected = images.clone()
    expected[1::2] = images[1::2].flip(-1)
    assert torch.allclose(ours, expected, atol=1e-4)


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("name", ["brightness", "contrast", "saturation", "hue"])
def test_colors_equal_torchvision(name, channels):
    images = smooth(16, channels=channels)
    images[0] = 0.5  # gray has no hue
    images[1] = 1
    images[2] = 0
    factors = uniform(-0.5, 0.5, 16, 1) if name == "hue" else uniform(0, 3, 16, 1)
    ours = getattr(ops, f"adjust_{name}")(images.clone(), factors)
    for image, factor, result in zip(images, factors.tolist(), ours, strict=True):
        expected = getattr(reference, f"adjust_{name}")(image, factor)
        assert torch.allclose(result, expected, atol=1e-5)


def test_erase_equals_torchvision():
    images = smooth(5)
    boxes = torch.tensor(
        [[0, 0, 3, 4], [5, 7, 10, 2], [39, 51, 1, 1], [0, 0, 40, 52], [3, 3, 0, 0]]
    )
    ours = ops.erase(images.clone(), *boxes.unbind(1))
    for image, (top, left, height, width), result in zip(images, boxes.tolist(), ours, strict=True):
        expected = reference.erase(image, top, left, height, width, torch.zeros(1, 1, 1))
        assert torch.equal(result, expected)


def test_geometry_in_one_go_equals_the_steps_one_after_the_other():
    # An image without detail: it does not matter that torchvision resamples it three times.
    across = torch.linspace(0.2, 0.8, 120).expand(1, 3, 120, 120)
    images = ((across + across.mT) / 2).contiguous()
    augment = Augment(degrees=10, shear=5, crop=(0.4, 0.5), flip=0.5)
    for seed in range(10):
        generator = torch.Generator().manual_seed(seed)
        drawn = augment.draw(1, 120, 120, generator)
        angle, x, y, scale, shear = drawn["affine"][0].tolist()
        expected = reference.affine(images, angle, [x, y], scale, [shear, 0], BILINEAR)
        expected = reference.resized_crop(
            expected, *map(int, drawn["crop"][0].tolist()), [120, 120]
        )
        if drawn["flip"]:
            expected = expected.flip(-1)
        inner = (slice(None), slice(None), slice(35, -35), slice(35, -35))
        difference = (augment.apply(images, drawn) - expected)[inner].abs()
        assert difference.max() < GRAY_LEVEL


@pytest.mark.parametrize("size", [30, 40, 64])
def test_a_size_is_a_resize_without_antialiasing(size):
    images = smooth(3)
    ours = Augment(size=size)(images)
    expected = torch.nn.functional.interpolate(
        images, (size, size), mode="bilinear", align_corners=False
    )
    # At the rim, outside counts as black here and as the nearest pixel there.
    assert ours.shape == (3, 3, size, size)
    assert torch.allclose(ours[..., 2:-2, 2:-2], expected[..., 2:-2, 2:-2], atol=GRAY_LEVEL)


def test_a_crop_of_a_size_is_torchvisions_resized_crop():
    images = smooth(8)
    augment = Augment(crop=(0.3, 0.8), size=25)
    drawn = augment.draw(8, 40, 52, torch.Generator().manual_seed(5))
    for image, box, result in zip(images, drawn["crop"], augment.apply(images, drawn), strict=True):
        box = [int(value) for value in box]
        expected = reference.resized_crop(image, *box, [25, 25], antialias=False)
        assert (result - expected)[:, 2:-2, 2:-2].abs().max() < GRAY_LEVEL
    assert "v2.RandomResizedCrop(25, scale=(0.3, 0.8))" in str(augment)


def test_a_hole_fits_the_size_of_the_result():
    augment = Augment(erase=1.0, size=20)
    boxes = augment.draw(200, 90, 90, torch.Generator().manual_seed(0))["erase"]
    assert ((boxes[:, :2] + boxes[:, 2:]) <= 20).all()
    assert (boxes[:, 2:] > 0).all()


def test_a_size_of_nothing_is_refused():
    with pytest.raises(ValueError, match="size is 0; it must be at least 1"):
        Augment(size=0)


# ---- the same distributions


DRAWS = 2000


def same_distribution(ours, theirs):
    """Both samples may come from one distribution, whichever it is."""
    assert stats.ks_2samp(ours, theirs).pvalue > 1e-3


def ours(**options):
    return Augment(**options).draw(DRAWS, 60, 90, torch.Generator().manual_seed(0))


def theirs(transform, count=DRAWS):
    torch.manual_seed(1)
    inputs = [torch.zeros(3, 60, 90)]
    return [transform.make_params(inputs) for _ in range(count)]


def test_affine_parameters_are_drawn_as_torchvision_draws_them():
    mine = ours(degrees=40, translate=0.2, scale=(0.7, 1.5), shear=20)["affine"]
    reference = theirs(v2.RandomAffine(40, translate=(0.2, 0.2), scale=(0.7, 1.5), shear=20))
    columns = (
        [draw["angle"] for draw in reference],
        [draw["translate"][0] for draw in reference],
        [draw["translate"][1] for draw in reference],
        [draw["scale"] for draw in reference],
        [draw["shear"][0] for draw in reference],
    )
    for column, expected in zip(mine.T, columns, strict=True):
        same_distribution(column, expected)


@pytest.mark.slow
@pytest.mark.parametrize("area", [(0.08, 1.0), (0.8, 1.2), (0.8, 1.0), (1.0, 1.0)])
def test_crop_boxes_are_drawn_as_torchvision_draws_them(area):
    mine = ours(crop=area)["crop"]
    reference = theirs(v2.RandomResizedCrop((60, 90), scale=area))
    for column, name in zip(mine.T, ("top", "left", "height", "width"), strict=True):
        same_distribution(column, [draw[name] for draw in reference])
    # Where it gives up: the largest box of an allowed shape, in the middle.
    given_up = torch.tensor([0.0, 5.0, 60.0, 80.0])
    if area == (1.0, 1.0):
        assert (mine == given_up).all()


def test_erased_boxes_are_drawn_as_torchvision_draws_them():
    mine = ours(erase=1.0)["erase"]
    reference = theirs(v2.RandomErasing(1.0))
    for column, name in zip(mine.T, "ijhw", strict=True):
        same_distribution(column, [draw[name] for draw in reference])
    erased = ours(erase=0.3)["erase"][:, 2] > 0
    assert stats.binomtest(int(erased.sum()), DRAWS, 0.3).pvalue > 1e-3


def test_colors_and_flips_are_drawn_as_torchvision_draws_them():
    options = {"brightness": 0.2, "contrast": 1.5, "saturation": 0.4, "hue": 0.3}
    mine = ours(**options, flip=0.3)
    reference = theirs(v2.ColorJitter(**options))
    for name in options:
        same_distribution(mine[name], [draw[f"{name}_factor"] for draw in reference])
    assert stats.binomtest(int(mine["flip"].sum()), DRAWS, 0.3).pvalue > 1e-3
    orders = [tuple(Augment(hue=0.1).draw(1, 9, 9)["order"].tolist()) for _ in range(2400)]
    counts = [orders.count(order) for order in set(orders)]
    assert len(counts) == 24
    assert stats.chisquare(counts).pvalue > 1e-3


@pytest.mark.slow
@pytest.mark.parametrize(
    "options",
    [
        {"degrees": 30, "translate": 0.1, "scale": (0.8, 1.2), "shear": 15},
        {"crop": (0.3, 1.0), "flip": 0.5},
        {"brightness": 0.4, "contrast": 0.4, "saturation": 0.4, "hue": 0.2},
        {"erase": 0.7},
        {"noise": 0.1},
    ],
    ids=lambda options: "-".join(options),
)
def test_many_draws_look_like_many_draws_of_the_printed_torchvision_code(options):
    augment = Augment(**options)
    image = smooth(1, 24, 24)[0]
    count = 1500
    torch.manual_seed(3)
    ours = augment(image.expand(count, 3, 24, 24))
    pipeline = eval(str(augment), {"v2": v2, "size": (24, 24)})
    theirs = torch.stack([pipeline(image) for _ in range(count)])
    inner = (slice(None), slice(None), slice(3, -3), slice(3, -3))
    # Per pixel, the mean and the mean square differ by no more than chance makes them.
    for power in (1, 2):
        mine, reference = ours[inner] ** power, theirs[inner] ** power
        error = ((mine.var(0) + reference.var(0)) / count).sqrt() + 0.2 * GRAY_LEVEL
        assert ((mine.mean(0) - reference.mean(0)) / error).abs().max() < 5.5
    assert theirs[inner].std(0).mean() > 0.02


# ---- as a callable


EVERYTHING = Augment(
    degrees=20, translate=0.1, scale=(0.9, 1.1), shear=10, crop=(0.7, 1), flip=0.5, brightness=0.2,
    contrast=0.2, saturation=0.2, hue=0.1, noise=0.02, erase=0.5,
)  # fmt: skip


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last])
def test_images_keep_shape_type_and_range_and_the_input_stays(channels, layout):
    images = smooth(6, channels=channels).contiguous(memory_format=layout)
    before = images.clone()
    changed = EVERYTHING(images)
    assert changed.shape == images.shape
    assert changed.dtype == torch.float32
    assert changed.min() >= 0
    assert changed.max() <= 1
    assert torch.equal(images, before)


@pytest.mark.parametrize("options", [{}, {"noise": 0.1}, {"erase": 1.0}, {"brightness": 0.3}])
def test_one_step_alone_leaves_the_input_alone(options):
    images = smooth(6)
    before = images.clone()
    changed = Augment(**options)(images)
    assert torch.equal(images, before)
    assert torch.equal(changed, images) == (not options)


def test_bytes_come_back_as_bytes():
    images = (smooth(6) * 255).to(torch.uint8)
    draw = lambda batch: EVERYTHING(batch, torch.Generator().manual_seed(1))  # noqa: E731
    changed = draw(images)
    assert changed.dtype == torch.uint8
    assert torch.equal(changed, (draw(images / 255) * 255).round().to(torch.uint8))


def test_every_image_differs_and_a_generator_repeats():
    images = smooth(1).expand(5, 3, 40, 52)
    draw = lambda seed: EVERYTHING(images, torch.Generator().manual_seed(seed))  # noqa: E731
    assert torch.equal(draw(1), draw(1))
    assert not torch.allclose(draw(1), draw(2), atol=0.1)
    assert not torch.allclose(draw(1)[0], draw(1)[1], atol=0.1)


def test_half_precision_does_not_move_pixels():
    images = smooth(4, 150, 150)
    augment = Augment(degrees=20, crop=(0.7, 1))
    draw = lambda: augment(images, torch.Generator().manual_seed(1))  # noqa: E731
    exact = draw()
    with torch.autocast("cpu", torch.bfloat16):
        assert torch.equal(draw(), exact)
    coarse = augment(images.bfloat16(), torch.Generator().manual_seed(1))
    assert coarse.dtype == torch.bfloat16
    assert (coarse - exact).abs().max() < 0.01


def test_options_survive_json():
    stored = json.loads(json.dumps(dataclasses.asdict(EVERYTHING)))
    assert Augment(**stored) == EVERYTHING


# ---- options as torchvision takes them

PAIRS = {
    "degrees": ((-10, 10), 10),
    "translate": ((0.1, 0.1), 0.1),
    "shear": ((-5, 5), 5),
    "hue": ([-0.1, 0.1], 0.1),
    "brightness": ((0.5, 1.5), 0.5),
    "contrast": ((0, 3), 2),
    "size": ((20, 20), 20),
}


@pytest.mark.parametrize("name", PAIRS)
def test_a_pair_that_means_the_same_gives_the_same(name):
    pair, number = PAIRS[name]
    images = smooth(4)
    ours, theirs = (
        Augment(**{name: value})(images, torch.Generator().manual_seed(5))
        for value in (pair, number)
    )
    assert torch.equal(ours, theirs)
    if name in ("degrees", "translate", "shear"):
        ours, theirs = (
            random_affine(images, **{name: value}, generator=torch.Generator().manual_seed(5))
            for value in (pair, number)
        )
        assert torch.equal(ours, theirs)


def test_parameters_come_from_the_ranges_of_torchvision():
    options = {
        "degrees": (10, 30), "translate": (0.2, 0.0), "shear": (-20, -5), "scale": [0.8, 1.2],
        "brightness": (0.3, 0.6), "hue": (0.1, 0.2),
    }  # fmt: skip
    drawn = Augment(**options).draw(4000, 50, 60, torch.Generator().manual_seed(0))
    angle, right, down, scale, shear = drawn["affine"].unbind(1)
    for values, low, high in (
        (angle, 10, 30), (right, -12, 12), (down, 0, 0), (scale, 0.8, 1.2), (shear, -20, -5),
        (drawn["brightness"], 0.3, 0.6), (drawn["hue"], 0.1, 0.2),
    ):  # fmt: skip
        # Of 4000 draws, the ends are met up to a hundredth but for one time in 10^17.
        near = (high - low) / 100
        assert low <= values.min() <= low + near and high - near <= values.max() <= high
    pipeline = eval(str(Augment(**options)), {"v2": v2})
    affine, colors = pipeline.transforms
    assert (
        affine.degrees == [10, 30] and affine.translate == (0.2, 0) and affine.scale == (0.8, 1.2)
    )
    assert affine.shear == [-20, -5] and colors.brightness == (0.3, 0.6)
    stored = json.loads(json.dumps(dataclasses.asdict(Augment(**options))))
    assert Augment(**stored) == Augment(**options)


@pytest.mark.parametrize("options", [{"degrees": (25, 25)}, {"shear": (15, 15)}])
def test_one_sided_ranges_turn_as_torchvision_does(options):
    image = smooth(1, 31, 41)
    angle, shear = options.get("degrees", (0, 0))[0], options.get("shear", (0, 0))[0]
    expected = v2.functional.affine(
        image, angle, [0, 0], 1.0, [shear, 0], interpolation=v2.InterpolationMode.BILINEAR
    )
    for ours in (Augment(**options)(image), random_affine(image, **options)):
        assert (ours - expected).abs().max() < 2e-3
    assert (image - expected).abs().max() > 0.1


def test_random_affine_rotates_before_the_shear():
    image, center = smooth(1, 41, 41), (slice(None), slice(None), slice(13, 28), slice(13, 28))
    turned = random_affine(random_affine(image, degrees=(25, 25)), shear=(15, 15))
    sheared = random_affine(random_affine(image, shear=(15, 15)), degrees=(25, 25))
    together = random_affine(image, degrees=(25, 25), shear=(15, 15))
    # Resampling twice instead of once makes a small difference.
    error = (together - turned)[center].abs().mean()
    assert 3 * error < (together - sheared)[center].abs().mean()


def test_none_switches_off_and_wrong_kinds_are_named():
    assert Augment(translate=None, scale=None, shear=None) == Augment()
    for name, (value, message) in {
        "degrees": ("ten", "degrees is 'ten'; pass one number"),
        "scale": (1.2, "scale is 1.2; pass the smallest and the largest"),
        "crop": (0.8, "crop is 0.8; pass the smallest"),
        "flip": ((0, 1), r"flip is \(0, 1\); pass one number"),
        "brightness": ((1.5, 0.5), r"brightness is \(1.5, 0.5\).*smallest and the largest factor"),
        "hue": ((0, 0.6), r"hue is \(0, 0.6\)"),
        "translate": ((0.1, 0.1, 0.1), "one horizontally and one vertically"),
        "shear": ((-1, 1, -1, 1), "only horizontal shears"),
        "size": ((20, 30), "size is .*give a whole number"),
        "noise": (None, "noise is None; pass one number"),
    }.items():
        with pytest.raises(ValueError, match=message):
            Augment(**{name: value})
    for name, value in {"degrees": "ten", "scale": 1.2, "translate": (1, 2, 3)}.items():
        with pytest.raises(ValueError, match=f"{name} is"):
            random_affine(smooth(1), **{name: value})


def test_nothing_switched_on_is_written_as_the_identity():
    assert eval(str(Augment()), {"v2": v2})(torch.ones(1)) == 1


@pytest.mark.parametrize(
    "options",
    [
        {"degrees": 181}, {"degrees": -1}, {"degrees": float("nan")}, {"translate": 1.1},
        {"shear": 90}, {"scale": (0, 1)}, {"scale": (1.2, 1.1)}, {"scale": (1,)}, {"crop": (0, 1)},
        {"crop": (1, float("inf"))},
        {"flip": 1.01}, {"brightness": -0.1}, {"hue": 0.51}, {"noise": -1}, {"erase": 2},
    ],
)  # fmt: skip
def test_options_that_make_no_sense_are_refused(options):
    with pytest.raises(ValueError, match=next(iter(options))):
        Augment(**options)


@pytest.mark.parametrize("shape", [(3, 8, 8), (2, 4, 8, 8), (2, 2, 8, 8)])
def test_shapes_that_are_no_batch_of_images_are_refused(shape):
    with pytest.raises(ValueError, match="shape"):
        EVERYTHING(torch.zeros(shape))


@pytest.mark.parametrize("augment", [Augment(degrees=5), partial(random_affine, degrees=5)])
@pytest.mark.parametrize("dtype", [torch.int64, torch.int16, torch.bool])
def test_whole_numbers_that_are_no_bytes_are_refused(augment, dtype):
    with pytest.raises(ValueError, match=f"images are {dtype}; (convert|pass)"):
        augment(torch.ones(2, 3, 8, 8, dtype=dtype))


RANGE_MATTERS = [{"brightness": 0.01}, {"contrast": 0.1}, {"saturation": 0.1}, {"hue": 0.1}]


@pytest.mark.parametrize("options", [*RANGE_MATTERS, {"noise": 0.1}])
def test_floats_out_of_range_are_not_clipped_silently(options):
    augment = Augment(**options)
    images = torch.linspace(-2, 2, 48).reshape(1, 3, 4, 4)
    with pytest.raises(
        ValueError, match=r"values from -2 to 2; .*normalize after the augmentation"
    ):
        augment(images)
    images = torch.linspace(0, 255, 48).reshape(1, 3, 4, 4)
    with pytest.raises(ValueError, match=r"values from 0 to 255; .*divide by 255, or pass uint8"):
        augment(images)
    with pytest.raises(ValueError, match="replace NaN"):
        augment(torch.full((1, 3, 4, 4), torch.nan))
    assert augment(images.byte()).dtype == torch.uint8
    augment((images / 255).half() + 1e-3)  # a rounding error of half precision
    assert augment(images[:0]).shape == (0, 3, 4, 4)


def test_geometry_takes_any_range():
    images = torch.linspace(-2, 255, 48).reshape(1, 3, 4, 4)
    assert torch.equal(Augment(flip=1.0)(images), images.flip(3))


def test_a_crop_is_a_fraction_of_the_area():
    with pytest.raises(
        ValueError, match=r"crop is \(224, 224\); .* size= sets the size of the result"
    ):
        Augment(crop=(224, 224))


@pytest.mark.parametrize("number", [torch.tensor(0.5), np.array(0.5), np.float64(0.5)])
def test_a_number_may_be_an_array_that_holds_just_one(number):
    options = ("noise", "flip", "erase", "brightness", "hue", "degrees", "translate", "shear")
    augment = Augment(**dict.fromkeys(options, number))
    assert augment == Augment(**dict.fromkeys(options, 0.5))
    assert str(augment) == str(Augment(**dict.fromkeys(options, 0.5)))
    with pytest.raises(ValueError, match=r"noise is '0.1'; pass one number"):
        Augment(noise="0.1")


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_images_in_half_precision_move_as_far_as_others(dtype):
    # The same pixels in 64 bits are the reference. Rows of 300 pixels need positions that half
    # precision does not have.
    images = smooth(4, 60, 300).to(dtype)
    options = {"degrees": 20, "translate": 0.2, "scale": (0.8, 1.2), "shear": 10}
    ours, expected = (
        random_affine(each, **options, generator=torch.Generator().manual_seed(1))
        for each in (images, images.double())
    )
    assert ours.dtype == dtype and expected.dtype == torch.float64
    # One rounding of a value up to 1, and the 32 bits of the positions.
    assert (ours.double() - expected).abs().max() < torch.finfo(dtype).eps + 1e-3


def test_autocast_does_not_move_images():
    images = smooth(2)
    plain = random_affine(images, degrees=20, generator=torch.Generator().manual_seed(1))
    with torch.autocast("cpu", torch.bfloat16):
        cast = random_affine(images, degrees=20, generator=torch.Generator().manual_seed(1))
    assert torch.equal(plain, cast)


def test_no_images_stay_no_images():
    empty = torch.zeros(0, 3, 8, 9, dtype=torch.float16)
    for result in (random_affine(empty, degrees=5), Augment(degrees=5)(empty)):
        assert result.shape == empty.shape and result.dtype == empty.dtype
    with pytest.raises(ValueError, match="degrees is 500"):
        random_affine(empty, degrees=500)


def test_arrays_are_augmented_as_tensors_are():
    array = np.linspace(0, 1, 2 * 3 * 4 * 4, dtype=np.float32).reshape(2, 3, 4, 4)
    images = torch.from_numpy(array)
    for change in (
        Augment(degrees=20, brightness=0.1),
        lambda i, g: random_affine(i, degrees=20, generator=g),
    ):
        results = [change(i, torch.Generator().manual_seed(0)) for i in (array, images)]
        assert torch.equal(*results)
    with pytest.raises(
        ValueError, match=r"images are torch.uint8; pass floats, such as images / 255"
    ):
        random_affine((array * 255).astype(np.uint8), degrees=20)
    with pytest.raises(ValueError, match="images are a bytes"):
        random_affine(b"image", degrees=20)
    moved = random_affine(images.requires_grad_(), degrees=20)
    assert moved.requires_grad
