"""Tools for drawing: curves as arrays of points, and a brush that paints them on a canvas."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray
from PIL import Image, ImageDraw

Color: TypeAlias = tuple[int, ...]

_CAP = np.linspace(np.pi / 2, -np.pi / 2, 9)[1:-1]


def oval(
    x: float, y: float, width: float, height: float, angle: float = 0.0, count: int = 36
) -> NDArray:
    """Return the points of an ellipse with these semi-axes; `angle` in degrees, clockwise."""
    points = _circle(count) * (width, height)
    if angle:
        points = points @ _rotation(angle).T
    return np.add(points, (x, y))


def blob(corners: ArrayLike, per_side: int = 8) -> NDArray:
    """Return a smooth closed curve through all corners (a Catmull-Rom spline)."""
    points = np.asarray(corners, float)
    return _spline(np.concatenate([points[-1:], points, points[:2]]), per_side)


def tube(path: ArrayLike, widths: ArrayLike, per_side: int = 8) -> NDArray:
    """Return the outline of a soft tube along a path, with one of `widths` at each corner."""
    knots = np.asarray(path, float)
    padded = np.concatenate([2 * knots[:1] - knots[1:2], knots, 2 * knots[-1:] - knots[-2:-1]])
    middle = np.concatenate([_spline(padded, per_side), knots[-1:]])
    along = np.gradient(middle, axis=0)
    along /= np.linalg.norm(along, axis=1, keepdims=True) + 1e-9
    across = along[:, ::-1] * (-1, 1)
    halves = np.divide(widths, 2)
    half = np.interp(_ramp(len(middle)), _ramp(len(halves)), halves)
    left, right = middle + across * half[:, None], middle - across * half[:, None]
    front = _half_circle(middle[-1], along[-1], half[-1])
    back = _half_circle(middle[0], -along[0], half[0])
    return np.concatenate([left, front, right[::-1], back])


def ruffled(points: ArrayLike, amount: float, rng: np.random.Generator) -> NDArray:
    """Move every point a little in or out, so that fur looks fluffy."""
    points = np.asarray(points)
    center = points.mean(axis=0)
    return center + (points - center) * (1 + amount * rng.standard_normal((len(points), 1)))


def mirrored(points: ArrayLike) -> NDArray:
    """Swap left and right."""
    return np.asarray(points) * (-1, 1)


def mix(color: Color, other: Color, part: float) -> Color:
    """Blend two colors; `part` is the share of the other."""
    return tuple(round(a + (b - a) * part) for a, b in zip(color, other, strict=True))


def darker(color: Color, part: float) -> Color:
    """Blend a color with a warm black."""
    return mix(color, (30, 20, 25), part)


class Brush:
    """Draw on an image in units of your own.

    Parameters
    ----------
    image : PIL.Image
        RGB; changed in place.
    scale : float
        Pixels per unit.
    origin : (float, float)
        Where (0, 0) is, in pixels.
    angle : float
        Degrees, clockwise.
    flip : bool
        Swap left and right.
    """

    def __init__(
        self,
        image: Image.Image,
        scale: float = 1.0,
        origin: tuple[float, float] = (0.0, 0.0),
        angle: float = 0.0,
        flip: bool = False,
    ):
        self.image = image
        self.scale = scale
        self._draw = ImageDraw.Draw(image)
        self._matrix = scale * _rotation(angle) @ np.diag([-1.0 if flip else 1.0, 1.0])
        self._origin = np.asarray(origin, float)
        self._options = (scale, origin, angle, flip)

    def on(self, image: Image.Image) -> Brush:
        """Return the same brush for another image."""
        return Brush(image, *self._options)

    def fill(
        self,
        points: ArrayLike,
        color: Color | Image.Image,
        edge: Color | None = None,
        width: float = 0.05,
    ) -> None:
        """Fill a closed curve with a color, or with another image that lies under it.

        `edge` is the color of an outline, `width` units wide.
        """
        placed = self._placed(points)
        if isinstance(color, Image.Image):
            mask, box = self._mask(placed, 255)
            if box:
                self.image.paste(color.crop(box), box[:2], mask.crop(box))
        else:
            self._draw.polygon(placed, fill=color)
        if edge:
            self._line([*placed, *placed[:2]], edge, width)

    def dim(self, points: ArrayLike, part: float) -> None:
        """Darken the inside of a closed curve."""
        mask, box = self._mask(self._placed(points), round(255 * part))
        if box:
            self.image.paste((30, 24, 36), box, mask.crop(box))

    def _mask(self, placed, value):
        mask = Image.new("L", self.image.size)
        ImageDraw.Draw(mask).polygon(placed, fill=value)
        return mask, mask.getbbox()

    def line(self, points: ArrayLike, color: Color, width: float = 0.05) -> None:
        """Draw an open curve."""
        self._line(self._placed(points), color, width)

    def _line(self, placed, color, width):
        pixels = max(1, round(width * self.scale))
        self._draw.line(placed, fill=color, width=pixels, joint="curve" if pixels > 2 else None)

    def _placed(self, points):
        points = np.asarray(points) @ self._matrix.T + self._origin
        return list(map(tuple, points.tolist()))


# The same few curves are needed again and again.
@lru_cache
def _ramp(count):
    return np.linspace(0, 1, count)


@lru_cache
def _circle(count):
    turn = 2 * np.pi * _ramp(count + 1)[:-1]
    return np.stack([np.cos(turn), np.sin(turn)], axis=1)


def _half_circle(center, ahead, radius):
    turn = math.atan2(ahead[1], ahead[0]) + _CAP
    return center + radius * np.stack([np.cos(turn), np.sin(turn)], axis=1)


def _rotation(angle):
    cos, sin = math.cos(math.radians(angle)), math.sin(math.radians(angle))
    return np.array([[cos, -sin], [sin, cos]])


def _spline(corners, per_side):
    t = _ramp(per_side + 1)[None, :-1, None]
    a, b, c, d = (corners[i : len(corners) - 3 + i, None] for i in range(4))
    curve = b + t * ((c - a) + t * ((2 * a - 5 * b + 4 * c - d) + t * (3 * (b - c) + d - a))) / 2
    return curve.reshape(-1, 2)
