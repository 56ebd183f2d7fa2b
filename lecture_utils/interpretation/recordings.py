"""What maximizes the activation of filters, beside the images that activate them most: recorded once and shipped.

`load` reads a recording. ``tools/record_filters.py`` makes it again: minutes to half an hour on one processor core.
"""

import json
from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).parents[1] / "data" / "filters"
CARD = "card.json"
METHODS = ("plain", "strong")


@dataclass(frozen=True)
class LayerPlan:
    """A layer whose filters are asked.

    Attributes
    ----------
    label : str
        What readers see.
    path : str
        Of the module. A convolution (or its normalization) before its ReLU, because a ReLU at 0 has no gradient.
    size : int
        Side of the pictures in pixels: a few times what the filter sees, at most what the network was made for.
    channels : tuple of int, optional
        Which filters. By default some are drawn at random.
    """

    label: str
    path: str
    size: int
    channels: tuple | None = None


@dataclass(frozen=True)
class Plan:
    """How a network's filters are asked.

    Attributes
    ----------
    title : str
    layers : tuple of LayerPlan
    filters : int
        How many of each layer.
    steps : int
        Of the gradient ascent.
    frames : tuple of int
        Steps after which a picture is kept.
    image_size : int
        Side of the data set's pictures when they are shown to the network.
    """

    title: str
    layers: tuple
    filters: int = 6
    steps: int = 200
    frames: tuple = (0, 4, 16, 64, 200)
    image_size: int = 224


#: Egyptian cat, golden retriever, dalmatian, strawberry, espresso and daisy: known to everybody.
_CLASSES = (285, 207, 251, 949, 967, 985)

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
    """What was recorded for one network.

    Attributes
    ----------
    name : str
        One of `PLANS`.
    card : dict
        ``layers`` with the chosen ``channels``, and for "plain" and "strong" the ``activations`` of each frame; what
        the data set's pictures reach; and when, how and with which weights all this was made.
    """

    def __init__(self, folder):
        self.folder = Path(folder)
        self.card = json.loads((self.folder / CARD).read_text(encoding="utf-8"))
        self.name = self.card["name"]

    def sprite(self, layer, kind):
        """Return the compressed pictures of a layer: bytes of a WebP file.

        Parameters
        ----------
        layer : int
            Which of the card's layers.
        kind : {"plain", "strong", "examples"}
            Pictures of gradient ascent (filter by filter, frame by frame), or of the data set (filter by filter, the
            most exciting first). The layout is in the card.
        """
        return (self.folder / f"{layer}-{kind}.webp").read_bytes()

    def __repr__(self):
        filters = sum(len(layer["channels"]) for layer in self.card["layers"])
        return f"<{self.name}: maximal activation of {filters} filters, {self.card['plan']['steps']} steps>"


def folder_of(name, root=None):
    """Return the folder of a network's recording; raise ValueError for an unknown name."""
    if name not in PLANS:
        raise ValueError(f"there is no plan for {name!r}; use one of {', '.join(PLANS)}")
    return Path(root or FOLDER) / name.replace("/", "-")


def available(root=None):
    """List the networks whose filters are recorded.

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


def load(name, root=None):
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
