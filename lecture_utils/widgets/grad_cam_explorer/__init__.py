"""GradCamExplorer: where a network finds evidence for a class, beside occlusion."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import traitlets
from numpy.typing import ArrayLike, NDArray
from PIL import Image

from lecture_utils import pretrained

from .._demo import ArrayTrait, Demo
from .._traits import Whole, one_of
from .figure import figure_html
from .images import PHOTOS, explain, explain_known, known_photo, photo_code
from .traits import TOP, pack

EVIDENCE = ("positive", "both", "negative")
BESIDE = ("occlusion", "class", "difference")
ORDERS = ("effect", "weight")


class GradCamExplorer(Demo):
    """Show Grad-CAM of any class, at several layers, beside occlusion or another class.

    On the page, any class of the network can be chosen for the last layer. For the inner layers and
    for occlusion, only the classes that are among the 12 most likely for at least one image can be
    chosen. In a live notebook, all traits are in sync both ways.

    Parameters
    ----------
    photos : sequence of str, or dict of arrays, optional
        Names that `lecture_utils.datasets.photo` knows; or ``{name: image}`` with images of uint8,
        (H, W, 3).
    model : str
        A name for `lecture_utils.pretrained.load`: EfficientNet-Lite0 or a ResNet.
    layers : sequence of str, optional
        Module paths of parts of the model, in order, the last one included. By default the last
        part at each of the three lowest resolutions.
    photo : str, optional
        The image to begin with.
    class_index, other_class : int, optional
        The class that is explained, and the one to compare with. By default the image's likeliest
        two.
    layer : str, optional
        By default the last.
    evidence : {"positive", "both", "negative"}
        Grad-CAM keeps the positive values, which are evidence for the class.
    beside : {"occlusion", "class", "difference"}
        The content of the second image.
    opacity : int
        Opacity of the maps over the image, in percent.
    smooth : bool
        Whether maps are interpolated, as usual, or show their cells.
    added : int
        How many channels are summed, 0 to 8.
    order : {"effect", "weight"}
        Which channels come first: those that change the map most, or those with the largest
        weights.

    Attributes
    ----------
    map : ndarray of float32, shape (h, w)
        The signed map of the class at the layer, not rounded as in the page.
    explanations : dict of Evidence
        By name of the image: maps, weights and logits.

    Raises
    ------
    ValueError, traitlets.TraitError
        If a name, a class or an image does not fit, or the network does not end in global average
        pooling and one linear layer.

    Examples
    --------
    >>> GradCamExplorer(["cat"]).map.shape
    (7, 7)
    """

    network = traitlets.Dict().tag(sync=True)
    photos = traitlets.List().tag(sync=True)
    class_names = traitlets.List(traitlets.Unicode()).tag(sync=True)
    layers = traitlets.List().tag(sync=True)
    listed = traitlets.List(Whole()).tag(sync=True)
    logits = ArrayTrait("float32", ndim=2)
    biases = ArrayTrait("float32", ndim=1)
    jpegs = ArrayTrait("uint8", ndim=1)
    jpeg_sizes = traitlets.List(Whole()).tag(sync=True)
    maps = ArrayTrait("uint8", ndim=3)
    map_scales = ArrayTrait("float32", ndim=2)
    top_channels = ArrayTrait("uint8", ndim=1)
    top_weights = ArrayTrait("uint8", ndim=3)
    top_scales = ArrayTrait("float32", ndim=2)
    last_masks = ArrayTrait("uint8", ndim=2)
    last_values = ArrayTrait("uint8", ndim=1)
    last_steps = traitlets.List(traitlets.Float()).tag(sync=True)
    inner_maps = ArrayTrait("uint8", ndim=1)
    inner_ranges = ArrayTrait("float32", ndim=1)
    inner_weights = ArrayTrait("uint8", ndim=1)
    falls = ArrayTrait("uint8", ndim=1)
    fall_shape = traitlets.List(Whole()).tag(sync=True)

    photo = traitlets.Unicode().tag(sync=True)
    class_index = Whole().tag(sync=True)
    other_class = Whole().tag(sync=True)
    layer = traitlets.Unicode().tag(sync=True)
    evidence = traitlets.Enum(EVIDENCE, "positive").tag(sync=True)
    beside = traitlets.Enum(BESIDE, "occlusion").tag(sync=True)
    opacity = Whole(70, min=0, max=100).tag(sync=True)
    smooth = traitlets.Bool(True).tag(sync=True)
    added = Whole(TOP, min=0, max=TOP).tag(sync=True)
    order = traitlets.Enum(ORDERS, "effect").tag(sync=True)

    def __init__(
        self,
        photos: Sequence[str] | dict[str, ArrayLike] = PHOTOS,
        *,
        model: str = "efficientnet_lite0",
        layers: Sequence[str] | None = None,
        photo: str | None = None,
        class_index: int | None = None,
        other_class: int | None = None,
        layer: str | None = None,
        evidence: str = "positive",
        beside: str = "occlusion",
        opacity: int = 70,
        smooth: bool = True,
        added: int = TOP,
        order: str = "effect",
    ):
        net = pretrained.load(model)
        layers = None if layers is None else tuple(layers)
        self.explanations = _gather(photos, net, layers)
        own = isinstance(photos, dict)
        photo = next(iter(self.explanations)) if photo is None else photo
        if photo not in self.explanations:
            raise traitlets.TraitError(
                f"photo is {photo!r}; use one of {', '.join(self.explanations)}"
            )
        likeliest = [int(c) for c in self.explanations[photo].top(2)]
        super().__init__(
            network={"name": model, "title": net.title, "origin": net.origin},
            photos=[
                {"name": name, "code": "" if own else photo_code(name)}
                for name in self.explanations
            ],
            class_names=list(net.class_names),
            biases=_linear_bias(net.model),
            photo=photo,
            class_index=likeliest[0] if class_index is None else class_index,
            other_class=likeliest[1] if other_class is None else other_class,
            layer=list(self.explanations[photo].layers)[-1] if layer is None else layer,
            evidence=evidence,
            beside=beside,
            opacity=opacity,
            smooth=smooth,
            added=added,
            order=order,
            **pack(list(self.explanations.values())),
        )

    @traitlets.validate("photo")
    def _check_photo(self, proposal):
        return one_of(proposal, self.explanations)

    @traitlets.validate("layer")
    def _check_layer(self, proposal):
        return one_of(proposal, next(iter(self.explanations.values())).layers)

    @traitlets.validate("class_index", "other_class")
    def _check_class(self, proposal):
        count = len(next(iter(self.explanations.values())).logits)
        if not 0 <= proposal["value"] < count:
            raise traitlets.TraitError(
                f"{proposal['trait'].name} is {proposal['value']}; the network has the classes 0 "
                f"to {count - 1}"
            )
        return proposal["value"]

    @property
    def map(self) -> NDArray[np.float32]:
        """Return the signed map of the class at the layer."""
        return self.explanations[self.photo].layers[self.layer].cam(self.class_index)

    def readings(self) -> dict[str, Any]:
        """Return how far to the right the evidence for the class lies, and the class's rank.

        ``center`` is the mean column of the positive part of the map, in percent of the width, and
        50 where there is none. The likeliest class has the rank 1.
        """
        positive = np.maximum(self.map, 0).sum(axis=0)
        columns = (np.arange(len(positive)) + 0.5) / len(positive)
        total = float(positive.sum())
        logits = self.explanations[self.photo].logits
        return {
            "center": 100 * float(positive @ columns) / total if total else 50.0,
            "rank": 1 + int((logits > logits[self.class_index]).sum()),
        }

    def figure_html(self) -> str:
        """Return the image and the maps of its likeliest classes, with a table of their numbers."""
        return figure_html(self.explanations[self.photo], self.photo, self.layer, self.class_names)


def _gather(photos, net, layers):
    """Explain all images; a dict from their names to evidence."""
    if isinstance(photos, str):
        raise ValueError(f"photos is {photos!r}; give a list of names, or a dict of images")
    if isinstance(photos, dict):
        explanations = {
            str(name): explain(net, _image_or_array(image), layers)
            for name, image in photos.items()
        }
    else:
        names = list(photos)
        for name in names:
            known_photo(name)  # A wrong name is refused before the first image is computed.
        explanations = {name: explain_known(net.name, name, layers) for name in names}
    if not explanations:
        raise ValueError("there are no photos; give at least one")
    return explanations


def _image_or_array(image):
    # As an array, an image would lose its palette and its orientation.
    return image if isinstance(image, Image.Image) else np.asarray(image)


def _linear_bias(model):
    from torch import nn

    linear = [child for child in model.children() if isinstance(child, nn.Linear)][-1]
    count = linear.out_features
    return np.zeros(count) if linear.bias is None else linear.bias.detach().numpy()
