"""Models that others trained on ImageNet's 1.3 million images, to inspect or to build on.

`load` takes the weights from the first of these sources that has them:

* ``"folder"``: the folder that the environment variable ``LECTURE_DATA`` names (itself, or
  ``weights`` in it);
* ``"cache"``: an earlier download, in ``LECTURE_CACHE``, the user's cache folder or that of
  PyTorch Hub;
* ``"package"``: an installed Python package, available for EfficientNet-Lite0;
* ``"download"``: torchvision's official file, which is verified and kept in the cache.

Weights are downloaded in Colab, where ``LECTURE_DOWNLOAD=1`` is set, or with ``download=True``;
``LECTURE_OFFLINE=1`` forbids it. EfficientNet-Lite0 is always available, because its package is
installed along with this one.
"""

from lecture_utils.pretrained._pretrained import NETWORKS, Pretrained, available, load

__all__ = [
    "NETWORKS",
    "Pretrained",
    "available",
    "load",
]
