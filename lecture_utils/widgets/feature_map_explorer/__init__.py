"""FeatureMapExplorer: all feature maps of trained networks, for two images side by side."""

from __future__ import annotations

import html
from collections.abc import Mapping

import numpy as np
import traitlets
from numpy.typing import ArrayLike
from PIL import Image

from lecture_utils.palette import sequential_colors, signed_colors

from .. import _figure
from .._demo import ArrayTrait, Demo
from .._images import as_square
from .._sprites import pack_tiles, unpack_tiles
from .._traits import Whole, one_of
from .images import MOST_IMAGES, SIDE, default_images
from .maps import record
from .networks import subjects

NETWORKS = ("cats-vs-dogs/augmented", "efficientnet_lite0")
SORTS = ("number", "response", "difference")
_IMAGE_QUALITY = 75


class FeatureMapExplorer(Demo):
    """Show the response of every filter of every layer to two images, on one scale per layer.

    Filters can be sorted by how strongly they respond, or by how differently they respond to the
    two images. The demo marks filters that are dead for all images, and shows one filter enlarged,
    over the images. In a live notebook, all traits are in sync both ways.

    Parameters
    ----------
    *models : str or dict
        Names of `pretrained.NETWORKS` or of recorded runs on cats and dogs, or dicts
        ``{name: (model, layers, prepare)}``: ``layers`` are module paths, a dict from labels to
        paths, or None for all convolutions; ``prepare`` turns images, float (N, 3, 224, 224) from 0
        to 1, into the model's input, and may be left out. By default the book's network for cats
        and dogs, and EfficientNet-Lite0.
    images : dict of str to image, optional
        Two to eight: PIL images or arrays, see `AugmentationLab`. By default a cat, a dog and some
        photos.
    left, right : str, optional
        Names of the two images that are shown; by default the first two.
    model, layer : str, optional
        Where to start; by default in the first convolutional layer of the first model.
    sort : {"number", "response", "difference"}
        Order of the filters.
    filter : int, optional
        Which one is enlarged; by default the one that comes first in that order.

    Attributes
    ----------
    maps : dict of str to dict of str to maps.LayerMaps
        By model and layer: the maps (``.maps``) themselves, ``.responses``, ``.peaks``,
        ``.dead`` and more.

    Raises
    ------
    ValueError, traitlets.TraitError
        If a network, layer or image is unknown or given twice, or a value is not an image, or a
        layer has no maps.

    Notes
    -----
    The response of a filter is the mean magnitude of its map. Maps travel to the page as compressed
    images; the numbers beside them are those that were measured.

    Examples
    --------
    >>> from torch import nn
    >>> own = {"mine": (nn.Sequential(nn.Conv2d(3, 8, 3), nn.ReLU()),)}
    >>> FeatureMapExplorer(own).maps["mine"]["convolution 1"].maps.shape
    (5, 8, 222, 222)
    """

    networks = traitlets.List().tag(sync=True)
    image_names = traitlets.List(traitlets.Unicode()).tag(sync=True)
    image_layout = traitlets.Dict().tag(sync=True)
    image_sprite = ArrayTrait("uint8", ndim=1)
    sprites = ArrayTrait("uint8", ndim=1)
    numbers = ArrayTrait("uint8", ndim=1)
    left = traitlets.Unicode().tag(sync=True)
    right = traitlets.Unicode().tag(sync=True)
    model = traitlets.Unicode().tag(sync=True)
    layer = traitlets.Unicode().tag(sync=True)
    sort = traitlets.Enum(SORTS, "response").tag(sync=True)
    filter = Whole(0, min=0).tag(sync=True)

    def __init__(
        self,
        *models: str | Mapping[str, tuple],
        images: Mapping[str, Image.Image | ArrayLike] | None = None,
        left: str | None = None,
        right: str | None = None,
        model: str | None = None,
        layer: str | None = None,
        sort: str = "response",
        filter: int | None = None,
    ):
        if images is None:
            shown = default_images()
        else:
            shown = {str(name): as_square(each, name, side=SIDE) for name, each in images.items()}
        if not 2 <= len(shown) <= MOST_IMAGES:
            raise ValueError(f"there are {len(shown)} images; give 2 to {MOST_IMAGES}")
        pixels = np.stack(list(shown.values()))
        found = subjects(models or NETWORKS)
        self.maps, self._said, data, parts, numbers = {}, {}, [], [], []
        for subject in found.values():
            layers, said = record(subject, pixels)
            self.maps[subject.name] = {each.label: each for each in layers}
            self._said[subject.name] = said
            entries = []
            for each in layers:
                sprite, layout = each.packed()
                # In half precision: three digits, which is what the page shows.
                values = np.stack([each.responses, each.peaks]).astype("<f2").tobytes()
                entries.append(
                    {
                        "label": each.label,
                        "path": each.path,
                        "size": list(each.maps.shape[1:]),
                        "signed": each.is_signed,
                        "limit": each.limit,
                        "place": list(each.place),
                        "dead": each.dead.tolist(),
                        "layout": layout,
                        "bytes": len(sprite),
                    }
                )
                parts.append(sprite)
                numbers.append(values)
            data.append(
                {
                    "name": subject.name,
                    "title": subject.title,
                    "code": subject.code,
                    "said": said,
                    "layers": entries,
                }
            )
        names = list(shown)
        sprite, layout = pack_tiles(pixels, _IMAGE_QUALITY)
        start = next(iter(found)) if model is None else model
        super().__init__(
            networks=data,
            image_names=names,
            image_layout=layout,
            image_sprite=np.frombuffer(sprite, np.uint8),
            sprites=np.frombuffer(b"".join(parts), np.uint8),
            numbers=np.frombuffer(b"".join(numbers), np.uint8),
            left=names[0] if left is None else left,
            right=names[1] if right is None else right,
            model=start,
            layer=next(iter(self.maps.get(start, {""}))) if layer is None else layer,
            sort=sort,
        )
        self.filter = self._order()[0] if filter is None else filter

    @traitlets.validate("left", "right")
    def _check_image(self, proposal):
        return one_of(proposal, self.image_names)

    @traitlets.validate("model")
    def _check_model(self, proposal):
        return one_of(proposal, self.maps)

    @traitlets.validate("layer")
    def _check_layer(self, proposal):
        return one_of(proposal, self.maps[self.model])

    @traitlets.validate("filter")
    def _check_filter(self, proposal):
        count = len(self._shown_layer.responses[0])
        if proposal["value"] >= count:
            raise traitlets.TraitError(
                f"filter is {proposal['value']}; {self.layer} has the filters 0 to {count - 1}"
            )
        return proposal["value"]

    @traitlets.observe("model", "layer")
    def _follow(self, change):
        if self.layer not in self.maps[self.model]:
            self.layer = next(iter(self.maps[self.model]))
        self.filter = min(self.filter, len(self._shown_layer.responses[0]) - 1)

    @property
    def _shown_layer(self):
        return self.maps[self.model][self.layer]

    def _order(self):
        """Return the filters in the order in which they are shown."""
        sides = [self.image_names.index(each) for each in (self.left, self.right)]
        first, second = self._shown_layer.responses[sides]
        merit = {
            "number": np.zeros_like(first),
            "response": np.maximum(first, second),
            "difference": np.abs(first - second),
        }[self.sort]
        return [int(number) for number in np.argsort(-merit, kind="stable")]

    def figure_html(self) -> str:
        """Return the two images with their strongest maps, and the response of each layer."""
        layer, name = self._shown_layer, self.model
        sides = [self.image_names.index(each) for each in (self.left, self.right)]
        strongest = self._order()[:2]
        images = unpack_tiles(self.image_sprite.tobytes(), self.image_layout, len(self.image_names))
        tiles = []
        for side in sides:
            tiles.append(_figure.rgb_tile(images[side]))
            tiles += [_scaled(layer, side, one) for one in strongest]
        means = layer.responses[sides].mean(axis=1)
        text = (
            f"“{self.left}” and “{self.right}”, each followed by the maps of filters "
            f"{strongest[0]} and {strongest[-1]} of {self.layer}. Mean response of the layer: "
            f"{' and '.join(_figure.number(mean, 3) for mean in means)}."
        )
        said = "; ".join(
            f"“{self.image_names[s]}”: {self._said[name][s]}" for s in sides if self._said[name][s]
        )
        outputs = f"Predictions of the network: {said}." if said else ""
        rows = [self._row(label, each, sides) for label, each in self.maps[name].items()]
        heads = (
            "Layer",
            "Filters",
            "Map",
            f"Response: {self.left}",
            f"Response: {self.right}",
            "Dead",
        )
        alt = f"Two images, and where two filters of {self.layer} respond to them."
        return (
            f"<figure>{_figure.image_html(tiles, alt)}<figcaption>{html.escape(text)} "
            f"{html.escape(outputs)}</figcaption></figure>"
            f'<div class="demo-numbers">{_figure.table(name, heads, rows)}</div>'
        )

    def _row(self, label, layer, sides):
        count, rows, columns = layer.maps.shape[1:]
        means = layer.responses[sides].mean(axis=1)
        cells = (
            count,
            f"{rows}×{columns}",
            *(_figure.number(m, 3) for m in means),
            len(layer.dead),
        )
        return _figure.table_row(label, cells)


def _scaled(layer, image, number):
    """Return a map as a tile, in the colors of the layer's common scale."""
    values = layer.maps[image, number]
    colors = signed_colors if layer.is_signed else sequential_colors
    return _figure.rgb_tile(colors(values, layer.limit))
