"""AugmentationLab: what random transforms do to an image, drawn anew every epoch."""

from __future__ import annotations

import html
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import traitlets
from numpy.typing import ArrayLike
from PIL import Image

from lecture_utils import datasets

from .. import _figure
from .._demo import ArrayTrait, Demo
from .._images import PixelTrait, as_square
from .._traits import Whole
from .figure import drawn_by_torchvision, setting_rows
from .presets import LIMITS, OFF, PRESETS

if TYPE_CHECKING:
    from lecture_utils.augmentation import Augment

__all__ = ["LIMITS", "PRESETS", "AugmentationLab"]

SIDE = 112
PHOTOS = ("cat", "coffee", "astronaut", "rocket")
MOST_IMAGES = 12
#: Names of images that are not in the gallery.
OTHER_SOURCES = ("your file", "your array")
_PAIRS = ("scale", "crop")
_NOT_THERE = ("ratio", "mixup")


class AugmentationLab(Demo):
    """One image in twelve random versions; "the next epoch" draws twelve others.

    In a live notebook, all traits are in sync both ways.

    Parameters
    ----------
    image : str, optional
        Name of the image to start with. By default the first.
    preset : {"photos", "the lecture's", "digits", "nothing"}
        Settings to start from.
    sources : dict of str to image, optional
        Images to choose from instead of some photos: PIL images, or arrays of shape (H, W) or
        (H, W, 3), uint8 or with values from 0 to 1. The lab shows their largest middle square at
        112x112.
    partner : str, optional
        The image that `mixup` mixes in. By default the second, or the first if there is no other.
    seed : int
        Decides the random transforms; "the next epoch" adds one.
    **settings
        Individual settings, with the names and meanings of `lecture_utils.augmentation.Augment`:
        ``degrees``, ``translate``, ``scale`` (a pair), ``shear``, ``crop`` (a pair), ``flip``,
        ``brightness``, ``contrast``, ``saturation``, ``hue``, ``noise``, ``erase``; also ``ratio``,
        the largest ratio of a crop's sides, and ``mixup``, the alpha of its Beta distribution.

    Attributes
    ----------
    image, other : ndarray of uint8, shape (112, 112, 3)
        The image, and the one that it is mixed with.
    source, partner : str
        Their names. Setting one sets the image.
    augment : lecture_utils.augmentation.Augment
        The settings as a transform of whole batches.

    Raises
    ------
    ValueError, traitlets.TraitError
        If there is no such image, preset or setting, or a value is out of range.

    Examples
    --------
    >>> lab = AugmentationLab(preset="nothing", degrees=30)
    >>> lab.degrees, lab.flip
    (30.0, 0.0)
    """

    image = PixelTrait("uint8", ndim=3)
    source = traitlets.Unicode().tag(sync=True)
    other = PixelTrait("uint8", ndim=3)
    partner = traitlets.Unicode().tag(sync=True)
    names = traitlets.List(traitlets.Unicode()).tag(sync=True)
    images = ArrayTrait("uint8", ndim=4)
    own = traitlets.Bool(False).tag(sync=True)
    seed = Whole(0, min=0, max=2**31 - 1).tag(sync=True)
    presets = traitlets.Dict(PRESETS).tag(sync=True)
    limits = traitlets.Dict(LIMITS).tag(sync=True)

    degrees = traitlets.Float(0.0).tag(sync=True)
    translate = traitlets.Float(0.0).tag(sync=True)
    scale = traitlets.Tuple(traitlets.Float(), traitlets.Float(), default_value=(1.0, 1.0)).tag(
        sync=True
    )
    shear = traitlets.Float(0.0).tag(sync=True)
    crop = traitlets.Tuple(traitlets.Float(), traitlets.Float(), default_value=(1.0, 1.0)).tag(
        sync=True
    )
    ratio = traitlets.Float(4 / 3).tag(sync=True)
    flip = traitlets.Float(0.0).tag(sync=True)
    brightness = traitlets.Float(0.0).tag(sync=True)
    contrast = traitlets.Float(0.0).tag(sync=True)
    saturation = traitlets.Float(0.0).tag(sync=True)
    hue = traitlets.Float(0.0).tag(sync=True)
    noise = traitlets.Float(0.0).tag(sync=True)
    erase = traitlets.Float(0.0).tag(sync=True)
    mixup = traitlets.Float(0.0).tag(sync=True)

    def __init__(
        self,
        image: str | None = None,
        *,
        preset: str = "photos",
        sources: Mapping[str, Image.Image | ArrayLike] | None = None,
        partner: str | None = None,
        seed: int = 0,
        **settings: Any,
    ):
        if preset not in PRESETS:
            raise ValueError(f"there is no preset {preset!r}; use one of {', '.join(PRESETS)}")
        unknown = settings.keys() - OFF.keys()
        if unknown:
            raise ValueError(f"there is no setting {sorted(unknown)}; use one of {', '.join(OFF)}")
        if sources is None:
            images = {name: datasets.photo(name, size=SIDE) for name in PHOTOS}
        else:
            images = {str(name): as_square(each, name, side=SIDE) for name, each in sources.items()}
        if not 1 <= len(images) <= MOST_IMAGES:
            raise ValueError(f"there are {len(images)} images; the lab shows 1 to {MOST_IMAGES}")
        names = list(images)
        source = names[0] if image is None else image
        partner = names[min(1, len(names) - 1)] if partner is None else partner
        for name in (source, partner):
            if name not in names:
                raise ValueError(f"there is no image {name!r}; use one of {', '.join(names)}")
        for pair in _PAIRS:
            if pair in settings:
                settings[pair] = tuple(settings[pair])
        super().__init__(
            names=names,
            images=np.stack(list(images.values())),
            image=images[source],
            source=source,
            other=images[partner],
            partner=partner,
            own=sources is not None,
            seed=seed,
            **{**PRESETS[preset], **settings},
        )

    @traitlets.validate(*OFF)
    def _check_setting(self, proposal):
        name, value = proposal["trait"].name, proposal["value"]
        low, high = LIMITS[name]
        for number in value if name in _PAIRS else (value,):
            if not low <= number <= high:  # nor NaN
                raise traitlets.TraitError(f"{name} is {number!r}; use {low:g} to {high:g}")
        if name in _PAIRS and value[0] > value[1]:
            raise traitlets.TraitError(f"{name} is {value}; give the smaller value first")
        return value

    @traitlets.validate("image", "other")
    def _check_image(self, proposal):
        if proposal["value"].shape != (SIDE, SIDE, 3):
            raise traitlets.TraitError(
                f"{proposal['trait'].name} has shape {proposal['value'].shape}; give "
                f"({SIDE}, {SIDE}, 3)"
            )
        return proposal["value"]

    @traitlets.validate("source", "partner")
    def _check_name(self, proposal):
        known = (*self.names, *OTHER_SOURCES) if self.names else (proposal["value"],)
        if proposal["value"] not in known:
            raise traitlets.TraitError(
                f"there is no image {proposal['value']!r}; use one of {', '.join(self.names)}"
            )
        return proposal["value"]

    # A name and its image are two traits. Whichever is set, the other follows.
    @traitlets.observe("source", "partner")
    def _follow_name(self, change):
        if change["new"] in self.names:
            target = "image" if change["name"] == "source" else "other"
            setattr(self, target, self.images[self.names.index(change["new"])])

    @traitlets.observe("image", "other")
    def _follow_image(self, change):
        target = "source" if change["name"] == "image" else "partner"
        name = getattr(self, target)
        if name in self.names and not np.array_equal(
            self.images[self.names.index(name)], change["new"]
        ):
            setattr(self, target, "your array")

    @property
    def settings(self) -> dict[str, Any]:
        """Return all settings as a dict."""
        return {name: getattr(self, name) for name in OFF}

    @property
    def augment(self) -> Augment:
        """Return the settings as an `Augment`; it has no `mixup`, and its crops are 3:4 to 4:3."""
        from lecture_utils.augmentation import Augment  # imports torch

        settings = {name: value for name, value in self.settings.items() if name not in _NOT_THERE}
        settings["crop"] = None if self.crop == (1, 1) else self.crop
        return Augment(**settings)

    def readings(self) -> dict[str, Any]:
        """Return how many transforms are on, and the ends of those that have two."""
        on = [name for name in OFF if name != "ratio" and getattr(self, name) != OFF[name]]
        return {
            "transforms": len(on),
            "scale_from": self.scale[0],
            "scale_to": self.scale[1],
            "crop_from": self.crop[0],
        }

    def figure_html(self) -> str:
        """Return the image, five versions of it drawn by torchvision, and the settings."""
        versions = drawn_by_torchvision(self.image, self.settings, self.seed, 5, self.other)
        tiles = [_figure.rgb_tile(each) for each in (self.image, *versions)]
        alt = f"{self.source}, and five randomly changed versions of it."
        text = (
            f"The image “{html.escape(self.source)}”, and five versions of it, one for each of "
            "five epochs."
        )
        rows = "".join(
            f"<tr><td>{name}</td><td>{value}</td></tr>" for name, value in setting_rows(self)
        )
        return (
            f"<figure>{_figure.image_html(tiles, alt)}<figcaption>{text}</figcaption></figure>"
            '<div class="demo-numbers"><table><caption>Settings that are on</caption>'
            f"<tbody>{rows}</tbody></table></div>"
        )
