"""FilterLearner: gradient descent on one kernel, until it has become the teacher's."""

from __future__ import annotations

import html
import math
from collections.abc import Mapping
from functools import cache
from typing import Any

import numpy as np
import traitlets
from numpy.typing import ArrayLike, NDArray

from lecture_utils._validation import is_whole, whole
from lecture_utils.convolution import KERNELS

from .. import _figure, _gallery
from .._demo import ArrayTrait
from .._images import ImageDemo, own_images
from .._traits import Between, Whole
from . import training

#: Larger images would make a step slower than a frame, and teach nothing more.
LARGEST_SIDE = 128
LARGEST_TARGET = 100.0
BATCHES = (1, 16, 64, 256, "all")
#: A student with larger weights has diverged.
DIVERGED = 1e6
_SIZES = (3, 5)
_SHOWN_STEPS = 300
_TRIAL_STEPS = 100
_SHAPES = ("circle", "stripes", "dot")
_PHOTOS = ("cat", "grass", "coins")


class FilterLearner(ImageDemo):
    """A kernel that learns another kernel from data, one gradient step at a time.

    The teacher filters the image with the target kernel and adds noise. The student starts from
    small random weights and follows the gradient of the mean squared error, which the page and
    Python compute alike. In a live notebook, all traits are in sync both ways.

    Parameters
    ----------
    image : array_like (H, W) or (H, W, 3), optional
        Floats from 0 to 1, or integers from 0 to 255; at most 128x128. By default the image that
        `source` names.
    target : str or array_like (k, k)
        A name from `lecture_utils.convolution.KERNELS`, or 3x3 or 5x5 weights between -100 and 100.
    learning_rate : float
        0.0001 to 100. Descent on all patches diverges above `stable_rate`.
    batch : {1, 16, 64, 256, "all"}
        How many output pixels, drawn at random with replacement, each step uses.
    noise : float
        Standard deviation of the noise that the teacher adds to its responses, 0 to 1.
    momentum : float
        0 to 0.95, as in `torch.optim.SGD`.
    seed : int
        Seed of the initial weights, the noise, and the batches; 0 to 2³² - 1.
    centered : bool
        Subtract the image's mean before anything else.
    sources : dict of str to array_like, optional
        Images to choose from, instead of shapes, Fashion-MNIST and photos.
    source : str, optional
        Which of them to start with.

    Attributes
    ----------
    weights, velocity : ndarray of float64, shape (k, k)
        The student, and the running sum of gradients that momentum makes.
    steps : int
        Steps made so far.
    loss : float
        Mean squared error over all output pixels.
    gradient : ndarray of float64, shape (k, k)
        Of the mean squared error over the batch that the next step will use.

    Raises
    ------
    traitlets.TraitError, ValueError
        If a value cannot be used; the message names it and the remedy.

    Examples
    --------
    >>> learner = FilterLearner(target="sobel x")
    >>> learner.train(300)
    >>> bool(learner.distance < 0.01)
    True
    """

    extra_styles = ("_shared/ui/kernel_grid.css",)

    target = ArrayTrait("float64", ndim=2, default_value=KERNELS["sobel x"])
    target_name = traitlets.Unicode("sobel x").tag(sync=True)
    learning_rate = Between(0.5, 1e-4, 100.0)
    batch = traitlets.Enum(BATCHES, 64).tag(sync=True)
    noise = Between(0.0, 0.0, 1.0)
    momentum = Between(0.9, 0.0, 0.95)
    seed = Whole(0, min=0, max=2**32 - 1).tag(sync=True)
    centered = traitlets.Bool(False).tag(sync=True)
    weights = ArrayTrait("float64", ndim=2)
    velocity = ArrayTrait("float64", ndim=2)
    steps = Whole(0, min=0).tag(sync=True)
    presets = traitlets.List().tag(sync=True)

    def __init__(
        self,
        image: ArrayLike | None = None,
        target: str | ArrayLike = "sobel x",
        learning_rate: float = 0.5,
        batch: int | str = 64,
        noise: float = 0.0,
        momentum: float = 0.9,
        seed: int = 0,
        *,
        centered: bool = False,
        sources: Mapping[str, ArrayLike] | None = None,
        source: str | None = None,
    ):
        images = _default_images() if sources is None else own_images(sources)
        presets = [{"name": name, "kernel": k.tolist()} for name, k in KERNELS.items()]
        super().__init__(images, presets=presets)
        if isinstance(target, str):
            self.target_name = target
        else:
            self.set_trait("target", target)
        self.learning_rate, self.noise, self.momentum = learning_rate, noise, momentum
        self.seed, self.centered = seed, centered
        self.set_trait("batch", int(batch) if is_whole(batch) else batch)
        if image is not None:
            self.set_trait("image", image)
        elif source is None:
            self.source = "Sandal" if sources is None else images[0].name
        else:
            self.source = source
        self.reset()

    # ---- What may be set

    @traitlets.validate("image")
    def _check_image(self, proposal):
        shape = proposal["value"].shape
        if max(shape) > LARGEST_SIDE:
            raise traitlets.TraitError(
                f"image has shape {shape}; the learner takes at most "
                f"{LARGEST_SIDE}x{LARGEST_SIDE}, for example image[:64, :64]"
            )
        return proposal["value"]

    @traitlets.validate("target")
    def _check_target(self, proposal):
        target = proposal["value"]
        if target.shape not in [(size, size) for size in _SIZES]:
            raise traitlets.TraitError(f"target has shape {target.shape}; give 3x3 or 5x5 weights")
        if not (np.abs(target) <= LARGEST_TARGET).all():  # NaN is refused as well.
            row, column = np.argwhere(~(np.abs(target) <= LARGEST_TARGET))[0]
            raise traitlets.TraitError(
                f"target has {target[row, column]} at row {row}, column {column}; use numbers "
                f"between -{LARGEST_TARGET:g} and {LARGEST_TARGET:g}"
            )
        return target

    @traitlets.validate("target_name")
    def _check_target_name(self, proposal):
        if proposal["value"] not in (*KERNELS, "custom"):
            raise traitlets.TraitError(
                f"there is no kernel {proposal['value']!r}; use an array or one of "
                f"{', '.join(KERNELS)}"
            )
        return proposal["value"]

    # Whichever of name and kernel is set, the other follows.
    @traitlets.observe("target_name")
    def _follow_target_name(self, change):
        if change["new"] in KERNELS:
            self.target = KERNELS[change["new"]]

    @traitlets.observe("target")
    def _follow_target(self, change):
        same = (name for name, k in KERNELS.items() if np.array_equal(k, change["new"]))
        self.target_name = next(same, "custom")
        if self.weights.shape != change["new"].shape:
            self.reset()

    # ---- Forward, backward, update

    @property
    def patches(self) -> NDArray[np.float64]:
        """All windows of the image, one per row, shape (n, k * k)."""
        return training.patches(self.image, len(self.target), self.centered)

    @property
    def responses(self) -> NDArray[np.float64]:
        """The teacher's output for every window, with its noise, shape (n,)."""
        rows = self.patches
        noise = training.normal(self.seed, training.NOISE, len(rows))
        return rows @ self.target.ravel() + self.noise * noise

    @property
    def positions(self) -> NDArray[np.intp]:
        """The windows that the next step looks at, as rows of `patches`."""
        return self._batch_of(self.steps, len(self.patches))

    def _batch_of(self, step, count):
        batch = self.batch
        if isinstance(batch, str):
            return np.arange(count)
        chosen = training.uniform(self.seed, training.BATCH + step, batch)
        return np.floor(chosen * count).astype(int)

    @property
    def loss(self) -> float:
        """Mean squared error over all output pixels."""
        return training.loss_and_gradient(self.patches, self.responses, self.weights)[0]

    @property
    def gradient(self) -> NDArray[np.float64]:
        """Gradient of the mean squared error over `positions`, shape (k, k)."""
        chosen = self.positions
        rows, responses = self.patches[chosen], self.responses[chosen]
        return training.loss_and_gradient(rows, responses, self.weights)[1]

    @property
    def noise_floor(self) -> float:
        """The loss of the target kernel itself."""
        return training.loss_and_gradient(self.patches, self.responses, self.target)[0]

    @property
    def distance(self) -> float:
        """Length of ``weights - target``."""
        return float(np.linalg.norm(self.weights - self.target))

    @property
    def eigenvalues(self) -> NDArray[np.float64]:
        """The eigenvalues of the mean of ``p pᵀ`` over all windows p, the smallest first.

        They say how much the windows teach about each direction.
        """
        return training.eigenvalues(self.patches)

    @property
    def stable_rate(self) -> float:
        """The learning rate above which descent on all windows diverges."""
        return training.largest_stable_rate(self.eigenvalues, self.momentum)

    def _first_weights(self):
        size = len(self.target)
        first = training.START_SCALE * training.normal(self.seed, training.START, size * size)
        return first.reshape(size, size)

    def reset(self) -> None:
        """Start again from the seed's random weights."""
        with self.hold_sync():
            self.weights = self._first_weights()
            self.velocity = np.zeros_like(self.weights)
            self.steps = 0

    def train(self, steps: int = 1) -> None:
        """Make gradient steps, as the page does.

        Raises
        ------
        ValueError
            If `steps` is negative, or the image is smaller than the kernel.
        FloatingPointError
            If the weights diverge; the message names the learning rate.
        """
        steps = whole("steps", steps, 0)
        weights, velocity = self._after(steps, self.weights, self.velocity, self.steps)
        with self.hold_sync():
            self.weights, self.velocity, self.steps = weights, velocity, self.steps + steps

    def _after(self, steps, weights, velocity, done):
        """Return what weights and velocity will be after so many steps more than those done."""
        rows, responses = self.patches, self.responses
        for step in range(done, done + steps):
            at = self._batch_of(step, len(rows))
            gradient = training.loss_and_gradient(rows[at], responses[at], weights)[1]
            velocity = self.momentum * velocity + gradient
            weights = weights - self.learning_rate * velocity
            if not np.abs(weights).max() < DIVERGED:
                raise FloatingPointError(
                    f"training diverges at step {step} with learning_rate {self.learning_rate:g}; "
                    f"use less than {self.stable_rate:.3g}, and still less with small batches"
                )
        return weights, velocity

    def readings(self) -> dict[str, Any]:
        """Return how far from the target a new student is after 100 steps with these settings.

        A student that diverges is infinitely far away.
        """
        first = self._first_weights()
        try:
            weights, _ = self._after(_TRIAL_STEPS, first, np.zeros_like(first), 0)
        except FloatingPointError:
            return {"distance_after_100": math.inf}
        return {"distance_after_100": float(np.linalg.norm(weights - self.target))}

    # ---- For print, and for readers without JavaScript

    def figure_html(self) -> str:
        """Return image, target and student before and after 300 steps, and the numbers."""
        size = len(self.target)
        if min(self.image.shape) < size:
            return "<p>The image is smaller than the kernel.</p>"
        tiles = [
            _figure.gray_tile(self.image),
            _figure.signed_tile(self.target),
            _figure.signed_tile(self.weights),
        ]
        tables = _figure.number_table("Target kernel", self.target)
        try:
            learned, _ = self._after(_SHOWN_STEPS, self.weights, self.velocity, self.steps)
        except FloatingPointError as error:
            seen, outcome = "", f"But {error}."
        else:
            tiles.append(_figure.signed_tile(learned))
            tables += _figure.number_table(f"Student after {_SHOWN_STEPS} steps", learned)
            after, _ = training.loss_and_gradient(self.patches, self.responses, learned)
            distance = np.linalg.norm(learned - self.target)
            seen = f" Fourth: the student after {_SHOWN_STEPS} steps."
            outcome = (
                f"After {_SHOWN_STEPS} steps of gradient descent (learning rate "
                f"{self.learning_rate:g}, momentum {self.momentum:g}, batch {self.batch}) the loss "
                f"is {after:.3g}, and the student is {distance:.3g} away from the target."
            )
        alt = (
            f"First: {self.source}, in gray. Second: the target kernel, blue below zero and red "
            f"above. Third: the student, random weights.{seen}"
        )
        text = (
            f"A student kernel learns “{html.escape(self.target_name)}” from "
            f"{html.escape(self.source)}. It starts with a loss of {self.loss:.3g}. {outcome} "
            f"Descent on all pixels is stable up to a learning rate of {self.stable_rate:.3g}."
        )
        return (
            f"<figure>{_figure.image_html(tiles, alt)}<figcaption>{text}</figcaption></figure>"
            f'<div class="demo-numbers">{tables}</div>'
        )


@cache
def _default_images():
    flat = _gallery.GalleryImage(
        "flat gray",
        np.full((28, 28), 128, np.uint8),
        "every pixel alike",
        "",
        "np.full((28, 28), 128 / 255)",
    )
    photos = _gallery.photos(_PHOTOS, 64)
    return (*_gallery.fashion(), *photos, *_gallery.shapes(_SHAPES), flat)
