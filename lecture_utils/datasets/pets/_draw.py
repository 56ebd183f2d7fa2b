"""Randomly drawn pets, each one unique: a data set that needs no download and is free to share.

No single feature separates cats from dogs: cats may have folded ears and dogs pointed ones, and
both share fur, pose, collar, surroundings and light. The differences are those of real animals: the
muzzle, the eyes, whiskers, tongue, tail and build.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from PIL import Image

from lecture_utils.datasets.pets._brush import Brush, blob, darker, mix, oval, ruffled, tube
from lecture_utils.datasets.pets._heads import paint_head
from lecture_utils.datasets.pets._scenes import TOYS, background, choose, lit, thing

#: The singular and the plural.
KINDS = {"cat": "cats", "dog": "dogs", "rabbit": "rabbits", "mouse": "mice", "bear": "bears"}

_FURS = ((226, 150, 80), (142, 142, 150), (62, 58, 66), (242, 238, 230), (236, 214, 178),
         (146, 104, 72), (214, 170, 104), (118, 130, 148), (98, 70, 56),
         (186, 132, 98))  # fmt: skip
_CAT_EYES = ((126, 168, 72), (214, 170, 60), (92, 150, 190), (170, 190, 90), (190, 120, 50))
_DOG_EYES = ((74, 46, 32), (104, 66, 40), (52, 36, 32), (140, 100, 60), (120, 160, 190))
_WHITE = (252, 248, 240)
_EARS = {
    "cat": {"pointed": 0.84, "folded": 0.14, "hanging": 0.02},
    "dog": {"pointed": 0.3, "folded": 0.26, "hanging": 0.44},
    "rabbit": {"long": 0.75, "hanging": 0.25},
    "mouse": {"round": 1.0},
    "bear": {"round": 1.0},
}
_PATTERNS = ("plain", "stripes", "spots", "patches", "white", "mask")
_PATTERN_CHANCES = {
    "cat": (0.22, 0.3, 0.06, 0.16, 0.18, 0.08),
    "dog": (0.3, 0.08, 0.16, 0.18, 0.18, 0.1),
    "rabbit": (0.4, 0.0, 0.1, 0.25, 0.2, 0.05),
    "mouse": (0.5, 0.0, 0.1, 0.2, 0.2, 0.0),
    "bear": (0.7, 0.0, 0.0, 0.05, 0.1, 0.15),
}
# The extent of each pose, in units of half a head's width: left, top, right, bottom.
_POSES = {
    "face": (-1.3, -1.7, 1.3, 1.3),
    "sitting": (-1.7, -1.7, 2.0, 3.4),
    "standing": (-3.0, -1.7, 2.8, 3.0),
    "lying": (-2.7, -1.6, 2.5, 2.1),
}
# Images are drawn at twice their size, so that edges become smooth.
_OVERSAMPLING = 2


@dataclass
class _Pet:
    """The appearance of one animal, and the brush and fur for painting it."""

    kind: str
    pose: str
    fur: tuple[int, ...]
    other: tuple[int, ...]
    pattern: str
    eyes: tuple[int, ...]
    ears: str
    fluff: float
    turn: float
    rng: np.random.Generator
    # Set when the pet is positioned.
    brush: Any = None
    coat: Any = None
    shade: Any = None

    @property
    def edge(self):
        return darker(self.fur, 0.45)

    def part(self, points, behind=False):
        """Paint something furry."""
        if self.fluff:
            points = ruffled(points, self.fluff, self.rng)
        self.brush.fill(points, self.shade if behind else self.coat, self.edge, 0.045)


def draw_pet(kind: str, rng: np.random.Generator) -> Image.Image:
    """Draw one image of a pet.

    Parameters
    ----------
    kind : str
        One of `KINDS`.
    rng : numpy.random.Generator
        Determines everything else.

    Returns
    -------
    PIL.Image.Image
        RGB, with sides of 120 to 200 pixels.

    Raises
    ------
    ValueError
        If there is no such kind.

    Examples
    --------
    >>> draw_pet("cat", np.random.default_rng(0)).mode
    'RGB'
    """
    if kind not in KINDS:
        raise ValueError(f"kind is {kind!r}; use one of {', '.join(KINDS)}")
    long = int(rng.integers(160, 201))
    short = int(rng.integers(120, long + 1))
    size = (long, short) if rng.random() < 0.6 else (short, long)
    canvas = background(rng, (_OVERSAMPLING * size[0], _OVERSAMPLING * size[1]))
    pet = _invent(kind, rng)
    _place(pet, canvas)
    floor = Brush(canvas)
    for _ in range(rng.poisson(1.0)):
        x, y = canvas.width * rng.random(), canvas.height * rng.uniform(0.6, 1.0)
        thing(rng, floor, x, y, canvas.height * rng.uniform(0.15, 0.4))
    _paint(pet)
    if rng.random() < 0.3:  # something in front
        x = canvas.width * choose(rng, (rng.uniform(-0.05, 0.25), rng.uniform(0.75, 1.05)))
        y, size = canvas.height * rng.uniform(1.0, 1.15), canvas.height * rng.uniform(0.25, 0.5)
        thing(rng, floor, x, y, size)
    return lit(rng, canvas.reduce(_OVERSAMPLING))


def _invent(kind, rng):
    ears, chances = zip(*_EARS[kind].items(), strict=True)
    pattern = rng.choice(_PATTERNS, p=_PATTERN_CHANCES[kind])
    ears = rng.choice(ears, p=chances)
    fur = choose(rng, _FURS)
    other = choose(rng, (_WHITE, _WHITE, darker(fur, 0.55), choose(rng, _FURS)))
    return _Pet(
        kind=kind,
        pose=rng.choice(list(_POSES), p=[0.3, 0.28, 0.24, 0.18]),
        fur=tuple(int(np.clip(c + rng.normal(0, 8), 0, 255)) for c in fur),
        other=other,
        pattern=str(pattern),
        eyes=choose(rng, _CAT_EYES if kind == "cat" else _DOG_EYES),
        ears=str(ears),
        fluff=choose(rng, (0, 0, 0.015, 0.03)),
        turn=float(rng.uniform(-1, 1)),
        rng=rng,
    )


def _place(pet, canvas):
    """Choose the pet's position, size and tilt on the canvas; paint its fur."""
    rng = pet.rng
    left, top, right, bottom = _POSES[pet.pose]
    top -= 0.7 * (pet.ears == "long")
    room = min(canvas.width / (right - left), canvas.height / (bottom - top))
    scale = room * rng.uniform(0.6, 1.15)
    spare = np.array(
        [canvas.width - scale * (right - left), canvas.height - scale * (bottom - top)]
    )
    corner = spare * rng.uniform(0.1, 0.9, 2)
    flip = bool(rng.random() < 0.5)
    x = corner[0] - scale * left if not flip else corner[0] + scale * right
    origin = (x, corner[1] - scale * top)
    pet.brush = Brush(canvas, scale, origin, rng.normal(0, 9), flip)
    pet.coat = Image.new("RGB", canvas.size, pet.fur)
    _paint_pattern(pet, pet.brush.on(pet.coat))
    pet.shade = pet.coat.point([round(0.78 * value + 8) for value in range(256)] * 3)


