"""The surroundings of a drawn pet: a room or a garden, objects lying about, and light."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

import numpy as np
from PIL import Image, ImageFilter

from lecture_utils.datasets.pets._brush import Brush, blob, darker, mix, oval, tube

WALLS = ((238, 214, 190), (196, 214, 224), (214, 224, 200), (232, 200, 204), (206, 198, 222),
         (244, 232, 200), (150, 166, 178), (120, 104, 112), (186, 160, 128),
         (92, 112, 108))  # fmt: skip
FLOORS = ((176, 132, 92), (140, 100, 72), (200, 176, 148), (150, 150, 158), (112, 92, 84),
          (190, 120, 104), (108, 124, 148))  # fmt: skip
GREENS = ((120, 168, 84), (96, 140, 70), (150, 180, 96), (84, 124, 84), (176, 172, 92))
SKIES = ((168, 208, 236), (206, 226, 240), (244, 214, 176), (140, 160, 190), (70, 84, 120))
TOYS = ((214, 80, 72), (66, 128, 190), (240, 190, 70), (96, 168, 120), (168, 96, 168),
        (238, 140, 90), (240, 240, 236), (70, 70, 84))  # fmt: skip


_T = TypeVar("_T")


def choose(rng: np.random.Generator, options: Sequence[_T]) -> _T:
    """Choose one of several options."""
    return options[int(rng.integers(len(options)))]


def background(rng: np.random.Generator, size: tuple[int, int]) -> Image.Image:
    """Draw an empty scene; the ground begins at about half the height."""
    scene = rng.choice(["room", "room", "garden", "cloth", "plain"])
    width, height = size
    if scene == "cloth":
        return _cloth(rng, size)
    if scene == "plain":
        return _shaded(size, choose(rng, WALLS), choose(rng, WALLS + TOYS))
    image = _shaded(size, *(choose(rng, WALLS if scene == "room" else SKIES) for _ in "ab"))
    brush = Brush(image)
    level = height * rng.uniform(0.45, 0.75)
    ground = choose(rng, FLOORS if scene == "room" else GREENS)
    if scene == "room":
        _wallpaper(brush, rng, width, level)
        brush.fill([(0, level), (width, level), (width, height), (0, height)], ground)
        if rng.random() < 0.5:  # floor boards
            for y in np.linspace(level, height, rng.integers(3, 7)):
                brush.line([(0, y), (width, y)], darker(ground, 0.25), 2)
        if rng.random() < 0.5:  # a rug
            rug = choose(rng, TOYS)
            x, y = width * rng.uniform(0.2, 0.8), height * rng.uniform(0.8, 0.95)
            for part in (1, 0.8, 0.6):
                ring = oval(x, y, width * 0.5 * part, height * 0.18 * part)
                brush.fill(ring, mix(rug, ground, 0.3 if part == 0.8 else 0.6))
    else:
        for _ in range(rng.integers(0, 4)):  # bushes and hills
            hill = oval(
                width * rng.random(),
                level,
                width * rng.uniform(0.1, 0.4),
                height * rng.uniform(0.05, 0.3),
            )
            brush.fill(hill, mix(ground, choose(rng, GREENS + SKIES), 0.5))
        brush.fill([(0, level), (width, level), (width, height), (0, height)], ground)
        for _ in range(60):  # blades and flowers
            x, y = width * rng.random(), rng.uniform(level, height)
            blade = [(x, y), (x + rng.normal(0, 3), y - rng.uniform(4, 14))]
            brush.line(blade, mix(ground, choose(rng, GREENS), 0.8), 2)
            if rng.random() < 0.08:
                brush.fill(oval(*blade[1], 4, 4, count=10), choose(rng, TOYS))
    if rng.random() < 0.4:
        image = image.filter(ImageFilter.GaussianBlur(rng.uniform(1, 5)))
    return image


def _wallpaper(brush, rng, width, level):
    kind = rng.choice(["plain", "stripes", "dots", "window", "picture"])
    ink = mix(choose(rng, WALLS), choose(rng, TOYS), 0.25)
    if kind == "stripes":
        step = rng.uniform(20, 60)
        for x in np.arange(0, width, step):
            brush.fill([(x, 0), (x + step / 2, 0), (x + step / 2, level), (x, level)], ink)
    elif kind == "dots":
        step = rng.uniform(24, 50)
        for i, y in enumerate(np.arange(0, level, step)):
            for x in np.arange(step * (i % 2) / 2, width, step):
                brush.fill(oval(x, y, step / 7, step / 7, count=12), ink)
    elif kind != "plain":
        x, y = width * rng.uniform(0, 0.7), level * rng.uniform(0, 0.3)
        w, h = width * rng.uniform(0.2, 0.4), level * rng.uniform(0.3, 0.6)
        frame = [(x, y), (x + w, y), (x + w, y + h), (x, y + h)]
        brush.fill(frame, choose(rng, SKIES if kind == "window" else TOYS), (235, 228, 220), 8)
        if kind == "window":
            brush.line([(x + w / 2, y), (x + w / 2, y + h)], (235, 228, 220), 5)


def _cloth(rng, size):
    """Draw a blanket seen from above: stripes, checks or waves."""
    color, ink = choose(rng, TOYS + WALLS), choose(rng, WALLS + TOYS)
    image = _shaded(size, color, darker(color, 0.2))
    brush = Brush(image, 1, (size[0] / 2, size[1] / 2), rng.uniform(0, 90))
    step, reach = rng.uniform(24, 80), max(size)
    for offset in np.arange(-reach, reach, step):
        if rng.random() < 0.9:
            wave = [(x, offset + rng.normal(0, 3)) for x in np.linspace(-reach, reach, 12)]
            brush.line(wave, mix(color, ink, 0.6), step * rng.uniform(0.2, 0.5))
            if step > 50:
                brush.line(np.asarray(wave)[:, ::-1], mix(color, ink, 0.4), step * 0.3)
    return image


def _shaded(size, upper, lower):
    ramp = Image.linear_gradient("L").resize(size)
    return Image.composite(Image.new("RGB", size, lower), Image.new("RGB", size, upper), ramp)


def thing(rng: np.random.Generator, brush: Brush, x: float, y: float, size: float) -> None:
    """Draw a ball, cushion, plant, bowl, box or ball of wool whose foot is at (x, y)."""
    color = choose(rng, TOYS)
    edge = darker(color, 0.35)
    kind = rng.choice(["ball", "cushion", "plant", "bowl", "box", "wool"])
    if kind in ("ball", "wool"):
        r = 0.4 * size
        brush.fill(oval(x, y - r, r, r), color, edge, 2)
        if kind == "ball":
            brush.line(
                oval(x, y - r, 0.4 * r, r, rng.uniform(0, 180)), mix(color, (255,) * 3, 0.7), 3
            )
        else:
            for _ in range(7):
                angle = rng.uniform(0, 180)
                brush.line(oval(x, y - r, r * 0.95, r * rng.uniform(0.1, 0.8), angle)[:18], edge, 2)
            brush.line([(x + r, y - r), (x + 1.5 * r, y), (x + 2.2 * r, y - 3)], edge, 2)
    elif kind == "cushion":
        w, h = size * rng.uniform(0.5, 0.8), size * rng.uniform(0.35, 0.5)
        corners = [
            (-w, 0),
            (0, -0.15 * h),
            (w, 0),
            (0.92 * w, -h),
            (w, -2 * h),
            (0, -1.85 * h),
            (-w, -2 * h),
            (-0.92 * w, -h),
        ]
        brush.fill(blob(np.add(corners, (x, y))), color, edge, 2)
        for part in np.linspace(-0.7, 0.7, rng.integers(2, 6)):
            stripe = [(x + part * w, y - 0.2 * h), (x + part * w * 0.9, y - 1.8 * h)]
            brush.line(stripe, mix(color, choose(rng, TOYS), 0.5), 5)
    elif kind == "plant":
        green = choose(rng, GREENS)
        for angle in rng.uniform(-1.1, 1.1, rng.integers(5, 10)):
            reach = size * rng.uniform(0.8, 1.5)
            tip = (x + reach * np.sin(angle), y - 0.4 * size - reach * np.cos(angle))
            bend = ((x + tip[0]) / 2, tip[1] + 0.3 * reach)
            leaf = tube([(x, y - 0.4 * size), bend, tip], [4, size * 0.16, 1])
            brush.fill(leaf, mix(green, (60, 90, 60), rng.uniform(0, 0.5)))
        w = 0.3 * size
        brush.fill(
            [(x - w, y - 0.5 * size), (x + w, y - 0.5 * size), (x + 0.7 * w, y), (x - 0.7 * w, y)],
            color,
            edge,
            2,
        )
    elif kind == "bowl":
        w = 0.45 * size
        brush.fill(
            [(x - w, y - 0.3 * size), (x + w, y - 0.3 * size), (x + 0.7 * w, y), (x - 0.7 * w, y)],
            color,
            edge,
            2,
        )
        brush.fill(oval(x, y - 0.3 * size, w, 0.12 * size), darker(color, 0.5))
        brush.fill(oval(x, y - 0.3 * size, 0.8 * w, 0.09 * size), (150, 96, 60))
    else:
        w, h = size * rng.uniform(0.35, 0.6), size * rng.uniform(0.4, 0.9)
        carton = mix((196, 152, 104), color, 0.3)
        brush.fill(
            [(x - w, y), (x + w, y), (x + w, y - h), (x - w, y - h)], carton, darker(carton, 0.3), 2
        )
        brush.line([(x, y), (x, y - h)], darker(carton, 0.2), 4)


def lit(rng: np.random.Generator, image: Image.Image) -> Image.Image:
    """Add light from one side, a tint, contrast and camera noise."""
    values = np.asarray(image, np.float32) / 255
    height, width = values.shape[:2]
    angle = rng.uniform(0, 2 * np.pi)
    across = np.cos(angle) * np.linspace(-1, 1, width, dtype=np.float32)[None, :]
    down = np.sin(angle) * np.linspace(-1, 1, height, dtype=np.float32)[:, None]
    light = rng.uniform(0.8, 1.15) * (1 + rng.uniform(0, 0.35) * (across + down))
    tint = 1 + rng.uniform(-0.1, 0.1) * np.array([1, 0.1, -1])
    values *= light[..., None].astype(np.float32)
    values *= tint.astype(np.float32)
    middle, contrast = values.mean(), np.float32(rng.uniform(0.7, 1.15))
    values *= contrast
    values += (1 - contrast) * middle
    noise = rng.standard_normal(values.shape, np.float32)
    noise *= np.float32(rng.uniform(0.003, 0.03))
    values += noise
    values *= 255
    return Image.fromarray(values.clip(0, 255, out=values).astype(np.uint8))
