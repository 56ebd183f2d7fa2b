"""Make the small sample of Fashion-MNIST that travels with the package.

    python tools/make_fashion_sample.py          writes lecture_utils/data/samples/fashion_mnist.npz
    python tools/make_fashion_sample.py --check  compares the file that is there with a fresh one

The full data set comes from wherever `lecture_utils.datasets` finds it. The choice is a seeded draw
without replacement, the same number from each class: 500 images of the training set and 200 of the
test set, sorted by their index there, which the file holds too.
"""

import argparse
import io
import os
import sys
from pathlib import Path

import numpy as np
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
        for source in ("folder", "cache", "package", "download"):
            try:
                full = datasets.fashion_mnist(split, source=source)
                break
            except OSError as error:
                print(error, file=sys.stderr)
        else:
            sys.exit("the full data set is needed to make the sample")
        indices = choose(full.labels, per_class, rng)
        arrays[f"{split}_images"] = full.images[indices]
        arrays[f"{split}_labels"] = full.labels[indices].astype(np.uint8)
        arrays[f"{split}_places"] = indices.astype(np.uint16)
    return arrays


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="write nothing, only compare")
    check = parser.parse_args().check
    arrays = make_sample()
    if check:
        with np.load(TARGET) as stored:
            if sorted(stored.files) != sorted(arrays) or any(
                not np.array_equal(stored[name], arrays[name]) for name in arrays
            ):
                sys.exit(f"{TARGET} differs from a fresh sample")
        print(f"{TARGET} is what this script makes")
        return
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **arrays)
    TARGET.parent.mkdir(exist_ok=True)
    partial = TARGET.with_suffix(".part")
    partial.write_bytes(buffer.getvalue())
    os.replace(partial, TARGET)
    print(f"{TARGET}: {TARGET.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