def _paint_pattern(pet, brush):
    rng, other = pet.rng, pet.other
    if pet.pattern == "stripes":
        ink = darker(pet.fur, rng.uniform(0.3, 0.6))
        upright = pet.pose in ("standing", "lying")
        for y in np.arange(-3, 3.6, rng.uniform(0.28, 0.42)):
            for side in (-1, 1):
                reach, bend = rng.uniform(0.5, 1.1), rng.normal(0, 0.12, 3)
                far = side * 1.3 + (0.9 if upright else 0)
                across = np.linspace(far, far - side * reach, 3)
                path = np.stack([across, y + bend], axis=1)
                # Stripes on the head lie as on a sitting cat.
                if upright and abs(y) > 0.9:
                    path = path[:, ::-1]
                brush.fill(tube(path, [0.16, 0.12, 0.02], 4), ink)
        for x in (-0.3, -0.1, 0.1, 0.3):
            brush.fill(tube([(x, -1), (x * 1.1, -0.7), (x * 0.6, -0.4)], [0.1, 0.1, 0.02], 4), ink)
    elif pet.pattern in ("spots", "patches"):
        few = pet.pattern == "patches"
        for _ in range(rng.integers(5, 9) if few else rng.integers(20, 45)):
            x, y = rng.uniform(-2.6, 2.6), rng.uniform(-1.5, 3)
            size = rng.uniform(0.4, 0.9) if few else rng.uniform(0.07, 0.2)
            spot = ruffled(
                oval(x, y, size, size * rng.uniform(0.6, 1), rng.uniform(0, 180), 14), 0.12, rng
            )
            brush.fill(blob(spot, 3), mix(other, darker(pet.fur, 0.5), 0.7 * (rng.random() < 0.3)))
    elif pet.pattern == "white":
        brush.fill(
            blob(
                [
                    (0, -0.95),
                    (0.16, -0.2),
                    (0.6, 0.5),
                    (0.4, 1.0),
                    (0.6, 1.7),
                    (0.3, 2.4),
                    (-0.3, 2.4),
                    (-0.6, 1.7),
                    (-0.4, 1.0),
                    (-0.6, 0.5),
                    (-0.16, -0.2),
                ]
            ),
            _WHITE,
        )
        brush.fill([(-4, 2.6), (4, 2.6), (4, 4), (-4, 4)], _WHITE)
    elif pet.pattern == "mask":
        dark = darker(pet.fur, 0.6)
        brush.fill(oval(0.15 * pet.turn, 0.25, 0.62, 0.7), dark)
        for ends in ([(-4, 2.5), (4, 2.5), (4, 4), (-4, 4)], oval(2.4, 0.2, 0.6, 1.4)):
            brush.fill(ends, dark)


