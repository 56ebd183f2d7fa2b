"""The heads of drawn pets, where the kinds differ most."""

from __future__ import annotations

from typing import Any

import numpy as np

from lecture_utils.datasets.pets._brush import blob, darker, mirrored, mix, oval
from lecture_utils.datasets.pets._scenes import choose

_PINK, _DARK, _WHITE = (232, 150, 150), (40, 30, 34), (252, 248, 240)

# Top, right side from top to bottom, chin.
_SKULLS = {
    "cat": (-0.84, [(0.5, -0.8), (0.95, -0.3), (1.04, 0.2), (0.8, 0.58), (0.35, 0.8)], 0.84),
    "dog": (-0.9, [(0.5, -0.84), (0.84, -0.4), (0.82, 0.15), (0.6, 0.6), (0.42, 0.95)], 1.05),
    "rabbit": (-0.86, [(0.45, -0.78), (0.78, -0.3), (0.88, 0.25), (0.7, 0.65), (0.32, 0.88)], 0.93),
    "mouse": (-0.72, [(0.45, -0.66), (0.8, -0.25), (0.74, 0.15), (0.42, 0.55), (0.2, 0.8)], 0.88),
    "bear": (-0.88, [(0.52, -0.8), (0.92, -0.35), (1.0, 0.2), (0.8, 0.62), (0.38, 0.84)], 0.9),
}


def paint_head(pet: Any, x: float, y: float, size: float, angle: float) -> None:
    """Paint a head around (x, y); `size` is half its width, `angle` its tilt in degrees."""
    turned = np.deg2rad(angle)
    matrix = size * np.array([[np.cos(turned), -np.sin(turned)], [np.sin(turned), np.cos(turned)]])

    def at(points):
        return np.asarray(points) @ matrix.T + (x, y)

    behind = pet.ears in ("pointed", "long", "round") or pet.kind == "cat"
    if behind:
        _ears(pet, at)
    top, right, chin = _SKULLS[pet.kind]
    skull = [(0, top), *right, (0, chin), *mirrored(right)[::-1]]
    pet.part(at(blob(skull)))
    if not behind:
        _ears(pet, at)
    _FACES[pet.kind](pet, at)


def _ears(pet, at):
    rng, cat = pet.rng, pet.kind == "cat"
    tilt, inside = rng.normal(0, 0.08), mix(pet.fur, _PINK, 0.7)
    for side in (-1, 1):
        spread = np.array([side, 1])
        if pet.ears == "pointed":
            tip = (0.85 + tilt, -1.45 + tilt) if cat else (0.72 + tilt, -1.6 + tilt)
            outer = np.array([(0.98, -0.25), (0.97, -0.8), tip, (0.55, -1.15), (0.18, -0.78)])
            pet.part(at(blob(outer, 4) * spread))
            middle = outer.mean(axis=0)
            pet.brush.fill(at(blob(middle + (outer - middle) * 0.6, 4) * spread), inside)
        elif pet.ears == "folded":
            outer = [(0.98, -0.3), (0.95, -0.85), (0.65, -1.12), (0.25, -0.8)]
            pet.part(at(blob(outer, 4) * spread), True)
            flap = [(0.92, -0.95), (0.98, -0.6), (0.72, -0.42 + tilt), (0.42, -0.75), (0.55, -1.08)]
            pet.part(at(blob(flap, 4) * spread))
        elif pet.ears in ("long", "round"):
            middle, width, height = (
                ((0.45, -1.4), 0.26, 0.9) if pet.ears == "long" else ((0.78, -0.68), 0.5, 0.5)
            )
            if pet.kind == "bear":
                width = height = 0.32
            lean = (12 + 60 * tilt) * (pet.ears == "long")
            for size, color in ((1, None), (0.62, inside)):
                ear = at(oval(*middle, width * size, height * size, lean) * spread)
                if color is None:
                    pet.part(ear)
                else:
                    pet.brush.fill(ear, color)
        else:
            end = (0.45 if not cat else 0.1) + rng.uniform(-0.2, 0.35)
            drop = [
                (0.4, -0.85),
                (0.85, -0.8),
                (1.2, -0.2),
                (1.2, end),
                (0.95, end + 0.1),
                (0.78, -0.1),
                (0.66, -0.5),
            ]
            pet.part(at(blob(drop) * spread), True)


def _eyes(pet, at, positions, width, height, slit):
    rng = pet.rng
    asleep = rng.random() < 0.1
    narrow = rng.uniform(0.25, 0.9) if slit else rng.uniform(0.6, 0.75)
    for x, y in positions:
        if asleep:
            arc = [(x - width, y), (x, y + 0.6 * height), (x + width, y)]
            pet.brush.line(at(blob([*arc, (x, y + 0.6 * height)], 5)[:11]), _DARK, 0.06)
            continue
        pet.brush.fill(at(oval(x, y, width, height)), pet.eyes if slit else _WHITE, _DARK, 0.05)
        if not slit:
            pet.brush.fill(at(oval(x, y, width * 0.85, height * 0.9)), pet.eyes)
        pet.brush.fill(at(oval(x, y, width * narrow, height * 0.82)), (22, 18, 22))
        pet.brush.fill(at(oval(x + 0.05, y - 0.07, 0.06, 0.06, count=10)), (255, 255, 255))


