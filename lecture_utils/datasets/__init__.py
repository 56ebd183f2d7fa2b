"""The book's image data sets: clothes, digits, drawn pets and photos, one function for each.

A data set comes from the first of these sources that has it:

* ``"folder"``: the folder that the environment variable ``LECTURE_DATA`` names;
* ``"cache"``: an earlier download, in ``LECTURE_CACHE`` or else in the user's cache folder;
* ``"package"``: an installed system package, such as Debian's ``dataset-fashion-mnist``;
* ``"download"``: a public server; the file is verified and kept in the cache;
* ``"embedded"``: a small sample that ships with the book, so that it works without a network.

Files are downloaded only with permission: in Colab, where ``LECTURE_DOWNLOAD=1`` is set, or with
``download=True``. ``LECTURE_OFFLINE=1`` forbids downloads.
"""

from lecture_utils.datasets._cats_vs_dogs import cats_vs_dogs
from lecture_utils.datasets._download import DownloadError
from lecture_utils.datasets._folders import ImageFolders, drawn_pets
from lecture_utils.datasets._mnist import (
    FASHION_MNIST_CLASSES,
    SOURCES,
    ImageClassificationData,
    fashion_mnist,
    fashion_mnist_examples,
    mnist,
    scikit_learn_digits,
)
from lecture_utils.datasets._photos import photo, photo_names
from lecture_utils.datasets._search import DatasetNotFoundError
from lecture_utils.datasets._shapes import SHAPES, draw_shape, zone_plate

__all__ = [
    "FASHION_MNIST_CLASSES",
    "SHAPES",
    "SOURCES",
    "DatasetNotFoundError",
    "DownloadError",
    "ImageClassificationData",
    "ImageFolders",
    "cats_vs_dogs",
    "draw_shape",
    "drawn_pets",
    "fashion_mnist",
    "fashion_mnist_examples",
    "mnist",
    "photo",
    "photo_names",
    "scikit_learn_digits",
    "zone_plate",
]
