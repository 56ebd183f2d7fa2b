"""Recordings of what filters respond to: synthesized images, priors, and images of a data set.

`load` reads a recording. ``tools/record_filters.py`` and ``tools/record_examples.py`` create it,
which takes up to an hour on one processor core.
"""

from __future__ import annotations

import dataclasses
import json
import os
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

__all__ = [
    "DEFAULT",
    "PLANS",
    "SWEEPS",
    "Plan",
    "Recording",
    "available",
    "folder_of",
    "load",
    "load_trace",
    "settings",
]

FOLDER = Path(__file__).parents[1] / "data" / "filters"
CARD, EXAMPLES = "card.json", "examples.json"
#: Folder of the recording that ``tools/record_trace.py`` makes.
TRACE = "trace-of-an-eye"
#: The strengths of the priors (see `interpretation.Priors`) with which all filters are recorded.
DEFAULT: dict[str, float] = {
    "fourier": 1,
    "color": 1,
    "transformations": 1,
    "total_variation": 2,
}
#: The strengths of each prior recorded for some filters, with the other priors at their defaults.
SWEEPS: dict[str, tuple[float, ...]] = {
    "fourier": (0, 0.5, 1, 1.5),
    "color": (0, 0.5, 1),
    "transformations": (0, 1, 2),
    "total_variation": (0, 2, 8),
}


@dataclass(frozen=True)
class Plan:
    """How the filters of a model are recorded.

    Attributes
    ----------
    title : str
        Name of the model for readers.
    classes : tuple of int
        Classes whose logits are maximized as well; by default none.
    layers : tuple of str
        Paths of the modules. By default every expanding convolution of a network of inverted
        bottlenecks, and in other networks every convolution larger than 1x1. Its normalization is
        included but not its ReLU, which has no gradient where it outputs 0.
    filters : int
        Number of filters per layer, drawn at random from those that some image activates.
    swept : int
        Number of those filters for which the strengths of the priors are varied.
    optima : int
        Number of images for the same filter that are kept different.
    diversity : float
        How strongly they are kept different; see `maximize_activation`.
    steps, learning_rate : int, float
        Settings of the gradient ascent.
    sizes : (int, int)
        Smallest and largest side of the synthesized images in pixels; between these limits, it is
        twice the receptive field.
    image_size : int
        Side of the data set's images as the model's input.
    """

    title: str
    classes: tuple[int, ...] = ()
    layers: tuple[str, ...] = ()
    filters: int = 12
    swept: int = 2
    optima: int = 3
    diversity: float = 0.5
    steps: int = 64
    learning_rate: float = 0.1
    sizes: tuple[int, int] = (32, 96)
    image_size: int = 112


#: Egyptian cat, golden retriever, dalmatian, zebra, flamingo, goldfish, monarch butterfly,
#: balloon, strawberry, banana, espresso and daisy: familiar to everybody.
_CLASSES = (285, 207, 251, 340, 130, 1, 323, 417, 949, 954, 967, 985)

#: The plan of each model, by name. VGG16 and ResNet50 need torchvision's weights.
PLANS = {
    "cats-vs-dogs/augmented": Plan("Our network for cats and dogs"),
    "efficientnet_lite0": Plan("EfficientNet-Lite0, trained on ImageNet", _CLASSES),
    "vgg16": Plan("VGG16, trained on ImageNet", _CLASSES),
    "resnet50": Plan("ResNet50, trained on ImageNet", _CLASSES),
}


def settings() -> list[dict[str, float]]:
    """List the recorded strengths of the priors: the default, then one prior at a time.

    Returns
    -------
    list of dict

    Examples
    --------
    >>> settings()[1]
    {'fourier': 0, 'color': 1, 'transformations': 1, 'total_variation': 2}
    """
    others = [
        {**DEFAULT, prior: strength}
        for prior, strengths in SWEEPS.items()
        for strength in strengths
        if strength != DEFAULT[prior]
    ]
    return [dict(DEFAULT), *others]


