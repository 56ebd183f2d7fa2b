"""What an image is made of while it is optimized: pixels, or waves in independent colors."""

from __future__ import annotations

import torch

# The first start of the lecture: light gray with a little noise.
_GRAY = (150 / 255, 180 / 255)

# Principal axes of the colors (red, green, blue) of 1,000 of the 2,000 training photos of Cats vs
# Dogs: eigenvectors of their covariance times the root of the eigenvalue, over the largest of the
# three lengths. Other sets of photos give about the same.
_PHOTO_COLORS = torch.tensor([[0.58, 0.16, 0.04], [0.58, -0.01, -0.09], [0.57, -0.16, 0.05]])


class PixelCanvas:
    """The pixels themselves.

    Parameters
    ----------
    shape : tuple of int
        (N, C, H, W).
    generator : torch.Generator
        Of the noise that it starts with.
    like : torch.Tensor
        Its device and type are taken over.
    """

    def __init__(
        self, shape: tuple[int, int, int, int], generator: torch.Generator, like: torch.Tensor
    ):
        low, high = _GRAY
        noise = torch.rand(shape, generator=generator) * (high - low) + low
        self.values = noise.to(like.device, like.dtype).requires_grad_()

    def images(self) -> torch.Tensor:
        """Return the images, 0 to 1."""
        # A copy: the values go on changing.
        return self.values.clone()

    def keep_in_range(self) -> None:
        """Clip the pixels to 0 and 1."""
        with torch.no_grad():
            self.values.clamp_(0, 1)


class FourierCanvas:
    """Amplitudes of waves, in colors that vary independently of each other in photos.

    A step of the optimizer changes every value by about the same amount. Here that is a change of
    the image's large shapes as much as of its finest detail, and of brightness more than of color;
    on pixels it would be noise.

    Parameters
    ----------
    shape, generator, like
        As for `PixelCanvas`.
    fourier, color : float
        See `Priors`.
    """

    def __init__(
        self,
        shape: tuple[int, int, int, int],
        generator: torch.Generator,
        like: torch.Tensor,
        fourier: float = 1.0,
        color: float = 1.0,
    ):
        self.size = shape[2:]
        self.color = color_basis(shape[1], color).to(like.device, like.dtype)
        self.scale = _amplitudes(*self.size, fourier).to(like.device, like.dtype)
        noise = 0.01 * torch.randn(*shape[:2], *self.scale.shape, 2, generator=generator)
        self.values = noise.to(like.device, like.dtype).requires_grad_()

    def images(self) -> torch.Tensor:
        """Return the images, 0 to 1."""
        waves = torch.view_as_complex(self.values) * self.scale
        planes = torch.fft.irfft2(waves, s=self.size, norm="ortho")
        return torch.einsum("dc,nchw->ndhw", self.color, planes).sigmoid()

    def keep_in_range(self) -> None:
        """Do nothing: every value gives an image."""


def color_basis(channels: int, strength: float = 1.0) -> torch.Tensor:
    """Mix independent values into colors as they vary in photos.

    Parameters
    ----------
    channels : int
        3 for color; with any other count nothing is mixed.
    strength : float
        From 0 (red, green and blue themselves) to 1 (colors of photos).

    Returns
    -------
    torch.Tensor, shape (channels, channels)
        Rows: red, green, blue. Columns at strength 1: brightness, red against blue, magenta
        against green. The sum of the squares, and so the contrast, is the same at every strength.
    """
    if channels != 3:
        return torch.eye(channels)
    power = _PHOTO_COLORS.norm()
    mixed = (1 - strength) * torch.eye(3) * power / 3**0.5 + strength * _PHOTO_COLORS
    return mixed * power / mixed.norm()


def _amplitudes(height, width, fourier):
    """Return how large a wave is: in photos, in inverse proportion to its frequency."""
    rows = torch.fft.fftfreq(height)[:, None]
    columns = torch.fft.rfftfreq(width)[None]
    frequency = torch.hypot(rows, columns)
    lowest = 1 / max(height, width)
    relative = (lowest / frequency.clamp_min(lowest)) ** fourier
    # The same contrast at every strength. A quarter keeps it moderate at strength 1: the sigmoid
    # then is nearly straight.
    power = (lowest / frequency.clamp_min(lowest)).square().mean().sqrt()
    return 0.25 / lowest * relative * power / relative.square().mean().sqrt()
