"""How an image is parameterized while it is optimized: by pixels, or by waves in colors."""

from __future__ import annotations

import torch

# The lecture's first start image: light gray with a little noise.
_GRAY = (150 / 255, 180 / 255)

# Principal axes of the colors (red, green, blue) of 1,000 of the 2,000 training photos of Cats vs
# Dogs: eigenvectors of their covariance times the square root of the eigenvalue, divided by the
# largest of the three lengths. Other sets of photos give similar values.
_PHOTO_COLORS = torch.tensor([[0.58, 0.16, 0.04], [0.58, -0.01, -0.09], [0.57, -0.16, 0.05]])


class PixelCanvas:
    """The pixels themselves.

    Parameters
    ----------
    shape : tuple of int
        (N, C, H, W).
    generator : torch.Generator
        Source of the initial noise.
    like : torch.Tensor
        Its device and type are used.
    """

    def __init__(
        self, shape: tuple[int, int, int, int], generator: torch.Generator, like: torch.Tensor
    ):
        low, high = _GRAY
        noise = torch.rand(shape, generator=generator) * (high - low) + low
        self.values = noise.to(like.device, like.dtype).requires_grad_()

    def images(self) -> torch.Tensor:
        """Return the images, with values from 0 to 1."""
        # A copy: the values keep changing.
        return self.values.clone()

    def keep_in_range(self) -> None:
        """Clip the pixels to 0 and 1."""
        with torch.no_grad():
            self.values.clamp_(0, 1)


class FourierCanvas:
    """Amplitudes of waves, in colors that vary independently of each other in photos.

    A step of the optimizer changes every value by about the same amount. In this parameterization,
    such a step changes the image's large shapes as much as its finest details, and brightness more
    than color; a step on pixels would add noise.

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
        """Return the images, with values from 0 to 1."""
        waves = torch.view_as_complex(self.values) * self.scale
        planes = torch.fft.irfft2(waves, s=self.size, norm="ortho")
        return torch.einsum("dc,nchw->ndhw", self.color, planes).sigmoid()

    def keep_in_range(self) -> None:
        """Do nothing: every value gives a valid image."""


def color_basis(channels: int, strength: float = 1.0) -> torch.Tensor:
    """Return the matrix that mixes independent values into colors that vary as in photos.

    Parameters
    ----------
    channels : int
        3 for color; any other number is not mixed.
    strength : float
        From 0 (red, green and blue themselves) to 1 (colors of photos).

    Returns
    -------
    torch.Tensor, shape (channels, channels)
        Rows: red, green, blue. Columns at strength 1: brightness, red against blue, magenta
        against green. The sum of squares, and so the contrast, is the same at every strength.
    """
    if channels != 3:
        return torch.eye(channels)
    power = _PHOTO_COLORS.norm()
    mixed = (1 - strength) * torch.eye(3) * power / 3**0.5 + strength * _PHOTO_COLORS
    return mixed * power / mixed.norm()


def _amplitudes(height, width, fourier):
    """Return the amplitude of each wave: in photos, inversely proportional to its frequency."""
    rows = torch.fft.fftfreq(height)[:, None]
    columns = torch.fft.rfftfreq(width)[None]
    frequency = torch.hypot(rows, columns)
    lowest = 1 / max(height, width)
    relative = (lowest / frequency.clamp_min(lowest)) ** fourier
    # The same contrast at every strength. The factor 1/4 keeps it moderate at strength 1, where the
    # sigmoid is nearly linear.
    power = (lowest / frequency.clamp_min(lowest)).square().mean().sqrt()
    return 0.25 / lowest * relative * power / relative.square().mean().sqrt()
