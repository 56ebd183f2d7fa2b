"""Augment a whole batch of images at once, with random parameters for each image."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from numbers import Real
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from lecture_utils._validation import check_bound, whole
from lecture_utils._validation.batches import as_inputs
from lecture_utils._validation.pixels import SLACK
from lecture_utils.augmentation import _functional as ops


def random_affine(
    images: Tensor,
    *,
    degrees: float | Sequence[float] = 0.0,
    translate: float | Sequence[float] | None = 0.0,
    scale: Sequence[float] | None = (1.0, 1.0),
    shear: float | Sequence[float] | None = 0.0,
    generator: torch.Generator | None = None,
) -> Tensor:
    """Rotate, translate, scale and shear every image by random amounts.

    Names and units are those of `Augment` and of torchvision's ``RandomAffine``. Every amount is
    drawn for each image separately, uniformly within its bounds (for a shear: its tangent). The
    image is resampled once, with bilinear interpolation; pixels from outside the image are 0.
    Unlike torchvision, this function moves by fractions of a pixel, and rotates before the shear.

    Parameters
    ----------
    images : tensor or array of float, shape (N, C, H, W)
        Values of any range and precision.
    degrees : float or (float, float)
        Largest rotation, 0 to 180; or the smallest and largest rotation, -180 to 180 (clockwise).
    translate : float or (float, float)
        Largest translation as a fraction of the side, 0 to 1: along each axis, or horizontally and
        vertically.
    scale : (float, float)
        Smallest and largest scale factor, above 0: 0.9 shrinks the content to 90%.
    shear : float or (float, float)
        Largest horizontal shear in degrees, 0 to less than 90; or the smallest and largest shear.
    generator : torch.Generator, optional
        Source of the random numbers (on the CPU). By default PyTorch's own.

    Returns
    -------
    tensor of the same type, shape (N, C, H, W)

    Raises
    ------
    ValueError
        If the shape is not (N, C, H, W), or a bound is outside its range.

    Notes
    -----
    Rotation, scale and shear are one 2x2 matrix, the translation one vector (Jaderberg et al.,
    "Spatial transformer networks", arXiv:1506.02025, equation 1).

    Examples
    --------
    >>> random_affine(torch.rand(8, 1, 28, 28), degrees=10, translate=0.1).shape
    torch.Size([8, 1, 28, 28])
    """
    if not isinstance(images, Tensor):
        images = as_inputs(images)  # keeps a tensor's gradient graph
    if images.ndim != 4:
        raise ValueError(f"images have shape {tuple(images.shape)}; pass (N, C, H, W)")
    if not images.is_floating_point():
        raise ValueError(f"images are {images.dtype}; pass floats, such as images / 255")
    turn = _bounds("degrees", _as_spread("degrees", degrees, 180))
    most_right, most_down = _each_axis(_as_translation(translate))
    lean = _bounds("shear", _as_spread("shear", _horizontal(shear), 90))
    low, high = _as_range("scale", (1.0, 1.0) if scale is None else scale)
    count, _, height, width = images.shape
    if not count:
        return images.clone()
    # One row of random numbers per image, from -1 to 1.
    angle, size, slant, down, right = 2 * torch.rand(5, count, generator=generator) - 1
    # Positive angles turn the image clockwise; the mapping from output to input turns the other
    # way.
    angle = angle * math.radians((turn[1] - turn[0]) / 2) - math.radians(sum(turn) / 2)
    # grid_sample needs the source of each output pixel, hence one over the scale.
    size = 1 / ((low + high) / 2 + (high - low) / 2 * size)
    cos, sin = angle.cos() * size, angle.sin() * size
    least, most = (math.tan(math.radians(bound)) for bound in lean)
    slant = (least + most) / 2 + (most - least) / 2 * slant
    # Its coordinates run from -1 to 1 along each axis, hence the ratios of the sides and the
    # factor 2.
    rows = [
        torch.stack([cos, (slant * cos - sin) * height / width, 2 * most_right * right], dim=1),
        torch.stack([sin * width / height, slant * sin + cos, 2 * most_down * down], dim=1),
    ]
    # Half precision is too coarse for pixel positions.
    values = images.to(torch.promote_types(images.dtype, torch.float32))
    with torch.autocast(images.device.type, enabled=False):
        matrices = torch.stack(rows, dim=1).to(values)
        grid = functional.affine_grid(matrices, list(images.shape), align_corners=False)
        return functional.grid_sample(values, grid, align_corners=False).to(images.dtype)


@dataclass(frozen=True)
class Augment:
    """Change every image of a batch at random: geometry, then colors, then noise and a hole.

    Each option corresponds to a torchvision transform, with the same distribution; ``print`` shows
    the equivalent torchvision code. All geometric changes together need only one resampling.

    Parameters
    ----------
    degrees : float or (float, float)
        Largest rotation, 0 to 180; or the smallest and largest rotation, -180 to 180 (clockwise).
    translate : float or (float, float)
        Largest translation as a fraction of the side, 0 to 1: along each axis, or horizontally and
        vertically.
    scale : (float, float)
        Smallest and largest scale factor, above 0: 0.9 shrinks the content to 90%.
    shear : float or (float, float)
        Largest horizontal shear in degrees, 0 to less than 90; or the smallest and largest shear.
    crop : (float, float), optional
        Cut out a box with this fraction of the area (smallest and largest, above 0) and an aspect
        ratio between 3:4 and 4:3, and enlarge it to the full size. No box is larger than the
        image: a fraction above 1 is drawn again, up to ten times. The smallest is at most 1.
    flip : float
        Probability of mirroring left and right, 0 to 1.
    brightness, contrast, saturation : float or (float, float)
        Largest change of the factor, at least 0: 0.2 means factors from 0.8 to 1.2. Or the smallest
        and largest factor.
    hue : float or (float, float)
        Largest rotation of the color circle, 0 to 0.5 (to the opposite color); or the smallest and
        largest rotation, -0.5 to 0.5.
    noise : float
        Standard deviation of Gaussian noise, at least 0, on the scale from 0 (black) to 1 (white).
    erase : float
        Probability of blackening a box with 2% to 33% of the area, 0 to 1.
    size : int, optional
        Side of the square result in pixels, at least 1 (or a pair of equal numbers). By default
        the result is as large as the image. Crops show objects enlarged; a training size below the
        test size compensates for that (Touvron et al., "Fixing the train-test resolution
        discrepancy", arXiv:1906.06423).

    Raises
    ------
    ValueError
        If an option has the wrong type or is outside its range.

    Notes
    -----
    The color changes come in a random order, as in torchvision, but all images of a batch share it.

    Examples
    --------
    >>> augment = Augment(degrees=40, crop=(0.8, 1.0), flip=0.5)
    >>> augment(torch.rand(8, 3, 150, 150)).shape
    torch.Size([8, 3, 150, 150])
    """

    degrees: float | tuple[float, float] = 0.0
    translate: float | tuple[float, float] = 0.0
    scale: tuple[float, float] = (1.0, 1.0)
    shear: float | tuple[float, float] = 0.0
    crop: tuple[float, float] | None = None
    flip: float = 0.0
    brightness: float | tuple[float, float] = 0.0
    contrast: float | tuple[float, float] = 0.0
    saturation: float | tuple[float, float] = 0.0
    hue: float | tuple[float, float] = 0.0
    noise: float = 0.0
    erase: float = 0.0
    size: int | None = None

    def __post_init__(self) -> None:
        values: dict[str, Any] = {
            "degrees": _as_spread("degrees", self.degrees, 180),
            "translate": _as_translation(self.translate),
            "scale": _as_range("scale", (1.0, 1.0) if self.scale is None else self.scale),
            "shear": _as_spread("shear", _horizontal(self.shear), 90),
            "crop": None if self.crop is None else _as_areas(self.crop),
            "hue": _as_spread("hue", self.hue, 0.5),
            "size": _as_side(self.size),
        }
        for name in _COLORS[:3]:
            values[name] = _as_factors(name, getattr(self, name))
        for name, limit in _LIMITS.items():
            values[name] = _as_amount(name, getattr(self, name), limit)
        for name, value in values.items():
            object.__setattr__(self, name, value)

    def __call__(self, images: Tensor, generator: torch.Generator | None = None) -> Tensor:
        """Draw parameters for every image and apply them.

        Parameters
        ----------
        images : tensor or array of float from 0 to 1, or of uint8 from 0 to 255, (N, C, H, W)
            1 or 3 channels. The images are not changed in place. Without noise and color changes,
            floats may have any values.
        generator : torch.Generator, optional
            Source of the random numbers (on the CPU). By default PyTorch's own.

        Returns
        -------
        tensor of the same type and device
            The same shape, or (N, C, size, size).

        Raises
        ------
        ValueError
            If the shape, type or range of the images is not one of these.
        """
        images = as_inputs(images)
        if images.ndim != 4 or images.shape[1] not in (1, 3):
            raise ValueError(
                f"images have shape {tuple(images.shape)}; pass (N, 1, H, W) or (N, 3, H, W)"
            )
        if images.is_floating_point() and (self.noise or any(getattr(self, c) for c in _COLORS)):
            _check_range(images)
        parameters = self.draw(len(images), images.shape[2], images.shape[3], generator)
        in_bytes = images.dtype == torch.uint8
        values = images.float() / 255 if in_bytes else images.float()
        # Half precision is too coarse for pixel positions.
        with torch.autocast(images.device.type, enabled=False):
            values = self.apply(values, parameters, generator)
        return (values * 255).round().to(torch.uint8) if in_bytes else values.to(images.dtype)

    def draw(
        self, count: int, height: int, width: int, generator: torch.Generator | None = None
    ) -> dict[str, Tensor]:
        """Draw the parameters for `count` images of one size.

        Parameters
        ----------
        count, height, width : int
            Number of images, and their size in pixels.
        generator : torch.Generator, optional
            Source of the random numbers. By default PyTorch's own.

        Returns
        -------
        dict
            The parameters by the names of the steps in `apply`; each is a tensor with one row per
            image. Only the steps that are switched on are present.
        """

        def between(low, high):
            return low + (high - low) * torch.rand(count, generator=generator)

        drawn = {}
        if self.degrees or self.translate or self.shear or self.scale != (1, 1):
            right, down = _each_axis(self.translate)
            drawn["affine"] = torch.stack(
                [
                    between(*_bounds("degrees", self.degrees)),
                    # Whole pixels, as in torchvision.
                    between(-right * width, right * width).round(),
                    between(-down * height, down * height).round(),
                    between(*self.scale),
                    between(*_bounds("shear", self.shear)),
                ],
                dim=1,
            )
        if self.crop:
            boxes, failed = _draw_boxes(
                count, height, width, self.crop, _CROP_RATIO, (height, width), generator
            )
            boxes[failed] = torch.tensor(_middle_box(height, width, _CROP_RATIO)).to(boxes)
            drawn["crop"] = boxes
        if self.flip:
            drawn["flip"] = (torch.rand(count, generator=generator) < self.flip).float()
        for name in _COLORS:
            if getattr(self, name):
                drawn[name] = between(*_bounds(name, getattr(self, name)))
        if any(name in drawn for name in _COLORS):
            drawn["order"] = torch.randperm(len(_COLORS), generator=generator)
        if self.erase:
            height, width = self._result_size(height, width)
            # Less than the whole side, as in torchvision.
            largest = (height - 1, width - 1)
            boxes, failed = _draw_boxes(
                count, height, width, _ERASED_AREA, _ERASED_RATIO, largest, generator
            )
            boxes[failed | (torch.rand(count, generator=generator) >= self.erase)] = 0
            drawn["erase"] = boxes
        return drawn

    def apply(
        self,
        images: Tensor,
        parameters: Mapping[str, Tensor],
        generator: torch.Generator | None = None,
    ) -> Tensor:
        """Apply the parameters that `draw` returned.

        Parameters
        ----------
        images : tensor of float from 0 to 1, shape (N, C, H, W)
        parameters : dict
            From `draw`.
        generator : torch.Generator, optional
            Source of the noise.

        Returns
        -------
        tensor of float, shape (N, C, H, W) or (N, C, size, size)
        """
        height, width = images.shape[2:]
        steps = {name: value.to(images.device) for name, value in parameters.items()}
        matrices = None
        if "affine" in steps:
            matrices = ops.affine_matrices(
                *steps["affine"].unbind(dim=1), height=height, width=width
            )
        if "crop" in steps:
            crop = ops.crop_matrices(*steps["crop"].unbind(dim=1), height=height, width=width)
            matrices = crop if matrices is None else matrices @ crop
        if "flip" in steps:
            flip = ops.flip_matrices(steps["flip"], width)
            matrices = flip if matrices is None else matrices @ flip
        result_size = self._result_size(height, width)
        if matrices is None and result_size != (height, width):
            matrices = torch.eye(3, device=images.device).expand(len(images), 3, 3)
        images = images.clone() if matrices is None else ops.resample(images, matrices, result_size)
        for index in parameters.get("order", torch.empty(0)).tolist():
            if _COLORS[index] in steps:
                images = _ADJUST[_COLORS[index]](images, steps[_COLORS[index]])
        if self.noise:
            device = images.device if generator is None else generator.device
            noise = torch.randn(images.shape, generator=generator, device=device)
            images.add_(noise.to(images), alpha=self.noise).clamp_(0, 1)
        if "erase" in steps:
            images = ops.erase(images, *steps["erase"].unbind(dim=1))
        return images

    def _result_size(self, height, width):
        return (height, width) if self.size is None else (self.size, self.size)

    def __str__(self) -> str:
        """Return the equivalent torchvision code."""
        lines = []
        options = [
            f"degrees={_written(self.degrees)}",
            self.translate and f"translate={_written(_each_axis(self.translate))}",
            self.scale != (1, 1) and f"scale={_written(self.scale)}",
            self.shear and f"shear={_written(self.shear)}",
        ]
        if self.degrees or any(options[1:]):
            lines.append(f"v2.RandomAffine({', '.join(filter(None, options))}, {_BILINEAR})")
        if self.crop:
            size = self.size or "size"
            lines.append(
                f"v2.RandomResizedCrop({size}, scale=({self.crop[0]:g}, {self.crop[1]:g}))"
            )
        elif self.size:
            lines.append(f"v2.Resize(({self.size}, {self.size}), antialias=False)")
        if self.flip:
            lines.append(f"v2.RandomHorizontalFlip({self.flip:g})")
        colors = [
            f"{name}={_written(getattr(self, name))}" for name in _COLORS if getattr(self, name)
        ]
        if colors:
            lines.append(f"v2.ColorJitter({', '.join(colors)})")
        if self.noise:
            lines.append(f"v2.GaussianNoise(sigma={self.noise:g})")
        if self.erase:
            lines.append(f"v2.RandomErasing({self.erase:g})")
        lines = lines or ["v2.Identity()"]
        return "v2.Compose([\n" + "".join(f"    {line},\n" for line in lines) + "])"


_LIMITS = {"flip": 1, "noise": math.inf, "erase": 1}
_COLORS = ("brightness", "contrast", "saturation", "hue")
_ADJUST = {name: getattr(ops, f"adjust_{name}") for name in _COLORS}
# Width to height; for the box to erase, torchvision draws height to width, from 0.3 to 3.3.
_CROP_RATIO = (3 / 4, 4 / 3)
_ERASED_AREA, _ERASED_RATIO = (0.02, 0.33), (1 / 3.3, 1 / 0.3)
_BILINEAR = "interpolation=v2.InterpolationMode.BILINEAR"
# After this many failed attempts, torchvision gives up on finding a box that fits.
_TRIES = 10


def _as_range(name, pair):
    # Settings stored as JSON come back as lists.
    values = _numbers(pair)
    if values is None or len(values) != 2 or not 0 < values[0] <= values[1] < math.inf:
        invalid = pair if values is None else values
        raise ValueError(f"{name} is {invalid}; pass the smallest and the largest, above 0")
    return values


def _as_areas(crop):
    """Check the smallest and largest fraction of the image's area."""
    values = _as_range("crop", crop)
    if values[0] > 1:
        raise ValueError(
            f"crop is {values}; pass fractions of the image's area, such as (0.8, 1.0), the "
            "smallest at most 1; size= sets the size of the result in pixels"
        )
    return values


def _check_range(images: Tensor) -> None:
    """Raise ValueError if floats are not from 0 to 1, where colors and noise would be clipped."""
    if not images.numel():
        return
    low, high = torch.stack(images.detach().aminmax()).tolist()  # waits for a GPU only once
    if not (low >= -SLACK and high <= 1 + SLACK):  # also catches NaN
        remedy = "normalize after the augmentation, not before it"
        if low != low:
            remedy = "replace NaN, for example with torch.nan_to_num"
        elif low >= -SLACK and high <= 255 + SLACK:
            remedy = "divide by 255, or pass uint8"
        raise ValueError(
            f"images have values from {low:g} to {high:g}; noise and color changes need floats "
            f"from 0 to 1, so {remedy}"
        )


def _as_amount(name, value, limit, included=True):
    """Check a single number."""
    if hasattr(value, "item") and getattr(value, "ndim", None) == 0 and not isinstance(value, Real):
        value = value.item()  # a tensor or an array with one value
    if not isinstance(value, Real):
        raise ValueError(f"{name} is {value!r}; pass one number")
    check_bound(name, float(value), limit, included)
    return value


def _as_spread(name, value, limit):
    """Check a largest change in both directions, or a smallest and largest value."""
    included = limit != 90  # a shear of 90 degrees would be infinite
    values = _numbers(value)
    if values is None:
        return _as_amount(name, value, limit, included)
    within = all(abs(v) < limit or (included and abs(v) == limit) for v in values)
    if len(values) != 2 or not within or values[0] > values[1]:
        raise ValueError(
            f"{name} is {values}; pass one number from 0 to {limit}, or the smallest and the "
            f"largest value, from {-limit} to {limit}"
        )
    return values[1] if values[0] == -values[1] else values


def _as_factors(name, value):
    """Check a largest change of a factor, or a smallest and largest factor."""
    values = _numbers(value)
    if values is None:
        return _as_amount(name, value, math.inf)
    if len(values) != 2 or not 0 <= values[0] <= values[1] < math.inf:
        raise ValueError(
            f"{name} is {values}; pass the largest change of the factor, at least 0, or the "
            "smallest and the largest factor"
        )
    return 0.0 if values == (1, 1) else values


def _as_translation(value):
    """Check a largest translation, for both axes or for each."""
    values = _numbers(0.0 if value is None else value)
    if values is None:
        return _as_amount("translate", 0.0 if value is None else value, 1)
    if len(values) != 2 or not all(0 <= v <= 1 for v in values):
        raise ValueError(
            f"translate is {values}; pass the largest translation as a fraction of the side, 0 to "
            "1, or one horizontally and one vertically"
        )
    return values[0] if values[0] == values[1] else values


def _as_side(value):
    """Check the side of a square."""
    values = _numbers(value)
    side = values[0] if values and len(set(values)) == 1 else value
    return None if side is None else whole("size", side, 1)


def _horizontal(shear):
    """Accept a shear in torchvision's form: also (smallest, largest) along x and along y."""
    values = _numbers(0.0 if shear is None else shear)
    if values is not None and len(values) == 4:
        if values[2:] != (0, 0):
            raise ValueError(
                f"shear is {values}; only horizontal shears are possible, (smallest, largest)"
            )
        return values[:2]
    return 0.0 if shear is None else shear


def _numbers(value) -> tuple[Any, ...] | None:
    """Return several numbers as a tuple, and None for anything else."""
    if hasattr(value, "tolist"):
        value = value.tolist()  # arrays and tensors
    if not isinstance(value, tuple | list):
        return None
    values = tuple(value)
    return values if all(isinstance(v, Real) for v in values) else None


def _bounds(name: str, value: Any) -> tuple[float, float]:
    """Return the smallest and largest value from the result of `_as_spread` or `_as_factors`."""
    if isinstance(value, tuple):
        return value
    if name in _COLORS[:3]:
        return max(0, 1 - value), 1 + value
    return -value, value


def _each_axis(translate: Any) -> tuple[float, float]:
    """Return the largest translation horizontally and vertically."""
    return translate if isinstance(translate, tuple) else (translate, translate)


def _written(value):
    return f"({value[0]:g}, {value[1]:g})" if isinstance(value, tuple) else f"{value:g}"


def _draw_boxes(count, height, width, area, ratio, largest, generator):
    """Draw (top, left, height, width) as in torchvision: areas and logarithms of ratios uniformly.

    Boxes larger than `largest` are drawn again. Also return which boxes are still too large.
    """
    share, shape, down, right = torch.rand(4, _TRIES, count, generator=generator)
    share = height * width * (area[0] + (area[1] - area[0]) * share)
    low, high = math.log(ratio[0]), math.log(ratio[1])
    shape = (low + (high - low) * shape).exp()
    box_width, box_height = (share * shape).sqrt().round(), (share / shape).sqrt().round()
    fits = (box_height > 0) & (box_height <= largest[0])
    fits &= (box_width > 0) & (box_width <= largest[1])
    top = (down * (height - box_height + 1)).floor()
    left = (right * (width - box_width + 1)).floor()
    boxes = torch.stack([top, left, box_height, box_width], dim=2)
    first = fits.int().argmax(dim=0)
    return boxes[first, torch.arange(count)], ~fits.any(dim=0)


def _middle_box(height, width, ratio):
    """Return the largest centered box whose aspect ratio is allowed."""
    box_height = min(height, round(width / ratio[0]))
    box_width = min(width, round(height * ratio[1]))
    return (height - box_height) // 2, (width - box_width) // 2, box_height, box_width
