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
    """A trained model and all that is needed to use it.

    Attributes
    ----------
    name, title : str
        Such as ``"resnet18"`` and ``"ResNet18"``.
    model : torch.nn.Module
        From normalized images (N, 3, H, W) to logits (N, 1000); on the CPU, in evaluation mode.
    class_names : tuple of str
        ImageNet's 1,000 classes in the order of the logits. Two names occur twice ("crane", a bird
        and a machine).
    image_size : int
        Side of the square images that it was made for, in pixels.
    mean, std : tuple of float
        Per color, for values from 0 to 1: the model takes ``(x - mean) / std``.
    source : str
        Where the weights came from: "folder", "cache", "package" or "download".
    origin : str
        The same as a sentence, for a caption.
    resize_size : int
        To which the shorter side is resized before the middle is cut out.
    interpolation : str
        How: a value of torchvision's ``InterpolationMode``.
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
        """Resize, cut out the middle and normalize, as the weights' authors did for their tests.

        Parameters
        ----------
        images : PIL image, array of integers from 0 to 255, shape (H, W, 3), or a list of them
            Of any size; gray ones, (H, W), become color. Or a tensor of uint8, shape (N, 3, H, W).
            PIL images may have any mode. 16 bits of gray are scaled to 8, the orientation that a
            camera noted (EXIF) is applied, and transparency is left out: what lies under it shows.

        Returns
        -------
        torch.Tensor of float, shape (N, 3, image_size, image_size)
            Normalized.

        Raises
        ------
        ValueError
            If something is no image, or has values outside of 0 to 255, or of unknown range (PIL
            images of 32-bit integers or floats).

        Examples
        --------
        >>> from lecture_utils.datasets import photo
        >>> load("efficientnet_lite0").preprocess(photo("cat")).shape
        torch.Size([1, 3, 224, 224])
        """
        return self.normalize(self.crop(images))

    def crop(self, images: Images) -> Tensor:
        """Do the same without the normalization: images with values from 0 to 1, to show them.

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
            Of the same shape; gradients pass.

        Examples
        --------
        >>> import torch
        >>> load("efficientnet_lite0").normalize(torch.ones(1, 3, 8, 8)).max()
        tensor(1.)
        """
        mean, std = (images.new_tensor(values).view(3, 1, 1) for values in (self.mean, self.std))
        return (images - mean) / std


def available() -> tuple[str, ...]:
    """List the models that `load` can give on this machine without a download.

    Returns
    -------
    tuple of str
        Of `NETWORKS`, in that order.

    Examples
    --------
    >>> "efficientnet_lite0" in available()
    True
    """
    return tuple(name for name in NETWORKS if _files.is_here(name))


def load(name: str, source: str | None = None, download: bool | None = None) -> Pretrained:
    """Load a model with weights trained on ImageNet, and say once where they are from.

    Parameters
    ----------
    name : str
        One of `NETWORKS`.
    source : {"folder", "cache", "package", "download"}, optional
        Insist on one source. By default the first that has the weights.
    download : bool, optional
        Whether the search may download the weights (45 to 530 MB). By default it may in Colab and
        where ``LECTURE_DOWNLOAD=1`` is set. ``LECTURE_OFFLINE=1`` forbids it.

    Returns
    -------
    Pretrained

    Raises
    ------
    ValueError
        If an argument is none of the above, or a file in ``LECTURE_DATA`` is damaged.
    datasets.DatasetNotFoundError
        If no source has the weights, or not the one that `source` names; the message says what
        would help.
    datasets.DownloadError
        If `source` is "download" and the download fails.

    Notes
    -----
    A file of torchvision carries the first eight digits of its SHA-256 checksum in its name; a file
    whose content does not fit its name is not used. In ``LECTURE_DATA`` any
    ``resnet18-<its eight digits>.pth`` will do, whoever trained it.

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
    """Turn whatever `preprocess` takes into a list of PIL images, or of tensors (3, H, W)."""
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
            raise ValueError(f"images of shape {tuple(images.shape)} hold no image")
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
