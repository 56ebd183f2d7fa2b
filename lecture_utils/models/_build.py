"""Networks by name."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from torch import nn

from lecture_utils.models._deep import deep_cnn
from lecture_utils.models._filters import filter_network
from lecture_utils.models._mnist import dense_network, flatten_cnn, gap_cnn, strong_cnn
from lecture_utils.models._photos import cats_cnn, small_resnet

#: The function that builds each model, by the name used in recipes.
NETWORKS: dict[str, Callable[..., nn.Sequential]] = {
    "dense": dense_network,
    "flatten": flatten_cnn,
    "gap": gap_cnn,
    "strong": strong_cnn,
    "pixels": partial(filter_network, filters="none"),
    "gabor": partial(filter_network, filters="gabor"),
    "smooth": partial(filter_network, filters="smooth"),
    "random": partial(filter_network, filters="random"),
    "one-layer": filter_network,
    "two-random": partial(filter_network, filters="random", layers=2),
    "two-layers": partial(filter_network, layers=2),
    "cats": cats_cnn,
    "cats-dropout": partial(cats_cnn, dropout=0.5),
    "cats-strong": small_resnet,
    "cats-strides": partial(small_resnet, pooling=False),
    **{
        f"{kind}-{depth}": partial(deep_cnn, depth=depth, shortcuts=kind == "residual")
        for kind in ("plain", "residual")
        for depth in (8, 20, 56)
    },
}


def build(name: str, num_classes: int | None = None, **options: Any) -> nn.Sequential:
    """Build a network by name, with new random weights.

    Parameters
    ----------
    name : str
        One of `NETWORKS`.
    num_classes : int, optional
        At least 1. By default ten, or one logit for photos of two classes.
    **options
        Arguments of the function that builds it, such as ``dropout=0.5`` for "cats".

    Returns
    -------
    nn.Sequential
        Maps images to logits.

    Raises
    ------
    ValueError
        If the name is unknown or `num_classes` is below 1.

    Examples
    --------
    >>> build("gap")[-1]
    Linear(in_features=64, out_features=10, bias=True)
    """
    if name not in NETWORKS:
        raise ValueError(f"there is no network {name!r}; use one of {', '.join(NETWORKS)}")
    classes = () if num_classes is None else (num_classes,)
    return NETWORKS[name](*classes, **options)
