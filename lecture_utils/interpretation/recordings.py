"""Activation maximization of filters, beside the images that activate them most, recorded.

`load` reads a recording. ``tools/record_filters.py`` makes it again: minutes to half an hour on one
processor core.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path

__all__ = [
    "METHODS",
    "PLANS",
    "LayerPlan",
    "Plan",
    "Recording",
    "available",
    "folder_of",
    "load",
]

FOLDER = Path(__file__).parents[1] / "data" / "filters"
CARD = "card.json"
#: The ways to maximize an activation that are recorded, see `maximize_activation`.
METHODS = ("pixel", "fourier")
# What the methods were called when the recordings that ship were made. Files stay as recorded.
_EARLIER_NAMES = {"pixel": "plain", "fourier": "strong"}


@dataclass(frozen=True)
class LayerPlan:
    """A layer whose filters are looked into.

    Attributes
    ----------
    label : str
        What readers see.
    path : str
        Of the module. A convolution (or its normalization) before its ReLU, because a ReLU at 0 has
        no gradient.
    size : int
        Side of the images in pixels: a few times the filter's receptive field, at most what the
        model was made for.
    channels : tuple of int, optional
        Which filters. By default some are drawn at random.
    """

    label: str
    path: str
    size: int
    channels: tuple[int, ...] | None = None


@dataclass(frozen=True)
class Plan:
    """How a model's filters are looked into.

    Attributes
    ----------
    title : str
    layers : tuple of LayerPlan
    filters : int
        How many of each layer.
    steps : int
        Of the gradient ascent.
    frames : tuple of int
        Steps after which an image is kept.
    image_size : int
        Side of the data set's images when they go through the model.
    """

    title: str
    layers: tuple[LayerPlan, ...]
    filters: int = 6
    steps: int = 200
    frames: tuple[int, ...] = (0, 4, 16, 64, 200)
    image_size: int = 224


#: Egyptian cat, golden retriever, dalmatian, strawberry, espresso and daisy: known to everybody.
_CLASSES = (285, 207, 251, 949, 967, 985)

#: What is recorded of each model, by its name.
PLANS = {
    "cats-vs-dogs/augmented": Plan(
        "Our network for cats and dogs",
        (
            LayerPlan("convolution 1", "0", 24),
            LayerPlan("convolution 2", "3", 48),
            LayerPlan("convolution 3", "6", 64),
            LayerPlan("convolution 4", "9", 80),
        ),
        image_size=112,
    ),
    "efficientnet_lite0": Plan(
        "EfficientNet-Lite0, trained on ImageNet",
        (
            LayerPlan("stem", "features.stem.norm", 32),
            LayerPlan("stage 2", "features.stage2", 48),
            LayerPlan("stage 3", "features.stage3", 72),
            LayerPlan("stage 4", "features.stage4", 96),
            LayerPlan("stage 5", "features.stage5", 96),
            LayerPlan("stage 6", "features.stage6", 104),
            LayerPlan("classes", "classifier", 112, _CLASSES),
        ),
    ),
}


class Recording:
    """What was recorded for one model.

    Parameters
    ----------
    folder : path
        With the card and the images.

    Attributes
    ----------
    name : str
        One of `PLANS`.
    card : dict
        ``layers`` with the chosen ``channels``, and for "pixel" and "fourier" the ``activations``
        of each frame; what the data set's images reach; and when, how and with which weights all
        this was made.
    """

    def __init__(self, folder: str | os.PathLike[str]):
        self.folder = Path(folder)
        self.card = json.loads((self.folder / CARD).read_text(encoding="utf-8"))
        self.name: str = self.card["name"]
        layers = self.card["layers"]
        self._file_names = {m: m if m in layers[0] else _EARLIER_NAMES[m] for m in METHODS}
        for layer in layers:
            layer |= {method: layer.pop(name) for method, name in self._file_names.items()}

    def sprite(self, layer: int, kind: str) -> bytes:
        """Return the compressed images of a layer: bytes of a WebP file.

        Parameters
        ----------
        layer : int
            Which of the card's layers.
        kind : {"pixel", "fourier", "examples"}
            Images of gradient ascent (filter by filter, frame by frame), or of the data set (filter
            by filter, the strongest activation first). The layout is in the card.

        Returns
        -------
        bytes
        """
        return (self.folder / f"{layer}-{self._file_names.get(kind, kind)}.webp").read_bytes()

    def __repr__(self) -> str:
        filters = sum(len(layer["channels"]) for layer in self.card["layers"])
        steps = self.card["plan"]["steps"]
        return f"<{self.name}: maximal activation of {filters} filters, {steps} steps>"


def folder_of(name: str, root: str | os.PathLike[str] | None = None) -> Path:
    """Return the folder of a model's recording, which need not exist.

    Parameters
    ----------
    name : str
        One of `PLANS`.
    root : path, optional
        Where recordings lie. By default among those that come with the package.

    Returns
    -------
    Path

    Raises
    ------
    ValueError
        If there is no such plan.
    """
    if name not in PLANS:
        raise ValueError(f"there is no plan for {name!r}; use one of {', '.join(PLANS)}")
    return Path(root or FOLDER) / name.replace("/", "-")


def available(root: str | os.PathLike[str] | None = None) -> tuple[str, ...]:
    """List the models whose filters are recorded.

    Parameters
    ----------
    root : path, optional
        Where to look. By default among those that come with the package.

    Returns
    -------
    tuple of str
        Of `PLANS`, in that order.

    Examples
    --------
    >>> available("no such folder")
    ()
    """
    return tuple(name for name in PLANS if (folder_of(name, root) / CARD).is_file())


def load(name: str, root: str | os.PathLike[str] | None = None) -> Recording:
    """Read a recording.

    Parameters
    ----------
    name : str
        One of `PLANS`.
    root : path, optional
        Where to look. By default among those that come with the package.

    Returns
    -------
    Recording

    Raises
    ------
    ValueError
        If there is no such plan.
    FileNotFoundError
        If it is not recorded.

    Examples
    --------
    >>> load("efficientnet_lite0").card["plan"]["steps"]
    200
    """
    folder = folder_of(name, root)
    if not (folder / CARD).is_file():
        raise FileNotFoundError(
            f"{name} is not recorded; record it with: python tools/record_filters.py {name}"
        )
    return Recording(folder)
