"""Fashion-MNIST and MNIST, and the samples of them that ship with the package."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from lecture_utils.datasets import _search

#: Where data can come from, in the order of the search.
SOURCES = _search.SOURCES

#: The names of the ten classes, in the order of their labels.
FASHION_MNIST_CLASSES = (
    "T-shirt/top", "Trouser", "Pullover", "Dress", "Coat",
    "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot",
)  # fmt: skip

_SAMPLES = Path(__file__).parents[1] / "data" / "samples"


@dataclass(frozen=True, eq=False, repr=False)
class ImageClassificationData:
    """Images with their class labels.

    Attributes
    ----------
    images : ndarray of uint8, shape (N, H, W)
        Gray values: 0 is black, 255 is white.
    labels : ndarray of int64, shape (N,)
        The class of each image, as an index into `class_names`.
    class_names : tuple of str
        One name per class.
    source : str
        Where the data came from: one of `SOURCES`.
    origin : str
        The same as a phrase for a caption.
    """

    images: NDArray[np.uint8]
    labels: NDArray[np.int64]
    class_names: tuple[str, ...]
    source: str
    origin: str

    def __len__(self) -> int:
        return len(self.images)

    def __repr__(self) -> str:
        return f"<{self.origin}>"


def fashion_mnist(
    split: Literal["train", "test"] = "train",
    *,
    source: str | None = None,
    download: bool | None = None,
) -> ImageClassificationData:
    """Load Fashion-MNIST: small gray images of clothes in ten classes.

    Parameters
    ----------
    split : {"train", "test"}
        60,000 or 10,000 images (embedded sample: 500 or 200), equally many of every class.
    source : str, optional
        Use only this one of `SOURCES`. By default, the first that has the data.
    download : bool, optional
        Whether the files may be downloaded (30 MB). By default only in Colab and where
        ``LECTURE_DOWNLOAD=1`` is set. ``LECTURE_OFFLINE=1`` forbids it.

    Returns
    -------
    ImageClassificationData
        Images of shape (N, 28, 28).

    Raises
    ------
    ValueError
        If `split` or `source` is unknown, or a file is damaged.
    DatasetNotFoundError
        If `source` does not have the data.
    FileNotFoundError
        If ``LECTURE_DATA`` does not exist.
    DownloadError
        If `source` is "download" and the download fails.

    References
    ----------
    Xiao, Rasul and Vollgraf, "Fashion-MNIST", arXiv:1708.07747. MIT license.

    Examples
    --------
    >>> fashion_mnist("test", source="embedded").images.shape
    (200, 28, 28)
    """
    return _load(_FASHION_MNIST, split, source, download)


def mnist(
    split: Literal["train", "test"] = "train",
    *,
    source: str | None = None,
    download: bool | None = None,
) -> ImageClassificationData:
    """Load MNIST: small gray images of the handwritten digits 0 to 9.

    Parameters
    ----------
    split : {"train", "test"}
        60,000 or 10,000 images (embedded sample: 1,000 or 428).
    source : str, optional
        Use only this one of `SOURCES`. By default, the first that has the data.
    download : bool, optional
        Whether the files may be downloaded (11 MB). By default only in Colab and where
        ``LECTURE_DOWNLOAD=1`` is set. ``LECTURE_OFFLINE=1`` forbids it.

    Returns
    -------
    ImageClassificationData
        Images of shape (N, 28, 28), white ink on black.

    Raises
    ------
    ValueError, DatasetNotFoundError, FileNotFoundError, DownloadError
        As for `fashion_mnist`.

    Notes
    -----
    The embedded sample is taken from the 60,000 training images, 100 of each class for "train". Its
    "test" images are among the 5,000 that the recorded runs hold out for validation. So no recorded
    model was trained on them, but the settings of the runs were chosen on these 5,000.

    References
    ----------
    LeCun, Bottou, Bengio and Haffner, "Gradient-based learning applied to document recognition",
    Proceedings of the IEEE, 1998. License CC BY-SA 3.0.

    Examples
    --------
    >>> mnist("test", source="embedded").images.shape
    (428, 28, 28)
    """
    return _load(_MNIST, split, source, download)


def scikit_learn_digits() -> ImageClassificationData:
    """Load scikit-learn's handwritten digits, enlarged to the size of MNIST's.

    They come from other writers, and were scanned and scaled differently: for a model trained on
    MNIST, this is a shift in the data.

    Returns
    -------
    ImageClassificationData
        1,797 images of shape (28, 28): the 8x8 pixels, enlarged to 20x20 by linear interpolation
        and centered.

    References
    ----------
    Alpaydin and Kaynak, "Optical recognition of handwritten digits", UCI Machine Learning
    Repository, 1998. License CC BY 4.0.

    Examples
    --------
    >>> scikit_learn_digits().images.shape
    (1797, 28, 28)
    """
    from scipy.ndimage import zoom
    from sklearn.datasets import load_digits

    digits: Any = load_digits()
    images: Any = zoom(digits.images, (1, 2.5, 2.5), order=1, mode="nearest", grid_mode=True)
    images = np.pad(images * (255 / 16), [(0, 0), (4, 4), (4, 4)]).round().astype(np.uint8)
    origin = "scikit-learn's 8x8 digits, enlarged"
    return ImageClassificationData(
        images, digits.target.astype(np.int64), _MNIST.class_names, "embedded", origin
    )


def _load(collection, split, source, download):
    images, labels, source, origin = _search.load(collection, split, source, download)
    return ImageClassificationData(images, labels, collection.class_names, source, origin)


def fashion_mnist_examples() -> NDArray[np.uint8]:
    """Pick one typical image of each Fashion-MNIST class.

    Typical means: the image closest to all others of its class in the embedded training sample (the
    medoid). It is the same on every machine.

    Returns
    -------
    ndarray of uint8, shape (10, 28, 28)
        In the order of `FASHION_MNIST_CLASSES`.

    Examples
    --------
    >>> fashion_mnist_examples().shape
    (10, 28, 28)
    """
    images, labels, _ = _sample("fashion_mnist", "train")
    examples = []
    for label in range(len(FASHION_MNIST_CLASSES)):
        members = images[labels == label]
        flat = members.reshape(len(members), -1).astype(np.float64)
        distances = np.linalg.norm(flat[:, None] - flat[None], axis=2)
        examples.append(members[distances.sum(axis=1).argmin()])
    return np.stack(examples)


def _sample(name, split):
    with np.load(_SAMPLES / f"{name}.npz") as sample:
        return sample[f"{split}_images"], sample[f"{split}_labels"], "the embedded sample"


# MD5 as published with the data; torchvision checks the same sums.
_FASHION_MNIST = _search.Collection(
    title="Fashion-MNIST",
    folder="fashion-mnist",
    class_names=FASHION_MNIST_CLASSES,
    layouts=("fashion-mnist", "FashionMNIST/raw", "fashion-mnist/FashionMNIST/raw", "fashionmnist"),
    package="dataset-fashion-mnist",
    package_folder="/usr/share/datasets/fashion-mnist",
    mirrors=(
        "https://github.com/zalandoresearch/fashion-mnist/raw/master/data/fashion/",
        "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
    ),
    checksums={
        "train-images-idx3-ubyte.gz": "md5:8d4fb7e6c68d591d4c3dfef9ec88bf0d",
        "train-labels-idx1-ubyte.gz": "md5:25c81989df183df01b3e8a0aad5dffbe",
        "t10k-images-idx3-ubyte.gz": "md5:bef4ecab320f06d8554ea6380940ec79",
        "t10k-labels-idx1-ubyte.gz": "md5:bb300cfdad3c16e7a12a480ee83cd310",
    },
    embedded=partial(_sample, "fashion_mnist"),
)

_MNIST = _search.Collection(
    title="MNIST",
    folder="mnist",
    class_names=tuple("0123456789"),
    layouts=("mnist/MNIST/raw", "MNIST/raw", "mnist", "mnist-dataset"),
    package="",
    package_folder="",
    mirrors=(
        "https://ossci-datasets.s3.amazonaws.com/mnist/",
        "https://storage.googleapis.com/cvdf-datasets/mnist/",
    ),
    checksums={
        "train-images-idx3-ubyte.gz": "md5:f68b3c2dcbeaaa9fbdd348bbdeb94873",
        "train-labels-idx1-ubyte.gz": "md5:d53e105ee54ea40749a09fcbcd1e9432",
        "t10k-images-idx3-ubyte.gz": "md5:9fb629c4189551a2d022fa330f9573f3",
        "t10k-labels-idx1-ubyte.gz": "md5:ec29112dd5afa0611ce80d1b7f02629c",
    },
    embedded=partial(_sample, "mnist"),
)