def _cat_face(pet, at):
    rng, brush = pet.rng, pet.brush
    dx = 0.16 * pet.turn
    light = mix(pet.fur, _WHITE, rng.uniform(0.2, 0.8))
    for side in (-1, 1):
        brush.fill(at(oval(dx + side * 0.17, 0.42, 0.24, 0.18)), light)
    brush.fill(at(oval(dx, 0.58, 0.16, 0.12)), light)
    width, height = rng.uniform(0.2, 0.26), rng.uniform(0.15, 0.26)
    _eyes(pet, at, [(dx * 0.7 - 0.42, 0), (dx * 0.7 + 0.42, 0)], width, height, True)
    nose = choose(rng, (_PINK, _PINK, (190, 110, 100), (70, 50, 56)))
    brush.fill(
        at([(dx - 0.11, 0.25), (dx + 0.11, 0.25), (dx + 0.02, 0.36), (dx - 0.02, 0.36)]),
        nose,
        darker(nose, 0.3),
        0.03,
    )
    for side in (-1, 1):
        smile = [
            (dx, 0.36),
            (dx + side * 0.04, 0.5),
            (dx + side * 0.18, 0.52),
            (dx + side * 0.28, 0.45),
        ]
        brush.line(at(smile), _DARK, 0.04)
    if rng.random() < 0.08:
        brush.fill(at(oval(dx, 0.57, 0.07, 0.09)), (226, 110, 120))
    hair = mix(_WHITE, _DARK, 0.8 * (sum(pet.fur) > 560))
    for side in (-1, 1):
        for slope in (-0.18, 0.0, 0.18):
            y = 0.42 + slope * 0.4
            bend = rng.normal(0, 0.05)
            path = [
                (dx + side * 0.3, y),
                (dx + side * 0.75, y + slope * 0.7 + bend),
                (dx + side * 1.25, y + slope * 1.6 + 2 * bend),
            ]
            brush.line(at(path), hair, 0.025)


def _dog_face(pet, at):
    rng, brush = pet.rng, pet.brush
    dx = 0.2 * pet.turn
    # From the flat face of a pug to the long one of a shepherd.
    length, width = rng.uniform(0.25, 0.6), rng.uniform(0.36, 0.52)
    low = 0.3 + length
    light = mix(pet.fur, choose(rng, (_WHITE, pet.other, _DARK)), rng.uniform(0.1, 0.6))
    if rng.random() < 0.25:  # a patch around one eye
        brush.fill(at(oval(choose(rng, (-0.38, 0.38)), -0.12, 0.3, 0.34)), darker(pet.fur, 0.4))
    muzzle = [
        (dx - width * 0.6, 0.05),
        (dx + width * 0.6, 0.05),
        (dx + width, low - 0.15),
        (dx + width * 0.6, low + 0.1),
        (dx - width * 0.6, low + 0.1),
        (dx - width, low - 0.15),
    ]
    if rng.random() < 0.45:  # panting
        tongue = rng.uniform(0.2, 0.5)
        brush.fill(at(oval(dx, low + 0.05, width * 0.62, 0.2)), (96, 40, 48))
        brush.fill(
            at(
                blob(
                    [
                        (dx - 0.17, low),
                        (dx + 0.17, low),
                        (dx + 0.16, low + tongue),
                        (dx, low + tongue + 0.1),
                        (dx - 0.16, low + tongue),
                    ]
                )
            ),
            (232, 120, 130),
            (170, 70, 84),
            0.035,
        )
        brush.line(at([(dx, low), (dx, low + tongue * 0.7)]), (190, 84, 98), 0.035)
    brush.fill(at(blob(muzzle)), light, mix(light, pet.edge, 0.5), 0.035)
    y = rng.uniform(-0.18, -0.05)
    size = rng.uniform(0.12, 0.17)
    _eyes(pet, at, [(dx * 0.6 - 0.36, y), (dx * 0.6 + 0.36, y)], size, size, False)
    if rng.random() < 0.4:  # brows
        for side in (-1, 1):
            brush.fill(
                at(oval(dx * 0.6 + side * 0.36, y - 0.28, 0.11, 0.06, side * 15)),
                mix(pet.fur, light, 0.7),
            )
    nose = choose(rng, ((40, 34, 38), (40, 34, 38), (92, 60, 52), (170, 104, 100)))
    top = low - length * 0.85
    brush.fill(
        at(
            blob(
                [
                    (dx - 0.2, top),
                    (dx, top - 0.06),
                    (dx + 0.2, top),
                    (dx + 0.12, top + 0.17),
                    (dx, top + 0.24),
                    (dx - 0.12, top + 0.17),
                ]
            )
        ),
        nose,
        darker(nose, 0.4),
        0.03,
    )
    brush.fill(at(oval(dx - 0.06, top + 0.03, 0.06, 0.03, count=10)), mix(nose, _WHITE, 0.6))
    brush.line(at([(dx, top + 0.24), (dx, low - 0.08)]), _DARK, 0.045)
    for side in (-1, 1):
        smile = [(dx, low - 0.08), (dx + side * 0.16, low), (dx + side * width * 0.75, low - 0.08)]
        brush.line(at(smile), _DARK, 0.045)
        if rng.random() < 0.5:
            for spot in ((0.2, -0.16), (0.28, -0.1), (0.24, -0.24)):
                brush.fill(at(oval(dx + side * spot[0], low + spot[1], 0.02, 0.02, count=8)), _DARK)


