"""The images of the demo, and the evidence that the network finds in each."""

from dataclasses import dataclass
from functools import cache

import numpy as np
import torch

from lecture_utils import datasets, pretrained

from .chain import as_chain
from .evidence import channel_weights, occlusion_falls

#: Two halves in one image, so that two classes have their evidence at different positions.
COLLAGE = "cat beside coffee"
PHOTOS = (COLLAGE, "motorcycle", "rocket")
_HALF = (256, 128)

#: Side of the cover of occlusion and how far it moves, in pixels.
WINDOW, STRIDE = 64, 32


@dataclass(frozen=True, eq=False)
class Layer:
    """The maps and weights of one layer, for one image.

    Attributes
    ----------
    maps : ndarray of float32, shape (K, h, w)
        The layer's feature maps.
    weights : ndarray of float32, shape (classes, K)
        Their weights for each class.
    """

    maps: np.ndarray
    weights: np.ndarray

    def cam(self, class_index):
        """Return the signed map of a class, or of several."""
        return np.tensordot(self.weights[class_index], self.maps, axes=1)


@dataclass(frozen=True, eq=False)
class Evidence:
    """The evidence that a network finds in one image.

    Attributes
    ----------
    image : ndarray of uint8, shape (S, S, 3)
        The image as the network sees it.
    logits : ndarray of float32, shape (classes,)
    layers : dict of Layer
        By module path.
    falls : ndarray of float32, shape (classes, S / 32, S / 32)
        By how much the logit falls when the cell is covered (`WINDOW` and `STRIDE`).
    """

    image: np.ndarray
    logits: np.ndarray
    layers: dict
    falls: np.ndarray

    def top(self, count):
        """Return the classes with the largest logits, the largest first."""
        return np.argsort(-self.logits, kind="stable")[:count]

    def limit(self, layer):
        """Return the largest magnitude in the maps of the five likeliest classes."""
        return float(np.abs(self.layers[layer].cam(self.top(5))).max())


def known_photo(name):
    """Return an image that the demo knows by name, uint8 (H, W, 3).

    Raises
    ------
    ValueError
        If it is neither `COLLAGE` nor one of `lecture_utils.datasets.photo_names`.
    """
    if name == COLLAGE:
        return np.concatenate(
            [datasets.photo(half, size=_HALF) for half in ("cat", "coffee")], axis=1
        )
    return datasets.photo(name)


def photo_code(name):
    """Return Python that gives the same image."""
    if name != COLLAGE:
        return f'datasets.photo("{name}")'
    halves = [f'datasets.photo("{half}", size={_HALF})' for half in ("cat", "coffee")]
    return f"np.concatenate([{', '.join(halves)}], axis=1)"


def default_layers(chain, images):
    """Choose the last part at each of the three lowest resolutions."""
    with torch.no_grad():
        sizes = {name: maps.shape[-1] for name, maps in chain.maps(images).items()}
    last = {size: name for name, size in sizes.items()}
    return tuple(last[size] for size in sorted(last, reverse=True)[-3:])


def explain(net, image, layers=None):
    """Gather all the evidence that the demo shows for an image.

    Parameters
    ----------
    net : lecture_utils.pretrained.Pretrained
    image : PIL.Image.Image, or ndarray of uint8, shape (H, W, 3) or (H, W)
    layers : sequence of str, optional
        Module paths of parts of the network, the last of them included; by default
        `default_layers`.

    Returns
    -------
    Evidence

    Raises
    ------
    ValueError
        If the network is not a chain, or has no such parts.
    """
    images = net.preprocess(image)
    chain = as_chain(net.model, images)
    final = list(chain.parts)[-1]
    layers = tuple(layers or default_layers(chain, images))
    unknown = [name for name in layers if name not in chain.parts]
    if (
        unknown
        or layers[-1] != final
        or list(layers) != [name for name in chain.parts if name in layers]
    ):
        raise ValueError(
            f"layers is {layers}; name parts from {', '.join(chain.parts)}, in this order and with "
            f"{final} as the last"
        )
    with torch.no_grad():
        maps = chain.maps(images)
        logits = chain.after(final)(maps[final])[0]
    weights = {name: channel_weights(chain.after(name), maps[name]) for name in layers[:-1]}
    # Here the derivative needs no pass: it is the linear layer.
    weights[final] = chain.linear.weight.detach() / maps[final][0, 0].numel()
    if maps[final].min() < 0:
        raise ValueError(
            f"{final} has negative values; the demo needs a ReLU before the average pooling"
        )
    return Evidence(
        image=(net.crop(image)[0].permute(1, 2, 0) * 255).round().byte().numpy(),
        logits=logits.numpy(),
        layers={name: Layer(maps[name][0].numpy(), weights[name].numpy()) for name in layers},
        falls=occlusion_falls(net.model, images, WINDOW, STRIDE).numpy(),
    )


@cache
def explain_known(network, name, layers):
    """Do the same for an image that the demo knows by name, and cache the result."""
    return explain(pretrained.load(network), known_photo(name), layers)
