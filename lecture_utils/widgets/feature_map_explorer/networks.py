"""The networks of FeatureMapExplorer, their layers, and their predictions in words."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import nn

from lecture_utils import pretrained, runs

from .._figure import percent
from .images import SIDE

#: Layers of networks that are not a plain chain: where the size of the maps changes.
_LAYERS = {
    "efficientnet_lite0": (
        "features.stem",
        *(f"features.stage{n}" for n in range(1, 8)),
        "features.head",
    ),
    "resnet18": ("relu", "layer1", "layer2", "layer3", "layer4"),
    "resnet50": ("relu", "layer1", "layer2", "layer3", "layer4"),
    "inception_v3": (
        "Conv2d_1a_3x3",
        "Conv2d_2b_3x3",
        "Conv2d_4a_3x3",
        "Mixed_5d",
        "Mixed_6e",
        "Mixed_7c",
    ),
}


@dataclass(frozen=True, eq=False)
class Subject:
    """A network to look into.

    Attributes
    ----------
    name, title : str
    model : nn.Module
    layers : dict of str to str
        From the label that readers see to the path of a module.
    prepare : callable
        From images, float (N, 3, 224, 224) with values from 0 to 1, to the input of the network.
    say : callable or None
        From logits (N, K) to one short sentence per image.
    code : str
        Python that gives `network`, `layers` and `prepare`; empty for a reader's own network.
    """

    name: str
    title: str
    model: nn.Module
    layers: dict
    prepare: Callable
    say: Callable | None = None
    code: str = ""


def subjects(items):
    """Load networks.

    Parameters
    ----------
    items : sequence of str or dict
        See `FeatureMapExplorer`.

    Returns
    -------
    dict of str to Subject

    Raises
    ------
    ValueError
        If one is unknown or given twice, or has no layer to look at.
    """
    found = {}
    for item in items:
        for subject in _own(item) if isinstance(item, dict) else [_known(item)]:
            if subject.name in found:
                raise ValueError(f"there are two networks called {subject.name!r}; rename one")
            if not subject.layers:
                raise ValueError(f"{subject.name!r} has no convolution; name its layers")
            found[subject.name] = subject
    return found


def convolution_layers(model):
    """Find the output of each convolution of a network, after the ReLU that follows it.

    Parameters
    ----------
    model : nn.Module

    Returns
    -------
    dict of str to str
        From "convolution 1" and so on to the path of a module.

    Examples
    --------
    >>> convolution_layers(nn.Sequential(nn.Conv2d(3, 8, 3), nn.ReLU(), nn.Conv2d(8, 4, 3)))
    {'convolution 1': '1', 'convolution 2': '2'}
    """
    leaves = [(path, leaf) for path, leaf in model.named_modules() if not list(leaf.children())]
    paths = []
    for i, (path, leaf) in enumerate(leaves):
        if isinstance(leaf, nn.Conv2d):
            block, after = path.rpartition(".")[0], i + 1
            while after < len(leaves) and isinstance(leaves[after][1], nn.BatchNorm2d):
                after += 1
            follows = after < len(leaves) and leaves[after][0].rpartition(".")[0] == block
            is_relu = follows and isinstance(leaves[after][1], nn.ReLU | nn.ReLU6)
            paths.append(leaves[after][0] if is_relu else path)
    return {f"convolution {number}": path for number, path in enumerate(paths, 1)}


def _known(name):
    if name in pretrained.NETWORKS:
        return _pretrained(name)
    if name in runs.RECIPES and runs.recipe(name).dataset == "cats_vs_dogs":
        return _recorded(name)
    known = [
        *pretrained.NETWORKS,
        *(n for n, r in runs.RECIPES.items() if r.dataset == "cats_vs_dogs"),
    ]
    raise ValueError(
        f"there is no network {name!r} for color photos; use one of {', '.join(known)}, or "
        "{name: (model, layers)}"
    )


def _recorded(name):
    run = runs.load(name)
    side = run.card["recipe"]["image_size"]

    def say(logits):
        probabilities = torch.sigmoid(logits[:, 0].double()).tolist()
        return [
            f"dog, {percent(p, 0)}" if p > 0.5 else f"cat, {percent(1 - p, 0)}"
            for p in probabilities
        ]

    return Subject(
        name,
        f"Our network for cats and dogs ({side}×{side} pixels)",
        run.model,
        convolution_layers(run.model),
        lambda images: _resized(images, side),
        say if run.model(torch.zeros(1, 3, side, side)).shape[1] == 1 else None,
        f"""from lecture_utils import runs

network = runs.load("{name}").model
prepare = lambda images: nn.functional.interpolate(
    images, size={side}, mode="bilinear", antialias=True
)""",
    )


def _pretrained(name):
    net = pretrained.load(name)

    def say(logits):
        probabilities, classes = logits.double().softmax(1).max(1)
        pairs = zip(classes, probabilities, strict=True)
        return [f"{net.class_names[c]}, {percent(p, 0)}" for c, p in pairs]

    paths = _LAYERS.get(name)
    labels = {path.rpartition(".")[2].replace("stage", "stage "): path for path in paths or ()}
    return Subject(
        name,
        f"{net.title}, trained on ImageNet",
        net.model,
        labels or _before_pooling(net.model),
        lambda images: net.normalize(_resized(images, net.image_size)),
        say,
        f"""from lecture_utils import pretrained

net = pretrained.load("{name}")
network = net.model
prepare = lambda images: net.normalize(
    nn.functional.interpolate(images, size=net.image_size, mode="bilinear", antialias=True)
)""",
    )


def _before_pooling(model):
    """Return the last layer at each map size of a long plain chain (VGG16)."""
    convolutions = list(convolution_layers(model).values())
    order = [path for path, _ in model.named_modules()]
    pools = [path for path, leaf in model.named_modules() if isinstance(leaf, nn.MaxPool2d)]
    last = (
        [path for path in convolutions if order.index(path) < order.index(pool)][-1]
        for pool in pools
    )
    return {f"block {number}": path for number, path in enumerate(last, 1)}


def _own(item):
    for name, given in item.items():
        if (
            not isinstance(given, tuple)
            or not 1 <= len(given) <= 3
            or not isinstance(given[0], nn.Module)
        ):
            raise ValueError(
                f"{name!r} is {given!r}; give (model, layers) or (model, layers, prepare)"
            )
        model, *rest = given
        layers, prepare = (*rest, None, None)[:2]
        layers = layers or convolution_layers(model)
        if not isinstance(layers, dict):
            layers = {path: path for path in layers}
        yield Subject(str(name), str(name), model, layers, prepare or (lambda images: images))


def _resized(images, side):
    if side == SIDE:
        return images
    return nn.functional.interpolate(images, size=side, mode="bilinear", antialias=True)
