"""A pretrained model with its preprocessing, and the function that loads it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from lecture_utils._validation.pixels import to_bytes
from lecture_utils.datasets import _search
from lecture_utils.pretrained import _files

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from PIL.Image import Image
    from torch import Tensor, nn

    Images: TypeAlias = Tensor | Image | NDArray[Any] | Iterable[Image | NDArray[Any]]

#: The models that `load` knows.
NETWORKS = ("efficientnet_lite0", "resnet18", "resnet50", "vgg16", "inception_v3")


@dataclass(frozen=True, eq=False, repr=False)
class Pretrained:
    """A trained model and everything needed to use it.

    Attributes
    ----------
    name, title : str
        For example ``"resnet18"`` and ``"ResNet18"``.
    model : torch.nn.Module
        Maps normalized images (N, 3, H, W) to logits (N, 1000); on the CPU, in evaluation mode.
    class_names : tuple of str
        ImageNet's 1,000 classes in the order of the logits. Two names occur twice ("crane", a bird
        and a machine).
    image_size : int
        Side of the square images that it was designed for, in pixels.
    mean, std : tuple of float
        Per color, for values from 0 to 1: the model's input is ``(x - mean) / std``.
    source : str
        Where the weights came from: "folder", "cache", "package" or "download".
    origin : str
        The same as a phrase for a caption.
    resize_size : int
        Length in pixels of the shorter side, after resizing and before the center crop.
    interpolation : str
        Method for resizing: a value of torchvision's ``InterpolationMode``.
    """

    name: str
    title: str
    model: nn.Module
    class_names: tuple[str, ...]
    image_size: int
    mean: tuple[float, ...]
    std: tuple[float, ...]
    source: str
    origin: str
    resize_size: int
    interpolation: str

    def __repr__(self) -> str:
        return f"<{self.origin}>"

    def preprocess(self, images: Images) -> Tensor:
        """Resize, crop the center and normalize, as the weights' authors did in their tests.

        Parameters
        ----------
        images : PIL image, array of integers from 0 to 255, shape (H, W, 3), or a list of them
            Any size; gray images, (H, W), become color. Or a tensor of uint8, shape (N, 3, H, W).
            PIL images may have any mode. 16-bit gray is scaled to 8 bits, the orientation stored by
            a camera (EXIF) is applied, and transparency is dropped: the color below it shows.

        Returns
        -------
        torch.Tensor of float, shape (N, 3, image_size, image_size)
            Normalized.

        Raises
        ------
        ValueError
            If an item is not an image, or has values outside of 0 to 255 or of unknown range (PIL
            images of 32-bit integers or floats).

        Examples
        --------
        >>> from lecture_utils.datasets import photo
        >>> load("efficientnet_lite0").preprocess(photo("cat")).shape
        torch.Size([1, 3, 224, 224])
        """
        return self.normalize(self.crop(images))

    def crop(self, images: Images) -> Tensor:
        """Resize and crop as `preprocess` does, but keep values from 0 to 1 for showing images.

        Parameters
        ----------
        images
            As for `preprocess`.

        Returns
        -------
        torch.Tensor of float, shape (N, 3, image_size, image_size)

        Raises
        ------
        ValueError
            As `preprocess` does.
        """
        import torch
        from torchvision.transforms import InterpolationMode
        from torchvision.transforms import functional as F

        cropped = []
        for image in _as_images(images):
            resized = F.resize(
                image, [self.resize_size], InterpolationMode(self.interpolation), antialias=True
            )
            cropped.append(F.center_crop(resized, [self.image_size]))
        tensors = [x if isinstance(x, torch.Tensor) else F.pil_to_tensor(x) for x in cropped]
        return torch.stack([F.convert_image_dtype(tensor) for tensor in tensors])

    def normalize(self, images: Tensor) -> Tensor:
        """Subtract the mean and divide by the standard deviation that the model was trained with.

        Parameters
        ----------
        images : torch.Tensor of float, shape (N, 3, H, W)
            0 is black, 1 is white.

        Returns
        -------
        torch.Tensor
            The same shape; gradients are passed on.

        Examples
        --------
        >>> import torch
        >>> load("efficientnet_lite0").normalize(torch.ones(1, 3, 8, 8)).max()
        tensor(1.)
        """
        mean, std = (images.new_tensor(values).view(3, 1, 1) for values in (self.mean, self.std))
        return (images - mean) / std


def available() -> tuple[str, ...]:
    """List the models that `load` finds on this machine without a download.

    Returns
    -------
    tuple of str
        Names from `NETWORKS`, in that order.

    Examples
    --------
    >>> "efficientnet_lite0" in available()
    True
    """
    return tuple(name for name in NETWORKS if _files.is_here(name))


def load(name: str, source: str | None = None, download: bool | None = None) -> Pretrained:
    """Load a model with weights trained on ImageNet, and report once where they came from.

    Parameters
    ----------
    name : str
        One of `NETWORKS`.
    source : {"folder", "cache", "package", "download"}, optional
        Use only this source. By default, the first that has the weights.
    download : bool, optional
        Whether the weights may be downloaded (45 to 530 MB). By default only in Colab and where
        ``LECTURE_DOWNLOAD=1`` is set. ``LECTURE_OFFLINE=1`` forbids it.

    Returns
    -------
    Pretrained

    Raises
    ------
    ValueError
        If an argument is not one of these, or a file in ``LECTURE_DATA`` is damaged.
    datasets.DatasetNotFoundError
        If no source, or not the one that `source` names, has the weights; the message suggests
        what to do.
    datasets.DownloadError
        If `source` is "download" and the download fails.

    Notes
    -----
    The name of a torchvision file contains the first eight digits of its SHA-256 checksum; a file
    whose content does not match its name is not used. ``LECTURE_DATA`` may hold any
    ``resnet18-<its eight digits>.pth``, no matter who trained it.

    Examples
    --------
    >>> load("efficientnet_lite0").class_names[281]
    'tabby'
    """
    if name not in NETWORKS:
        raise ValueError(
            f"there is no pretrained network {name!r}; use one of {', '.join(NETWORKS)}"
        )
    pretrained = Pretrained(name=name, **_files.find(name, source, download))
    _search.say_once(pretrained.origin)
    return pretrained


def _as_images(images: Any) -> list[Any]:
    """Convert any input of `preprocess` to a list of PIL images, or of tensors (3, H, W)."""
    import numpy as np
    import torch
    from PIL import Image

    from lecture_utils._validation.image_files import as_rgb

    if isinstance(images, torch.Tensor):
        if images.dtype != torch.uint8 or images.ndim != 4 or images.shape[1] != 3:
            raise ValueError(
                f"images is a tensor of {images.dtype} and shape {tuple(images.shape)}; preprocess "
                "takes bytes (torch.uint8) of shape (N, 3, H, W); normalize() takes floats from 0 "
                "to 1"
            )
        if not images.numel():
            raise ValueError(f"images of shape {tuple(images.shape)} contain no image")
        return list(images)
    if isinstance(images, Image.Image):
        return [as_rgb(images)]
    if isinstance(images, list | tuple):
        if not images:
            raise ValueError("images is an empty list; give at least one image")
        return [image for part in images for image in _as_images(part)]
    array = np.asarray(images)
    is_gray = array.ndim == 2
    is_color = array.ndim == 3 and array.shape[2] in (3, 4)
    if array.dtype.kind not in "bui" or not (is_gray or is_color) or not array.size:
        remedy = ""
        if array.dtype.kind == "f":
            remedy = "; (255 * image).round().astype(np.uint8) makes them of floats from 0 to 1"
        raise ValueError(
            f"an image is {type(images).__name__} of {array.dtype} and shape {array.shape}; "
            f"preprocess takes PIL images or bytes (uint8) of shape (H, W, 3){remedy}"
        )
    return [Image.fromarray(to_bytes(array, "an image")).convert("RGB")]