def _paint(pet):
    """Paint the body, then the head over it."""
    shadow = {"sitting": (0.2, 3.2, 1.7), "standing": (0, 2.7, 2.4), "lying": (0, 1.95, 2.5)}
    if pet.pose in shadow:
        x, y, width = shadow[pet.pose]
        pet.brush.dim(oval(x, y, width, 0.28), 0.35)
    paint_body = {"face": _face_only, "sitting": _sitting, "standing": _standing, "lying": _lying}
    x, y = paint_body[pet.pose](pet)
    size = 1.0 if pet.pose == "face" or pet.kind != "dog" else pet.rng.uniform(0.85, 1.0)
    paint_head(pet, x, y, size, pet.rng.normal(0, 8))


def _face_only(pet):
    pet.part(
        blob([(-0.8, 0.5), (0.8, 0.5), (1.5, 1.3), (1.9, 2.6), (-1.9, 2.6), (-1.5, 1.3)]), True
    )
    _collar(pet, 0, 0.95, 1.0)
    return 0, 0


def _sitting(pet):
    dog, rng = pet.kind == "dog", pet.rng
    if not dog:
        path = [(0.8, 3.0), (1.6, 3.05), (1.9, 2.3), (1.6, 1.7 + rng.uniform(-0.4, 0.4))]
        _tail(pet, path, [0.3, 0.3, 0.26, 0.2])
    else:
        path = [(0.7, 2.9), (1.4, 2.7), (1.7, 2.2 + rng.uniform(-0.4, 0.4))]
        _tail(pet, path, [0.42, 0.36, 0.2])
    wide = rng.uniform(0.85, 1.1)
    for side in (-1, 1):
        pet.part(oval(side * 0.85 * wide, 2.7, 0.55, 0.6), True)
        pet.part(oval(side * 0.95 * wide, 3.15, 0.42, 0.2), True)
    torso = [
        (-0.5, 0.4),
        (0.5, 0.4),
        (0.78, 1.3),
        (0.92, 2.4),
        (0.7, 3.1),
        (-0.7, 3.1),
        (-0.92, 2.4),
        (-0.78, 1.3),
    ]
    pet.part(blob(np.array(torso) * (wide, 1)))
    for side in (-1, 1):
        lean = rng.normal(0, 0.05)
        pet.part(
            tube(
                [(side * 0.36, 1.7), (side * 0.36 + lean, 2.4), (side * 0.36, 3.15)],
                [0.46, 0.42, 0.4],
            )
        )
        _paw(pet, side * 0.38, 3.18)
    _collar(pet, 0, 0.9, 0.75)
    return rng.normal(0, 0.12), 0


