"""What demos about recorded filters need: numbers for the page, and images to load when needed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from lecture_utils import runs
from lecture_utils.interpretation import recordings
from lecture_utils.interpretation.recordings import Recording

from . import _figure

_NUMBERS = ("label", "path", "of", "channels", "names", "field", "size", "sheet")
_ACTIVATIONS = ("optima", "minimum", "neuron", "swept")


def load_recordings(names: Sequence[str]) -> dict[str, Recording]:
    """Read recordings by name, by default all there are.

    Raises
    ------
    ValueError, FileNotFoundError
        If a name is not recorded or given twice.
    """
    chosen = list(names or recordings.available())
    if len(set(chosen)) < len(chosen):
        raise ValueError(f"networks are {chosen}; name each once")
    return {name: recordings.load(name) for name in chosen}


def as_traits(
    recording: Recording,
    wanted: Sequence[str] = _ACTIVATIONS,
    objectives: Sequence[str] = ("whole", "local"),
) -> tuple[dict[str, Any], dict[str, bytes]]:
    """Return the numbers of a recording, and its images by their keys in ``deferred``.

    Parameters
    ----------
    recording : Recording
    wanted : sequence of str
        Which activations of synthesized images to include.
    objectives : sequence of str
        Which examples to include: for whole images ("whole"), for parts of images ("local").
    """
    card, examples = recording.card, recording.examples
    layers = [
        {
            **{key: entry[key] for key in (*_NUMBERS, *wanted)},
            "tiles": recordings.tiles_of(entry),
            "examples": {key: responses[key] for key in objectives},
        }
        for entry, responses in zip(card["layers"], examples["layers"], strict=True)
    ]
    network = {
        "name": recording.name,
        "title": card["title"],
        "plan": {key: card["plan"][key] for key in ("steps", "learning_rate", "diversity")},
        "settings": card["plan"]["settings"],
        "side": card["plan"]["image_size"],
        "layers": layers,
        "pool": {key: examples["pool"][key] for key in ("sheet", "names", "origin")},
        "pretrained": recording.name not in runs.RECIPES,
        "outdated": is_outdated(recording),
    }
    images = {f"{recording.name}/{k}": recording.sheet(k) for k in range(len(layers))}
    return network, {**images, f"{recording.name}/pool": recording.pool()}


def smooth_tile(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return an image as a tile of a static figure, enlarged without visible pixels."""
    side = _figure.HEIGHT
    return np.asarray(Image.fromarray(image).resize((side, side), Image.Resampling.BICUBIC))


def is_outdated(recording: Recording) -> bool:
    """Tell whether the network has been retrained since its filters were recorded."""
    if recording.name not in runs.RECIPES:
        return False
    return runs.load(recording.name).card["weights_sha256"] != recording.card["weights"]
