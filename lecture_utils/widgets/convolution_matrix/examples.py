"""What the demo shows at first: an image, a kernel and an error map."""

import numpy as np

LARGEST_OUTPUT = 9


def _read_only(values):
    array = np.array(values, dtype=np.float64)
    array.flags.writeable = False
    return array


#: A bright square with a soft corner.
IMAGE = _read_only(
    [
        [1, 1, 2, 1, 1, 2],
        [1, 7, 8, 8, 7, 1],
        [2, 8, 9, 9, 8, 1],
        [1, 8, 9, 5, 3, 2],
        [1, 7, 8, 3, 2, 1],
        [2, 1, 1, 2, 1, 1],
    ]
)
#: No weight is zero and no two are equal, so that each can be recognized by its value.
KERNEL = _read_only([[1, 2, 3], [-4, 5, -2], [-1, -3, 4]])
#: As many as the largest output has.
ERROR = _read_only(np.random.default_rng(seed=4).integers(-3, 4, (LARGEST_OUTPUT, LARGEST_OUTPUT)))
