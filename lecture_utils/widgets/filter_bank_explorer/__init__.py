"""FilterBankExplorer: a bank of filters over several images, and which of its filters matter."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import traitlets
from numpy.typing import ArrayLike, NDArray

from lecture_utils.filter_banks import FilterBank

from .. import _gallery
from .._demo import ArrayTrait, Demo
from .._images import own_images
from .._traits import Whole
from .banks import FIXED_BANKS, check_bank, gabor_bank, pack_banks
from .figure import matrix_html
from .statistics import bank_statistics, judge

GABOR, OWN_BANK = "Gabor", "your bank"
SORTS = ("energy", "frequency", "angle", "redundancy", "bank")
#: Larger ones would make the controls stutter.
LARGEST_IMAGE, MOST_IMAGES = 128, 24


class FilterBankExplorer(Demo):
    """Filters x images as a matrix, with weak and redundant filters marked.

    In a live notebook, all traits are in sync both ways: what the reader does on the page arrives
    here, and what is assigned here is drawn at once.

    Parameters
    ----------
    bank : str or lecture_utils.filter_banks.FilterBank
        "Gabor", "Sobel", "Haar", "Laplacian of Gaussian", or a bank of your own with at most 128
        filters of at most 65x65.
    images : sequence of str, optional
        Names of the images to start with; by default one of each Fashion-MNIST class.
    sources : dict of str to array_like (H, W), optional
        Images to choose from, instead of Fashion-MNIST, photos and shapes; at most 24 of at most
        128x128.
    frequencies, orientations : int
        Size of the Gabor bank: 1 to 6 times 1 to 12.
    sigma : float, optional
        Standard deviation in pixels of its envelopes, 0.5 to 8; None makes every filter pass a band
        of one octave (sigma = 0.56 / frequency).
    weak_below : float
        A filter is weak if its energy is below this fraction of the strongest filter's; 0 to 1.
    redundant_above : float
        A filter is redundant if the magnitudes of its responses correlate more than this with those
        of a filter that was kept before it, the strongest first; 0 to 1.
    sort : {"energy", "frequency", "angle", "redundancy", "bank"}
        Order of the rows. Filters without frequency or angle keep the order of the bank.

    Attributes
    ----------
    bank : str
        Name of the bank on screen.
    filter_bank : lecture_utils.filter_banks.FilterBank
        The bank on screen; assign one of your own to explore it.
    scale : {"matrix", "row"}
        The color scale: the darkest color is the largest magnitude of all, or of the row.
    hide : bool
        Whether only the filters that are neither weak nor redundant are shown.
    energies : ndarray, shape (n,)
        Mean squared magnitude of each filter's response, averaged over the images shown.
    correlations : ndarray, shape (n, n)
        Absolute Pearson correlation of the magnitudes over all pixels of the images shown.
    redundancy : ndarray, shape (n,)
        Largest correlation with a filter that was kept before it.
    marks : list of {"kept", "weak", "redundant"}

    Raises
    ------
    traitlets.TraitError, ValueError
        If a value cannot be shown; the message names it and the remedy.

    Examples
    --------
    >>> explorer = FilterBankExplorer("Sobel", images=["Sneaker", "Bag"])
    >>> explorer.marks
    ['kept', 'kept']
    """

    bank = traitlets.Unicode(GABOR).tag(sync=True)
    frequencies = Whole(4, min=1, max=6).tag(sync=True)
    orientations = Whole(8, min=1, max=12).tag(sync=True)
    sigma = traitlets.Float(None, allow_none=True).tag(sync=True)
    images = traitlets.List(traitlets.Unicode()).tag(sync=True)
    weak_below = traitlets.Float(0.05).tag(sync=True)
    redundant_above = traitlets.Float(0.95).tag(sync=True)
    sort = traitlets.Enum(SORTS, "energy").tag(sync=True)
    scale = traitlets.Enum(("matrix", "row"), "matrix").tag(sync=True)
    hide = traitlets.Bool(False).tag(sync=True)
    banks = traitlets.List().tag(sync=True)
    bank_weights = ArrayTrait("float64", ndim=1)
    gallery = traitlets.List().tag(sync=True)
    gallery_pixels = ArrayTrait("uint8", ndim=1)

    def __init__(
        self,
        bank: str | FilterBank = GABOR,
        images: Sequence[str] | None = None,
        *,
        sources: Mapping[str, ArrayLike] | None = None,
        frequencies: int = 4,
        orientations: int = 8,
        sigma: float | None = 3.0,
        weak_below: float = 0.05,
        redundant_above: float = 0.95,
        sort: str = "energy",
    ):
        gallery_images = _default_images() if sources is None else _own_images(sources)
        self._gallery_images = {image.name: image for image in gallery_images}
        self._fixed = {name: make() for name, make in FIXED_BANKS.items()}
        self._measured: dict[tuple, tuple[NDArray[np.float64], NDArray[np.float64]]] = {}
        gallery, pixels = _gallery.pack(gallery_images)
        if images is None:
            everything = sources is not None
            images = [p.name for p in gallery_images if everything or p.group == "Fashion-MNIST"]
        descriptions, weights = pack_banks(self._fixed)
        super().__init__(
            gallery=gallery, gallery_pixels=pixels, banks=descriptions, bank_weights=weights
        )
        self.frequencies, self.orientations, self.sigma = frequencies, orientations, sigma
        self.weak_below, self.redundant_above, self.sort = weak_below, redundant_above, sort
        self.images = list(images)
        if isinstance(bank, str):
            self.bank = bank
        else:
            self.filter_bank = bank

    @traitlets.validate("bank")
    def _check_bank(self, proposal):
        if proposal["value"] not in (GABOR, *self._fixed):
            raise traitlets.TraitError(
                f"there is no bank {proposal['value']!r}; use one of "
                f"{', '.join((GABOR, *self._fixed))}, or assign a FilterBank to filter_bank"
            )
        return proposal["value"]

    @traitlets.validate("images")
    def _check_images(self, proposal):
        names = proposal["value"]
        for name in names:
            if name not in self._gallery_images:
                raise traitlets.TraitError(
                    f"there is no image {name!r}; use some of {', '.join(self._gallery_images)}"
                )
        # The order of the gallery, each once: what the page shows.
        return [name for name in self._gallery_images if name in names]

    @traitlets.validate("weak_below", "redundant_above")
    def _check_threshold(self, proposal):
        if not 0 <= proposal["value"] <= 1:
            raise traitlets.TraitError(
                f"{proposal['trait'].name} is {proposal['value']!r}; use a number from 0 to 1"
            )
        return proposal["value"]

    @traitlets.validate("sigma")
    def _check_sigma(self, proposal):
        if proposal["value"] is not None and not 0.5 <= proposal["value"] <= 8:
            raise traitlets.TraitError(
                f"sigma is {proposal['value']!r}; use 0.5 to 8 pixels, or None for 0.56 / frequency"
            )
        return proposal["value"]

    @property
    def filter_bank(self) -> FilterBank:
        """The bank on screen."""
        if self.bank == GABOR:
            return gabor_bank(self.frequencies, self.orientations, self.sigma)
        return self._fixed[self.bank]

    @filter_bank.setter
    def filter_bank(self, bank: FilterBank) -> None:
        if not isinstance(bank, FilterBank):
            raise traitlets.TraitError(
                f"filter_bank is a {type(bank).__name__}; give a FilterBank, for example "
                "FilterBank([[[1, 0, -1]]])"
            )
        check_bank(bank)
        fixed = {**self._fixed, OWN_BANK: bank}
        descriptions, weights = pack_banks(fixed)
        self._fixed, self._measured = fixed, {}
        with self.hold_sync():
            self.banks, self.bank_weights, self.bank = descriptions, weights, OWN_BANK

    def _statistics(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        key = (self.bank, self.frequencies, self.orientations, self.sigma, tuple(self.images))
        if key not in self._measured:
            images = [self._gallery_images[name].image / 255 for name in self.images]
            self._measured = {key: bank_statistics(self.filter_bank, images)}
        return self._measured[key]

    @property
    def energies(self) -> NDArray[np.float64]:
        """Mean squared magnitude of each filter's response, shape (n,)."""
        return self._statistics()[0].copy()

    @property
    def correlations(self) -> NDArray[np.float64]:
        """Absolute correlations of the magnitudes of the responses, shape (n, n)."""
        return self._statistics()[1].copy()

    @property
    def marks(self) -> list[str]:
        """The mark of each filter: "kept", "weak" or "redundant"."""
        return judge(*self._statistics(), self.weak_below, self.redundant_above)[0]

    @property
    def redundancy(self) -> NDArray[np.float64]:
        """Largest correlation of each filter with one that was kept before it, shape (n,)."""
        return judge(*self._statistics(), self.weak_below, self.redundant_above)[1]

    def readings(self) -> dict[str, Any]:
        """Return how many filters there are, and how many are kept, weak and redundant."""
        marks = self.marks if self.images else []
        counts = {mark: marks.count(mark) for mark in ("kept", "weak", "redundant")}
        return {"filters": len(marks), **counts}

    def figure_html(self) -> str:
        """Return the strongest rows of the matrix as an image, and their numbers as a table."""
        judged = judge(*self._statistics(), self.weak_below, self.redundant_above)
        images = [self._gallery_images[name] for name in self.images]
        return matrix_html(self.filter_bank, images, self.energies, *judged)


def _default_images():
    return [
        *_gallery.fashion(),
        *_gallery.photos(["cat", "brick", "coins"], size=96),
        *_gallery.shapes(["circle", "triangle", "stripes"]),
    ]


def _own_images(sources):
    images = own_images(sources)
    if len(images) > MOST_IMAGES:
        raise ValueError(
            f"there are {len(images)} images; the explorer shows at most {MOST_IMAGES}"
        )
    for image in images:
        if max(image.image.shape) > LARGEST_IMAGE:
            raise ValueError(
                f"{image.name!r} has shape {image.image.shape}; the explorer shows at most "
                f"{LARGEST_IMAGE}x{LARGEST_IMAGE}, for example image[::2, ::2]"
            )
    return images
