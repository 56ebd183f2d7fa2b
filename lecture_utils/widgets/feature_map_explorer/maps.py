"""The feature maps of a network for a few images, measured and packed for the browser."""

from dataclasses import dataclass

import numpy as np
import torch
from torch import nn

from lecture_utils._inspect import evaluating
from lecture_utils.geometry import receptive_field
from lecture_utils.interpretation import feature_maps

from .._sprites import pack_tiles

#: Maps with longer sides are shown at a half, a third, ... of their resolution.
LARGEST_SIDE = 60
#: Fraction of a layer's values with a color of their own; the rest share the strongest one.
IN_SCALE = 0.998
_QUALITY = 42


@dataclass(frozen=True, eq=False)
class LayerMaps:
    """All feature maps of one layer.

    Attributes
    ----------
    label, path : str
    maps : ndarray of float32, shape (images, filters, H, W)
    place : tuple of float
        Top, left, height and width of the region that the map covers, as parts of the image's side.
    """

    label: str
    path: str
    maps: np.ndarray
    place: tuple

    @property
    def is_signed(self):
        """Whether there are values below zero."""
        return bool((self.maps < 0).any())

    @property
    def responses(self):
        """Return the mean magnitude of each map, (images, filters)."""
        return np.abs(self.maps).mean(axis=(2, 3))

    @property
    def peaks(self):
        """Return the value of each map that is farthest from zero, (images, filters)."""
        flat = self.maps.reshape(*self.maps.shape[:2], -1)
        at = np.abs(flat).argmax(axis=2)[..., None]
        return np.take_along_axis(flat, at, axis=2)[..., 0]

    @property
    def dead(self):
        """Return the indices of the filters whose maps are zero everywhere, for all images."""
        return np.flatnonzero((self.maps == 0).all(axis=(0, 2, 3)))

    @property
    def limit(self):
        """Return the magnitude with the strongest color, the same for all maps of the layer."""
        return float(np.quantile(np.abs(self.shown), IN_SCALE)) or 1.0

    @property
    def shown(self):
        """Return the maps at the resolution at which they are shown."""
        rows, columns = self.maps.shape[2:]
        factor = -(-max(rows, columns) // LARGEST_SIDE)
        if factor == 1:
            return self.maps
        size = max(1, rows // factor), max(1, columns // factor)
        return nn.functional.adaptive_avg_pool2d(torch.from_numpy(self.maps), size).numpy()

    def packed(self):
        """Return a sprite, with all images of filter 0, then of filter 1 and so on, and its layout.

        Bytes 0 to 255 stand for 0 to `limit`; for signed maps, 1 to 255 for -`limit` to `limit`.
        """
        values = self.shown / self.limit
        levels = 128 + 127 * values.clip(-1, 1) if self.is_signed else 255 * values.clip(0, 1)
        levels = np.rint(levels).astype(np.uint8).swapaxes(0, 1)
        return pack_tiles(levels.reshape(-1, *levels.shape[2:]), _QUALITY)


def record(subject, images):
    """Show images to a network and keep the maps of its layers.

    Parameters
    ----------
    subject : networks.Subject
    images : ndarray of uint8, shape (N, 224, 224, 3)

    Returns
    -------
    layers : list of LayerMaps
    said : list of str
        The prediction for each image in words; empty strings where there are none.

    Raises
    ------
    ValueError
        If a layer does not exist, has no feature maps, or has values that are not finite.
    """
    inputs = subject.prepare(torch.tensor(images).permute(0, 3, 1, 2).float() / 255)
    outputs = feature_maps(subject.model, list(subject.layers.values()), inputs)
    with evaluating(subject.model), torch.no_grad():
        logits = subject.model(inputs)
    layers = []
    for label, path in subject.layers.items():
        maps = outputs[path].cpu().numpy().astype(np.float32)
        if not np.isfinite(maps).all():
            raise ValueError(f"layer {path!r} of {subject.name!r} gives NaN or infinite numbers")
        layers.append(LayerMaps(label, path, maps, _place(subject.model, path, maps, inputs)))
    said = subject.say(logits) if subject.say else [""] * len(images)
    return layers, said


def _place(model, path, maps, inputs):
    """Return the region that the map covers, with each value over the middle of its field."""
    try:
        field = receptive_field(model, path)[-1]
    except ValueError:
        # Not known; nearly all networks pad so that a map covers the image.
        return (0.0, 0.0, 1.0, 1.0)
    sides = inputs.shape[2:]
    jumps = [float(jump) for jump in field.jump]
    starts = [(field.offset[a] + (field.size[a] - jumps[a]) / 2) / sides[a] for a in range(2)]
    lengths = [jumps[a] * maps.shape[2 + a] / sides[a] for a in range(2)]
    return (*starts, *lengths)
