"""Create the small sample of Fashion-MNIST that ships with the package.

    python tools/make_fashion_sample.py          writes lecture_utils/data/samples/fashion_mnist.npz
        python tools/make_fashion_sample.py --check  compares the existing file with a new sample

The full data set comes from wherever `lecture_utils.datasets` finds it. The sample is drawn with a
seed and without replacement, equally many images from each class: 500 of the training set and 200
of the test set, sorted by their index there, which the file also contains.
"""

from pathlib import Path

import numpy as np
import samples
from numpy.typing import NDArray

from lecture_utils import datasets

TARGET = Path(datasets.__file__).parents[1] / "data" / "samples" / "fashion_mnist.npz"
PER_CLASS = {"train": 50, "test": 20}
SEED = 7


def choose(labels: NDArray, per_class: int, rng: np.random.Generator) -> NDArray[np.intp]:
    """Draw `per_class` indices of every label, sorted."""
    indices = [
        rng.choice(np.flatnonzero(labels == label), per_class, replace=False)
        for label in np.unique(labels)
    ]
    return np.sort(np.concatenate(indices))


def make_sample() -> dict[str, NDArray]:
    """Return the arrays of the sample by name."""
    rng = np.random.default_rng(SEED)
    arrays = {}
    for split, per_class in PER_CLASS.items():
        full = samples.load_full(
            datasets.fashion_mnist, split, ("folder", "cache", "package", "download")
        )
        indices = choose(full.labels, per_class, rng)
        arrays[f"{split}_images"] = full.images[indices]
        arrays[f"{split}_labels"] = full.labels[indices].astype(np.uint8)
        arrays[f"{split}_places"] = indices.astype(np.uint16)
    return arrays


if __name__ == "__main__":
    samples.main(__doc__.splitlines()[0], TARGET, make_sample)
