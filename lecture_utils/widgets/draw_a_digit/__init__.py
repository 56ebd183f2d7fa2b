"""DrawADigit: a recorded network reads handwriting on the page, and shows all that it computes."""

from __future__ import annotations

import html
from typing import TYPE_CHECKING, Any

import numpy as np
import traitlets
from numpy.typing import ArrayLike, NDArray

from lecture_utils import datasets

from .. import _figure
from .._demo import ArrayTrait, Demo
from .._images import PixelTrait
from .._traits import Whole
from .centering import center, move
from .examples import as_digits, chosen_examples, predict
from .layers import CLASSES, SIZE, describe, frozen, pack

if TYPE_CHECKING:
    from torch import nn

__all__ = ["DrawADigit", "center", "move"]

DEFAULT_RUN = "mnist/gap"
LARGEST_SHIFT = 14.0
OWN_DRAWING, OWN_ARRAY = "your drawing", "your array"


class DrawADigit(Demo):
    """A network that reads the reader's handwriting, on every stroke, in the page.

    The page centers the drawing as MNIST does, shifts and rotates it, and shows the feature maps of
    all layers, the logits and the probabilities. It explains where each activation comes from.

    Parameters
    ----------
    model : nn.Sequential or str, optional
        From (N, 1, 28, 28) with values from 0 to 1 to ten logits, or the name of a recorded run. By
        default the run "mnist/gap". See `layers.describe` for the layers that it may have.
    examples : tuple of array_like, optional
        Images (N, 28, 28), bytes or floats from 0 to 1, and their labels. By default one of each
        digit and some that the network gets wrong, from MNIST's test images where they are on disk,
        otherwise from the embedded sample (see `datasets.mnist`).
    right, down, degrees : float
        How the digit is moved before the network sees it: pixels (at most 14), and degrees
        counterclockwise (at most 180).

    Attributes
    ----------
    image : ndarray of float32, shape (28, 28)
        The digit on screen, before it is moved. What the reader draws arrives here.
    unit : list of int
        Layer, map, row and column of the activation that is explained, from 0.
    input, logits, probabilities : ndarray
        The input and outputs of the network, computed in Python.

    Raises
    ------
    traitlets.TraitError, ValueError
        If a value cannot be used; the message names it and the remedy.
    FileNotFoundError
        If the recorded run does not exist.

    Examples
    --------
    >>> from torch import nn
    >>> model = nn.Sequential(nn.Flatten(), nn.Linear(784, 10))
    >>> demo = DrawADigit(model, (np.zeros((1, 28, 28)), [3]))
    >>> demo.logits.shape
    (10,)
    """

    network = traitlets.Dict().tag(sync=True)
    parameters = ArrayTrait("uint8", ndim=1)
    examples = traitlets.List().tag(sync=True)
    example_pixels = ArrayTrait("uint8", ndim=3)
    image = PixelTrait("float32", ndim=2, default_value=np.zeros((SIZE, SIZE), np.float32))
    source = traitlets.Unicode(OWN_ARRAY).tag(sync=True)
    centered = traitlets.Bool(True).tag(sync=True)
    right = traitlets.Float(0.0, min=-LARGEST_SHIFT, max=LARGEST_SHIFT).tag(sync=True)
    down = traitlets.Float(0.0, min=-LARGEST_SHIFT, max=LARGEST_SHIFT).tag(sync=True)
    degrees = traitlets.Float(0.0, min=-180.0, max=180.0).tag(sync=True)
    unit = traitlets.List(Whole(min=0), [0, 0, 0, 0], minlen=4, maxlen=4).tag(sync=True)

    def __init__(
        self,
        model: nn.Sequential | str | None = None,
        examples: tuple[ArrayLike, ArrayLike] | None = None,
        *,
        right: float = 0.0,
        down: float = 0.0,
        degrees: float = 0.0,
    ):
        name = model if isinstance(model, str) else DEFAULT_RUN if model is None else ""
        self._model = frozen(_recorded(name) if name else model)
        layers, values = describe(self._model)
        packed, precision = pack(values)
        digits = as_digits(*examples) if examples else _mnist_examples(self._model)
        images, labels = digits[:2]
        origins = digits[2] if len(digits) > 2 else [""] * len(images)
        predicted = predict(self._model, images).argmax(axis=1)
        entries = [
            {"name": f"example {i}", "label": int(label), "predicted": int(guess), "code": origin}
            for i, (label, guess, origin) in enumerate(
                zip(labels, predicted, origins, strict=True), start=1
            )
        ]
        super().__init__(
            network={
                "input": [1, SIZE, SIZE],
                "layers": layers,
                "precision": precision,
                "run": name,
            },
            parameters=packed,
            examples=entries,
            example_pixels=images,
            right=right,
            down=down,
            degrees=degrees,
        )
        self.source = entries[min(3, len(entries) - 1)]["name"]
        self.unit = self._worth_seeing()

    def _worth_seeing(self):
        """Return the strongest unit of the second layer that has weights, or else of the first."""
        kinds = [
            k for k in (layer["kind"] for layer in self.network["layers"]) if k != "BatchNorm2d"
        ]
        weighted = [i for i, kind in enumerate(kinds) if kind in ("Conv2d", "Linear")]
        layer = (weighted[:2] or [0])[-1]
        values = self.activations()[layer]
        position = np.unravel_index(np.argmax(values), values.shape)
        return [layer, *(int(i) for i in position), *[0] * (3 - values.ndim)]

    # ---- What may be set

    @traitlets.validate("image")
    def _check_image(self, proposal):
        image = proposal["value"]
        if image.shape != (SIZE, SIZE):
            raise traitlets.TraitError(
                f"image has shape {image.shape}; the network reads 28x28 (see `center`)"
            )
        return image

    @traitlets.validate("source")
    def _check_source(self, proposal):
        source = proposal["value"]
        names = [entry["name"] for entry in self.examples]
        if source not in (*names, OWN_DRAWING, OWN_ARRAY):
            raise traitlets.TraitError(f"source is {source!r}; use one of {', '.join(names)}")
        return source

    @traitlets.validate("right", "down", "degrees")
    def _check_number(self, proposal):
        value = proposal["value"]
        if np.isnan(value):
            raise traitlets.TraitError(f"{proposal['trait'].name} is nan; use a number")
        return value

    @traitlets.observe("source")
    def _show_source(self, change):
        for i, entry in enumerate(self.examples):
            if entry["name"] == change["new"]:
                self.image = self.example_pixels[i] / np.float32(255)

    @traitlets.observe("image")
    def _name_image(self, change):
        for i, entry in enumerate(self.examples):
            if entry["name"] == self.source:
                same = np.array_equal(change["new"], self.example_pixels[i] / np.float32(255))
                if not same:
                    self.source = OWN_ARRAY

    # ---- What the network computes

    @property
    def input(self) -> NDArray[np.float32]:
        """The input of the network, shape (28, 28)."""
        return move(self.image, self.right, self.down, self.degrees)

    def activations(self) -> list[NDArray[np.float32]]:
        """Return the output of each layer, in PyTorch's order and shapes, as a list of arrays.

        Layers that do nothing in evaluation mode are left out, and a batch normalization belongs to
        the convolution before it, as on the page.
        """
        import torch

        outputs = []
        with torch.no_grad():
            values = torch.from_numpy(self.input)[None, None]
            for module in self._model.modules():
                kind = type(module).__name__
                if kind == "Sequential":
                    continue
                values = module(values)
                if kind == "BatchNorm2d":
                    outputs.pop()
                if kind not in ("Dropout", "Dropout2d", "Identity"):
                    outputs.append(values[0].numpy())
        return outputs

    @property
    def logits(self) -> NDArray[np.float32]:
        """The logits of the digits, shape (10,)."""
        return self.activations()[-1]

    @property
    def probabilities(self) -> NDArray[np.float64]:
        """Softmax of the logits, shape (10,)."""
        logits = self.logits.astype(np.float64)
        with np.errstate(invalid="ignore"):  # Infinite logits give NaN, without a warning.
            powers = np.exp(logits - logits.max())
            return powers / powers.sum()

    def readings(self) -> dict[str, Any]:
        """Return the digit that the network reads, and its probability in percent."""
        probabilities = self.probabilities
        return {
            "predicted": int(probabilities.argmax()),
            "confidence": 100 * float(probabilities.max()),
        }

    # ---- For print, and for readers without JavaScript

    def figure_html(self) -> str:
        """Return the digit, the first and the last feature maps, and a table of the scores."""
        outputs = self.activations()
        logits, probabilities = self.logits, self.probabilities
        read, label = int(probabilities.argmax()), self._label()
        maps = [output for output in outputs if output.ndim == 3 and output.shape[1] > 1]
        tiles = [_figure.gray_tile(self.input)]
        tiles += [_figure.signed_tile(_mosaic(output)) for output in (maps[:1] + maps[1:][-1:])]
        rows = "".join(
            f"<tr><th scope='row'>{digit}</th><td>{_figure.number(logits[digit])}</td>"
            f"<td>{html.escape(_figure.percent(probabilities[digit]))}</td></tr>"
            for digit in range(CLASSES)
        )
        truth = "" if label is None or label == read else f" The label says {label}."
        percent = _figure.percent(probabilities[read])
        words = f"The network predicts {read}, with a probability of {percent}.{truth}"
        if not np.isfinite(probabilities).all():
            words = "The network's logits have become too large, so it reads nothing."
        alt = (
            "First: the digit that the network sees. Then the feature maps of its first layer, "
            "and of the last one that has maps, side by side: blue below zero, red above."
        )
        return (
            f"<figure>{_figure.image_html(tiles, alt)}"
            f"<figcaption>{html.escape(words)}</figcaption></figure>"
            "<div class='demo-numbers'><table><caption>What the network predicts</caption>"
            "<thead><tr><th scope='col'>Digit</th><th scope='col'>Logit</th>"
            f"<th scope='col'>Probability</th></tr></thead><tbody>{rows}</tbody></table></div>"
        )

    def _label(self):
        labels = [e["label"] for e in self.examples if e["name"] == self.source]
        return labels[0] if labels else None


def _recorded(name):
    from lecture_utils import runs

    return runs.load(name).model


def _mnist_examples(model):
    data = datasets.mnist("test", download=False)
    chosen = chosen_examples(model, data.images, data.labels)
    # A reader who copies this may have MNIST in another folder, but must not get the digits of the
    # sample.
    image = 'mnist("test").images'
    if data.source == "embedded":
        image = 'mnist("test", source="embedded").images'
    return data.images[chosen], data.labels[chosen], [f"{image}[{i}] / 255" for i in chosen]


def _mosaic(maps):
    """Put maps (C, H, W) side by side into a square, with a pixel of zeros between them."""
    count, height, width = maps.shape
    columns = int(np.ceil(np.sqrt(count)))
    mosaic = np.zeros((-(-count // columns) * (height + 1) - 1, columns * (width + 1) - 1))
    for i, values in enumerate(maps):
        top, left = i // columns * (height + 1), i % columns * (width + 1)
        mosaic[top : top + height, left : left + width] = values
    return mosaic