def _standing(pet):
    dog, rng = pet.kind == "dog", pet.rng
    if not dog:
        tip = rng.uniform(-1.2, 0.6)
        path = [(1.7, 0.8), (2.4, 0.6), (2.6, (0.6 + tip) / 2), (2.4, tip)]
        _tail(pet, path, [0.3, 0.26, 0.24, 0.16])
    elif rng.random() < 0.35:  # curled over the back
        path = [(1.7, 0.7), (2.1, 0.0), (1.6, -0.3), (1.35, 0.2)]
        _tail(pet, path, [0.4, 0.42, 0.36, 0.2])
    else:
        path = [(1.7, 0.75), (2.3, 0.5), (2.6, rng.uniform(-0.5, 1.3))]
        _tail(pet, path, [0.4, 0.36, 0.16])
    step = rng.uniform(-0.35, 0.35, 4)
    foot = 2.6 if not dog else rng.uniform(2.3, 2.8)
    for x, s in ((-0.9, step[0]), (1.6, step[1])):
        pet.part(tube([(x, 1.2), (x + s / 2, 2.0), (x + s, foot)], [0.55, 0.34, 0.3]), True)
        pet.part(oval(x + s - 0.08, foot + 0.04, 0.26, 0.15), True)
    belly = 1.55 if not dog else rng.uniform(1.4, 1.75)
    torso = [
        (-1.5, 0.4),
        (-0.3, 0.5),
        (1.1, 0.38),
        (1.75, 0.6),
        (1.95, 1.1),
        (1.6, 1.55),
        (0.4, belly),
        (-0.8, belly + 0.15),
        (-1.5, 1.6),
        (-1.8, 1.0),
    ]
    pet.part(blob(torso))
    for x, s, thick in ((-1.2, step[2], 0.6), (1.35, step[3], 0.85)):
        pet.part(tube([(x, 1.25), (x + s / 2, 2.0), (x + s, foot)], [thick, 0.42, 0.32]))
        _paw(pet, x + s - 0.08, foot + 0.06)
    if dog:
        pet.part(blob([(-1.9, 0.2), (-1.2, 0.1), (-0.9, 0.9), (-1.5, 1.3), (-2.0, 0.8)]))
    _collar(pet, -1.65, 0.75, 0.55)
    return -1.85, rng.uniform(-0.35, 0.15)


def _lying(pet):
    rng = pet.rng
    width = 0.38 if pet.kind == "dog" else 0.28
    path = [(1.9, 1.6), (2.3, 1.75), (1.6, 2.0), (0.6, 1.95)]
    torso = [
        (-1.6, 1.3),
        (-1.1, 0.5),
        (0.2, 0.35),
        (1.5, 0.45),
        (2.1, 1.1),
        (2.05, 1.75),
        (0, 1.9),
        (-1.4, 1.85),
    ]
    pet.part(blob(torso))
    pet.part(oval(1.4, 1.35, 0.7, 0.55))
    pet.part(oval(1.0, 1.85, 0.45, 0.17))
    _tail(pet, path, [width, width, width * 0.9, width * 0.6], behind=False)
    for y in (1.72, 1.88):
        reach = -2.0 - rng.uniform(0, 0.4)
        pet.part(tube([(-0.9, 1.6), (-1.5, y - 0.02), (reach, y)], [0.5, 0.4, 0.34]))
        _paw(pet, reach - 0.05, y)
    _collar(pet, -1.15, 1.05, 0.6)
    return -1.25, rng.uniform(0.0, 0.5)


def _tail(pet, path, widths, behind=True):
    if pet.kind == "mouse":
        pink = mix(pet.fur, (232, 150, 150), 0.7)
        pet.brush.fill(tube(path, np.multiply(widths, 0.4)), pink, darker(pink, 0.3), 0.03)
    elif pet.kind in ("rabbit", "bear"):
        x, y = np.add(path[0], (0.2, -0.1))
        size = 0.34 if pet.kind == "rabbit" else 0.24
        pet.part(ruffled(oval(x, y, size, size), 0.04, pet.rng), behind)
    else:
        pet.part(tube(path, widths), behind)


def _paw(pet, x, y):
    pet.part(oval(x, y, 0.28, 0.17))
    for toe in (-0.08, 0.08):
        pet.brush.line([(x + toe, y), (x + toe, y + 0.14)], pet.edge, 0.035)


def _collar(pet, x, y, width):
    if pet.rng.random() < 0.35:
        color = choose(pet.rng, TOYS)
        arc = [(x - width, y - 0.12), (x, y + 0.12), (x + width, y - 0.12)]
        pet.brush.fill(tube(arc, [0.2, 0.22, 0.2]), color, darker(color, 0.4), 0.03)
        pet.brush.fill(oval(x, y + 0.25, 0.13, 0.13), (240, 200, 80), (150, 110, 40), 0.03)