class Recording:
    """The recording of one model.

    Parameters
    ----------
    folder : path
        Contains the cards and the images.

    Attributes
    ----------
    name : str
        One of `PLANS`.
    card : dict
        ``layers`` with the chosen ``channels`` and the activations of their synthesized images;
        and when, how and with which weights the recording was made.
    """

    def __init__(self, folder: str | os.PathLike[str]):
        self.folder = Path(folder)
        self.card: dict[str, Any] = json.loads((self.folder / CARD).read_text(encoding="utf-8"))
        self.name: str = self.card["name"]

    @cached_property
    def examples(self) -> dict[str, Any]:
        """How the filters respond to the images of a data set.

        Returns
        -------
        dict
            ``pool`` describes the images; ``layers``, in the card's order, have the images with the
            highest and lowest activations, and ``pairs`` for the quiz; ``observers`` has the
            answers of two programs to its questions.
        """
        return json.loads((self.folder / EXAMPLES).read_text(encoding="utf-8"))

    def sheet(self, layer: int) -> bytes:
        """Return the synthesized images of a layer as the bytes of an AVIF file.

        Parameters
        ----------
        layer : int
            Index into the card's layers. Its ``sheet`` tells where each image is.

        Returns
        -------
        bytes
        """
        return (self.folder / f"{layer}.avif").read_bytes()

    def pool(self) -> bytes:
        """Return the images of the data set, compressed.

        Returns
        -------
        bytes
            The content of an AVIF file.
        """
        return (self.folder / "pool.avif").read_bytes()

    def __repr__(self) -> str:
        filters = sum(len(layer["channels"]) for layer in self.card["layers"])
        return f"<{self.name}: what {filters} filters of {len(self.card['layers'])} layers>"


def tiles_of(layer: dict[str, Any]) -> dict[str, list[list[int]]]:
    """Return the positions of a layer's images in its sheet.

    Parameters
    ----------
    layer : dict
        A layer from a recording's card.

    Returns
    -------
    dict of str to list of list of int
        Tile numbers for each filter: "optima", "minimum" and "neuron", and "swept" by swept filter
        and setting.

    Examples
    --------
    >>> tiles_of({"optima": [[3.5, 3.0]], "minimum": [-2.0], "neuron": None, "swept": []})
    {'optima': [[0, 1]], 'minimum': [[2]], 'neuron': [], 'swept': []}
    """
    numbers, start = {}, 0
    for kind in ("optima", "minimum", "neuron", "swept"):
        rows = [row if isinstance(row, list) else [row] for row in layer[kind] or []]
        numbers[kind] = []
        for row in rows:
            numbers[kind].append(list(range(start, start + len(row))))
            start += len(row)
    return numbers


def folder_of(name: str, root: str | os.PathLike[str] | None = None) -> Path:
    """Return the folder of a model's recording, which need not exist.

    Parameters
    ----------
    name : str
        One of `PLANS`.
    root : path, optional
        Folder of the recordings. By default those that ship with the package.

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
        Folder of the recordings. By default those that ship with the package.

    Returns
    -------
    tuple of str
        Names from `PLANS`, in that order.

    Examples
    --------
    >>> available("no such folder")
    ()
    """
    return tuple(name for name in PLANS if (folder_of(name, root) / EXAMPLES).is_file())


def load(name: str, root: str | os.PathLike[str] | None = None) -> Recording:
    """Read a recording.

    Parameters
    ----------
    name : str
        One of `PLANS`.
    root : path, optional
        Folder of the recordings. By default those that ship with the package.

    Returns
    -------
    Recording

    Raises
    ------
    ValueError
        If there is no such plan.
    FileNotFoundError
        If the model is not recorded.

    Examples
    --------
    >>> load("efficientnet_lite0").card["plan"]["steps"]
    64
    """
    folder = folder_of(name, root)
    for file, script in ((CARD, "record_filters"), (EXAMPLES, "record_examples")):
        if not (folder / file).is_file():
            raise FileNotFoundError(
                f"{name} is not recorded; record it with: python tools/{script}.py {name}"
            )
    return Recording(folder)


def load_trace(root: str | os.PathLike[str] | None = None) -> tuple[dict[str, Any], list[Any]]:
    """Read how a channel of EfficientNet-Lite0 was traced back through the channels that feed it.

    Parameters
    ----------
    root : path, optional
        Folder of the recordings. By default those that ship with the package.

    Returns
    -------
    card : dict
        ``levels`` from the start down: each with its ``block`` and ``channel``, its largest
        ``inputs`` by contribution (weight times activation), and the ``test`` in which these were
        ablated. ``shown`` lists the (block, channel) of each image.
    images : list of ndarray of uint8, shape (H, W, 3)
        The image that maximizes the center neuron of each channel.

    Examples
    --------
    >>> card, images = load_trace()
    >>> len(card["shown"]) == len(images)
    True
    """
    import numpy as np
    from PIL import Image

    folder = Path(root or FOLDER) / TRACE
    card = json.loads((folder / "trace.json").read_text(encoding="utf-8"))
    strip = np.asarray(Image.open(folder / "trace.avif").convert("RGB"))
    return card, np.split(strip, len(card["shown"]), axis=1)


def as_dict(plan: Plan) -> dict[str, Any]:
    """Return a plan in the form stored in a card."""
    return {
        **dataclasses.asdict(plan),
        "default": DEFAULT,
        "settings": settings(),
    }
