"""Banks of image filters behind one interface: Gabor, Sobel, Laplacian of Gaussian, Haar, your own.

Chapter 2, *Filter banks*, introduces them.
"""

from lecture_utils.filter_banks._bank import (
    FilterBank,
    haar_bank,
    laplacian_of_gaussian_bank,
    sobel_bank,
)
from lecture_utils.filter_banks._gabor import GaborBank, GaborParameters, gabor_kernel
from lecture_utils.filter_banks._scattering import scattering

__all__ = [
    "FilterBank",
    "GaborBank",
    "GaborParameters",
    "gabor_kernel",
    "haar_bank",
    "laplacian_of_gaussian_bank",
    "scattering",
    "sobel_bank",
]