def _rabbit_face(pet, at):
    rng, brush = pet.rng, pet.brush
    dx = 0.12 * pet.turn
    light = mix(pet.fur, _WHITE, rng.uniform(0.3, 0.8))
    size = rng.uniform(0.15, 0.19)
    _eyes(pet, at, [(dx - 0.5, -0.08), (dx + 0.5, -0.08)], size, size * 1.15, False)
    brush.fill(at(oval(dx, 0.68, 0.17, 0.12)), light)
    brush.fill(
        at([(dx - 0.1, 0.58), (dx + 0.1, 0.58), (dx + 0.09, 0.8), (dx - 0.09, 0.8)]),
        _WHITE,
        _DARK,
        0.025,
    )
    brush.line(at([(dx, 0.58), (dx, 0.8)]), _DARK, 0.025)
    for side in (-1, 1):
        brush.fill(at(oval(dx + side * 0.2, 0.46, 0.25, 0.2)), light)
    brush.fill(
        at(blob([(dx - 0.1, 0.27), (dx + 0.1, 0.27), (dx, 0.38)], 4)),
        _PINK,
        darker(_PINK, 0.3),
        0.03,
    )
    brush.line(at([(dx, 0.38), (dx, 0.56)]), _DARK, 0.035)
    _whiskers(pet, at, dx, 0.46, 0.75)


def _mouse_face(pet, at):
    rng, brush = pet.rng, pet.brush
    dx = 0.2 * pet.turn
    for side in (-1, 1):
        x = dx * 0.6 + side * 0.32
        brush.fill(at(oval(x, -0.02, 0.13, 0.15)), (22, 18, 22), _DARK, 0.03)
        brush.fill(at(oval(x + 0.04, -0.08, 0.04, 0.04, count=10)), (255, 255, 255))
        cheek = mix(pet.fur, _PINK, rng.uniform(0.2, 0.5))
        brush.fill(at(oval(dx * 0.8 + side * 0.4, 0.32, 0.15, 0.11)), cheek)
    brush.line(at([(dx - 0.14, 0.68), (dx, 0.74), (dx + 0.14, 0.68)]), _DARK, 0.035)
    _whiskers(pet, at, dx, 0.52, 0.8)
    brush.fill(at(oval(dx, 0.52, 0.13, 0.1)), _PINK, darker(_PINK, 0.35), 0.03)


def _bear_face(pet, at):
    rng, brush = pet.rng, pet.brush
    dx = 0.15 * pet.turn
    light = mix(pet.fur, _WHITE, rng.uniform(0.25, 0.6))
    brush.fill(
        at(oval(dx, 0.42, rng.uniform(0.42, 0.52), 0.36)), light, mix(light, pet.edge, 0.5), 0.03
    )
    size = rng.uniform(0.09, 0.12)
    for side in (-1, 1):
        x = dx * 0.6 + side * 0.38
        brush.fill(at(oval(x, -0.1, size, size)), (22, 18, 22))
        brush.fill(at(oval(x + 0.03, -0.13, 0.035, 0.035, count=10)), (255, 255, 255))
        brush.line(at([(dx, 0.5), (dx + side * 0.1, 0.58), (dx + side * 0.24, 0.54)]), _DARK, 0.045)
    brush.fill(at(oval(dx, 0.26, 0.2, 0.13)), (44, 34, 36))
    brush.fill(at(oval(dx - 0.06, 0.21, 0.06, 0.03, count=10)), (150, 140, 140))
    brush.line(at([(dx, 0.38), (dx, 0.5)]), _DARK, 0.045)


def _whiskers(pet, at, x, y, reach):
    hair = mix(_WHITE, _DARK, 0.8 * (sum(pet.fur) > 560))
    for side in (-1, 1):
        for slope in (-0.15, 0.05, 0.22):
            path = [(x + side * 0.25, y), (x + side * (0.25 + reach), y + slope * reach)]
            pet.brush.line(at(path), hair, 0.022)


_FACES = {
    "cat": _cat_face,
    "dog": _dog_face,
    "rabbit": _rabbit_face,
    "mouse": _mouse_face,
    "bear": _bear_face,
}
