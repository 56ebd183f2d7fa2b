"""Models that somebody else trained on ImageNet's 1.3 million photos, to look into or to build on.

`load` takes the weights from the first source that has them:

* ``"folder"``: the folder that the environment variable ``LECTURE_DATA`` names (itself, or
  ``weights`` in it);
* ``"cache"``: what an earlier download left, in ``LECTURE_CACHE``, the user's cache folder or torch
  hub's;
* ``"package"``: an installed Python package, which EfficientNet-Lite0 has;
* ``"download"``: torchvision's official file; it is checked and kept in the cache.

Weights are downloaded in Colab, where ``LECTURE_DOWNLOAD=1`` is set, or with ``download=True``;
``LECTURE_OFFLINE=1`` forbids it. EfficientNet-Lite0 can be had everywhere, as its package
comes with this one.
"""

from lecture_utils.pretrained._pretrained import NETWORKS, Pretrained, available, load

__all__ = [
    "NETWORKS",
    "Pretrained",
    "available",
    "load",
]
