"""Scattering: filter, take magnitudes, filter again and average; a fixed two-layer network.

Chapter 2, *Filter banks*, introduces it.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lecture_utils._validation import whole
from lecture_utils.filter_banks._checks import checked_image
from lecture_utils.filter_banks._gabor import GaborBank

#: Number of response values of the first layer in memory at a time.
STEP = 2**22


def scattering(
    images: ArrayLike,
    bank: GaborBank,
    second: GaborBank | None = None,
    *,
    cells: int = 4,
    mode: str = "reflect",
) -> tuple[NDArray[Any], NDArray[Any]]:
    r"""Compute scattering coefficients of the first and second order.

    The first order is the magnitude :math:`|x * g_1|` of every filter's response, averaged over the
    cells of a grid. The second order filters the magnitudes once more before averaging:
    :math:`||x * g_1| * g_2|`.

    Parameters
    ----------
    images : array_like, shape (H, W) or (b, H, W)
        Gray images; height and width are multiples of `cells`.
    bank : GaborBank
        The filters of the first layer.
    second : GaborBank, optional
        The filters of the second layer; by default those of the first. Only pairs whose second
        frequency is lower than the first are used, because magnitudes vary more slowly than the
        waves that they measure.
    cells : int
        Rows and columns of the grid.
    mode : {"reflect", "wrap", "constant", "nearest"}
        The values beyond the border, as in `FilterBank.responses`.

    Returns
    -------
    first : numpy.ndarray, shape (n, cells, cells) or (b, n, cells, cells)
        The result of `FilterBank.pooled`.
    second : numpy.ndarray, shape (pairs, cells, cells) or (b, pairs, cells, cells)
        One map for each pair of filters with decreasing frequency: all partners of the first
        filter, then those of the second, and so on.

    Raises
    ------
    ValueError
        As `FilterBank.pooled`.

    References
    ----------
    J. Bruna and S. Mallat, *Invariant scattering convolution networks*, IEEE Transactions on
    Pattern Analysis and Machine Intelligence 35(8), 2013.

    Examples
    --------
    >>> bank = GaborBank.from_list([(0.1, 0, 5), (0.1, 1.57, 5), (0.25, 0, 2)])
    >>> first, second = scattering(np.eye(32), bank)
    >>> first.shape, second.shape  # the third filter has two partners
    ((3, 4, 4), (2, 4, 4))
    """
    array, single = checked_image(np.asarray(images), mode)
    cells = whole("cells", cells, 1)
    second = bank if second is None else second
    partners = [
        [n for n, other in enumerate(second.parameters) if other.frequency < mine.frequency]
        for mine in bank.parameters
    ]
    starts = np.cumsum([0, *(len(each) for each in partners)])
    first_order = np.empty((len(array), len(bank), cells, cells), array.dtype)
    second_order = np.empty((len(array), starts[-1], cells, cells), array.dtype)
    # Filters with the same partners are processed together in the second layer.
    groups: dict[tuple[int, ...], list[int]] = {}
    for number, each in enumerate(partners):
        if each:
            groups.setdefault(tuple(each), []).append(number)
    banks = {
        each: GaborBank.from_list(
            [second.parameters[n] for n in each], phase=second._phase, n_stds=second._n_stds
        )
        for each in groups
    }
    some = max(1, STEP // max(1, len(bank) * array[0].size)) if len(array) else 1
    for start in range(0, len(array), some):
        chunk = slice(start, start + some)
        first_order[chunk] = bank.pooled(array[chunk], cells, mode)
        magnitudes = bank.magnitudes(array[chunk], mode)
        for each, members in groups.items():
            maps = magnitudes[:, members].reshape(-1, *array.shape[1:])
            pooled = banks[each].pooled(maps, cells, mode)
            columns = np.concatenate([starts[m] + np.arange(len(each)) for m in members])
            second_order[chunk, columns] = pooled.reshape(
                len(magnitudes), len(columns), cells, cells
            )
    if single:
        return first_order[0], second_order[0]
    return first_order, second_order
