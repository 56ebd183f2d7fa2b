"""Shared code of the scripts that create the package's data samples."""

import argparse
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from lecture_utils import datasets
from lecture_utils._atomic import replacing


def load_full(
    load: Callable[..., datasets.ImageClassificationData], split: str, sources: Sequence[str]
) -> datasets.ImageClassificationData:
    """Load a full data set from the first source that has it, or exit."""
    for source in sources:
        try:
            return load(split, source=source)
        except OSError as error:
            print(error, file=sys.stderr)
    sys.exit("the full data set is needed to create the sample")


def main(description: str, target: Path, make_sample: Callable[[], dict[str, NDArray]]) -> None:
    """Write the arrays from `make_sample`; or, with --check, compare them with the file."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--check", action="store_true", help="write nothing, only compare")
    check = parser.parse_args().check
    arrays = make_sample()
    if check:
        with np.load(target) as stored:
            if sorted(stored.files) != sorted(arrays) or any(
                not np.array_equal(stored[name], arrays[name]) for name in arrays
            ):
                sys.exit(f"{target} differs from a new sample")
        print(f"{target} agrees with a new sample")
        return
    with replacing(target) as temporary, temporary.open("wb") as file:
        np.savez_compressed(file, **arrays)
    print(f"{target}: {target.stat().st_size:,} bytes")
