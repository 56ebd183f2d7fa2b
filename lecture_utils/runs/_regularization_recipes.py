"""The recipes that compare regularization methods, their strengths, and budgets of epochs.

One network, the lecture's at half its width, learns from the 2,000 photos at 64 pixels. All runs
see the same photos in the same number of steps with the same optimizer; nothing differs but the
method. The learning rate is constant and an average of the weights is evaluated, so one run gives
the results for every budget of epochs: see `Recipe.budgets` for the rule that picks the weights.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from lecture_utils.runs._recipe import PHOTOS, Recipe

#: The methods, and their names in figures.
METHODS = {
    "none": "no regularization",
    "augmentation": "augmentation",
    "dropout": "dropout",
    "weight-decay": "weight decay",
    "batch-norm": "batch normalization",
    "label-smoothing": "label smoothing",
    "all": "all combined",
}
#: The strengths of a method; methods without a strength have only "on".
STRENGTHS = ("weak", "medium", "strong")
ON = "on"
#: Budgets: numbers of epochs.
BUDGETS = (20, 60, 150)


def _graded(*values: float) -> dict[str, float]:
    return dict(zip(STRENGTHS, values, strict=True))


_DROPOUT = _graded(0.2, 0.5, 0.8)
_DECAY = _graded(0.1, 0.5, 2.0)
_SMOOTHING = _graded(0.05, 0.1, 0.2)
# The smallest crop, as a fraction of the area; degrees; and the change of all three colors.
_CROPS = _graded(0.8, 0.4, 0.2)
_ANGLES = _graded(5.0, 15.0, 30.0)
_COLORS = _graded(0.1, 0.2, 0.4)


def strengths_of(method: str) -> tuple[str, ...]:
    """Return the recorded strengths of a method from `METHODS`."""
    return (ON,) if method in ("none", "batch-norm", "all") else STRENGTHS


def name_of(method: str, strength: str = ON) -> str:
    """Return the name of the recipe for a method and a strength."""
    return f"regularization/{method}" + ("" if strength == ON else f"-{strength}")


def make() -> list[Recipe]:
    """Create all of these recipes.

    Returns
    -------
    list of Recipe
    """
    return [_make_one(method, strength) for method in METHODS for strength in strengths_of(method)]


def changes(method: str, strength: str = ON) -> dict[str, Any]:
    """Return the fields of the recipe that a method changes.

    Parameters
    ----------
    method : str
        One of `METHODS`. "all" combines the medium strengths.
    strength : str
        One of the method's `strengths_of`.

    Returns
    -------
    dict
        Fields of `Recipe`; ``model_options`` are options of the network.
    """
    options: dict[str, Any] = {}
    fields: dict[str, Any] = {}
    dose = "medium" if method == "all" else strength
    if method in ("augmentation", "all"):
        fields["augmentation"] = _augmentation(dose)
    if method in ("dropout", "all"):
        options["dropout"] = _DROPOUT[dose]
    if method in ("weight-decay", "all"):
        fields["weight_decay"] = _DECAY[dose]
    if method in ("batch-norm", "all"):
        options["batch_norm"] = True
    if method in ("label-smoothing", "all"):
        fields["label_smoothing"] = _SMOOTHING[dose]
    return {**fields, **({"model_options": options} if options else {})}


def _augmentation(strength):
    change = _COLORS[strength]
    return {
        "degrees": _ANGLES[strength],
        "crop": [_CROPS[strength], 1.0],
        "flip": 0.5,
        "brightness": change,
        "contrast": change,
        "saturation": change,
    }


def _make_one(method, strength):
    title = f"Cats and dogs, {METHODS[method]}" + ("" if strength == ON else f" ({strength})")
    plain = Recipe(
        name_of(method, strength),
        title,
        PHOTOS,
        "cats",
        epochs=BUDGETS[-1],
        batch_size=32,
        optimizer="adamw",
        schedule="constant",
        learning_rate=1e-3,
        ema_decay=0.99,
        image_size=64,
        keep_weights=False,
        budgets=BUDGETS,
        clean_every=5,
        model_options={"width": 16},
    )
    changed = changes(method, strength)
    options = {**plain.model_options, **changed.pop("model_options", {})}
    return replace(plain, model_options=options, **changed)
