"""Maps of the drawn pets by three models: for `EmbeddingMap` if the photos are not available.

The maps were recorded once and ship with the package; ``tools/record_pet_maps.py`` records them
again. The images are redrawn, identically on every machine.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import numpy as np

from lecture_utils.transfer._projections import EmbeddingMaps

PATH = Path(__file__).parents[1] / "data" / "samples" / "pet_maps.npz"
STAGES = ("random weights", "pretrained", "fine-tuned")
#: Numbers of training and validation pets (the fewest possible), and of pets on the map.
SIZES = (300, 2, 200)


def load_pet_maps(
    folder: str | os.PathLike[str] | None = None, path: str | os.PathLike[str] = PATH
) -> dict[str, Any]:
    """Read the recorded maps, and draw the pets that they show.

    Parameters
    ----------
    folder : path, optional
        A result of `datasets.drawn_pets` with at least as many test pets. By default the pets are
        drawn now.
    path : path
        File of the maps.

    Returns
    -------
    dict
        The arguments of `EmbeddingMap`: ``stages``, ``labels``, ``class_names``, ``images`` (file
        paths), ``predictions``, ``names`` and ``origin``.

    Raises
    ------
    FileNotFoundError
        If the maps are missing.

    Examples
    --------
    >>> load_pet_maps()["class_names"]
    ('cat', 'dog')
    """
    from lecture_utils.datasets import drawn_pets

    if not Path(path).is_file():
        raise FileNotFoundError(
            f"there is no {path}; restore it, or record it with: python tools/record_pet_maps.py"
        )
    with np.load(path) as saved:
        arrays = dict(saved)
    about = json.loads(str(arrays["about"]))
    # A pet looks the same, however many others are drawn.
    test = Path(folder or drawn_pets((2, 2, SIZES[2])).folder) / "test"
    stages = {
        name: EmbeddingMaps(
            pca=arrays["pca"][i],
            tsne=arrays["tsne"][i],
            neighbors=arrays["neighbors"][i].astype(np.int32),
            explained=about["explained"][i],
            dimensions=about["dimensions"],
        )
        for i, name in enumerate(STAGES)
    }
    return {
        "stages": stages,
        "labels": arrays["labels"].astype(int),
        "class_names": ("cat", "dog"),
        "images": [test / name for name in about["files"]],
        "predictions": {name: arrays["predicted"][i].astype(int) for i, name in enumerate(STAGES)},
        "origin": f"{len(about['files'])} drawn pets, a stand-in for the photos",
        "names": [Path(name).stem.replace(".", " ") for name in about["files"]],
    }
