"""How far rounding may take apart two computations of the same value.

Which order a library adds in, and whether it multiplies and adds in one step, depends on the
processor. A tolerance must hold for all of them, and still be far below what a mistake changes.
The best way is to compare in float64. Where the code under test has float32, use `sum_error`.
"""

import numpy as np


def sum_error(terms, size, dtype=np.float32):
    """Bound the difference between two computations of a sum of products.

    In whatever order, each is within ``terms * u * size`` of the exact sum, to first order; u is
    half of ``eps`` (Higham, Accuracy and Stability of Numerical Algorithms, 2nd ed., section 3.1).

    Parameters
    ----------
    terms : int
        How many products are added; each rounding of an input counts as one more.
    size : float or array
        Sum of the absolute values of the products, or a bound of it.
    dtype : dtype
        In which the less precise one computes.

    Returns
    -------
    float or array
    """
    return terms * np.finfo(dtype).eps * size
