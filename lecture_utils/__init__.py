"""Convolutions, filter banks, small networks and live demos for a textbook on CNNs.

Import the part that you need, for example ``from lecture_utils.convolution import convolve2d``.
This module itself imports nothing, so a script that needs one kernel does not have to load PyTorch.
"""

__version__ = "0.1.0"
