"""Run images through the frozen part of a model once, and cache the output."""

from __future__ import annotations

import hashlib
import warnings
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor, nn

from lecture_utils._inspect import Snapshot, evaluating
from lecture_utils._validation import as_seed, whole
from lecture_utils._validation.batches import as_inputs
from lecture_utils._validation.pixels import check_pixels
from lecture_utils.training import BatchDataModule, InMemoryDataset, to_unit_range
from lecture_utils.training._forward import apply_model
from lecture_utils.transfer import _embedding_cache
from lecture_utils.transfer._network import TransferNetwork, attach_head, split

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import ArrayLike

    from lecture_utils.pretrained import Pretrained


def embed(
    model: TransferNetwork | Pretrained,
    data: InMemoryDataset | ArrayLike,
    until: str = "head",
    *,
    batch_size: int = 64,
    cache: bool = True,
) -> Any:
    """Compute a model's output up to (and excluding) a stage, only once.

    Model and images are identified by their content: the images by their pixels; the model by its
    layers, weights and attributes, and by its output for the first two images, to about four
    digits. The result is cached on disk (in ``LECTURE_CACHE`` or else the user's cache folder); an
    interrupted computation continues where it stopped.

    Parameters
    ----------
    model : TransferNetwork, or pretrained.Pretrained
        Used in evaluation mode, on its current device.
    data : InMemoryDataset, or tensor or array of uint8 or float, shape (N, 3, H, W)
        Bytes, or values from 0 to 1 in any precision; at least one image.
    until : str
        The first stage that is not run, one of ``model.stages``: "head" returns the head's input.
    batch_size : int
        Images per forward pass: affects speed and memory, and the results only by rounding.
    cache : bool
        False computes everything again and writes nothing.

    Returns
    -------
    tensor of float32, shape (N, features) for "head"; or InMemoryDataset
        On the CPU. With the same labels, if `data` has labels.

    Raises
    ------
    ValueError
        If `model` is a network without a new head, there is no such stage, `data` is not a batch
        of images that the model accepts, or floats lie outside of 0 to 1.

    Examples
    --------
    >>> from lecture_utils import pretrained
    >>> embed(pretrained.load("efficientnet_lite0"), torch.zeros(4, 3, 64, 64)).shape
    torch.Size([4, 1280])
    """
    batch_size = whole("batch_size", batch_size, 1)
    if not isinstance(model, nn.Module):
        model = attach_head(model, 1)
    labels = data.labels if isinstance(data, InMemoryDataset) else None
    images = data.inputs if isinstance(data, InMemoryDataset) else as_inputs(data, "data")
    if images.ndim != 4 or not len(images):
        raise ValueError(
            f"data have shape {tuple(images.shape)}; pass images, (N, channels, height, width), at "
            "least one"
        )
    if images.is_floating_point():
        for batch in images.split(64):
            check_pixels(batch.to("cpu", torch.promote_types(batch.dtype, torch.float32)), "data")
    first, _ = split(model, until)

    def compute(start):
        return _run(first, images[start:], batch_size)

    embeddings = None
    if cache:
        key = _fingerprint(first, images)
        try:
            embeddings = _embedding_cache.load_or_compute(key, len(images), compute)
        except OSError as error:
            warnings.warn(
                f"embeddings could not be cached ({error}) and will be computed again. "
                "Set LECTURE_CACHE to a folder with enough space",
                stacklevel=2,
            )
    if embeddings is None:
        embeddings = run_in_batches(first, images, batch_size)
    embeddings = torch.as_tensor(embeddings)
    return embeddings if labels is None else InMemoryDataset(embeddings, labels)


def embed_augmented(
    model: TransferNetwork | Pretrained,
    data: InMemoryDataset,
    augment: Callable[[Tensor], Tensor],
    copies: int = 8,
    until: str = "head",
    *,
    seed: int = 0,
    batch_size: int = 64,
) -> InMemoryDataset:
    """Augment every image several times, and compute a model's output for all copies.

    This combines frozen layers with augmentation: the copies are drawn once rather than in every
    epoch, and the frozen layers run once on each of them. Nothing is written to disk.

    Parameters
    ----------
    model, until, batch_size
        As for `embed`.
    data : InMemoryDataset
        Images of uint8 or float, shape (N, 3, H, W), and their labels.
    augment : callable
        Takes and returns a batch of images with values from 0 to 1. See `augmentation.Augment`.
    copies : int
        Number of copies per image, at least 1.
    seed : int
        Determines the random numbers, together with `batch_size`. PyTorch's generator is not
        changed.

    Returns
    -------
    InMemoryDataset
        First one copy of all images in order, then the next; ``copies * N`` in total.

    Raises
    ------
    ValueError
        If an argument is invalid.

    Examples
    --------
    >>> from lecture_utils import pretrained
    >>> from lecture_utils.augmentation import Augment
    >>> data = InMemoryDataset(torch.zeros(4, 3, 64, 64), torch.tensor([0, 1, 0, 1]))
    >>> augment = Augment(flip=0.5, crop=(0.6, 1))
    >>> len(embed_augmented(pretrained.load("efficientnet_lite0"), data, augment, copies=8))
    32
    """
    copies, seed = whole("copies", copies, 1), as_seed("seed", seed)
    batch_size = whole("batch_size", batch_size, 1)
    if not isinstance(data, InMemoryDataset):
        raise ValueError(
            f"data is a {type(data).__name__}; pass InMemoryDataset(images, labels), because the "
            "copies need labels, too"
        )
    if not callable(augment):
        raise ValueError(f"augment is {augment!r}; pass a function of a batch of images")
    if not isinstance(model, nn.Module):
        model = attach_head(model, 1)
    first, _ = split(model, until)
    device = next((p.device for p in first.parameters()), torch.device("cpu"))
    outputs = []
    devices = [device] if device.type == "cuda" else []
    with torch.random.fork_rng(devices=devices):
        torch.manual_seed(seed)
        for _ in range(copies):
            for batch in data.inputs.split(batch_size):
                images = augment(to_unit_range(batch.to(device)))
                outputs.append(run_in_batches(first, images, len(images)))
    return InMemoryDataset(torch.cat(outputs), data.labels.repeat(copies))


class EmbeddedDataModule(BatchDataModule):
    """Provide the embeddings of another data module's images: the output of a model's frozen part.

    Training the rest of the model on them has the same result as training all of it, without
    computing the frozen part again in every epoch. Augmentation is impossible, because it would
    change the images before they are embedded. (Several augmented copies can be embedded: set
    ``train_set`` to the result of `embed_augmented` before `setup`.)

    Parameters
    ----------
    data : ImageDataModule, or another `BatchDataModule`
        Its batch size and seed are used.
    model : TransferNetwork, or pretrained.Pretrained
        Used in evaluation mode.
    until : str
        The first stage that is not run; see `embed`.

    Attributes
    ----------
    train_set, validation_set, test_set : InMemoryDataset
        Available after `setup`: embeddings, with the labels of the images.
    data : BatchDataModule
        The images. Its other attributes, such as ``class_names``, are also available here.

    Raises
    ------
    ValueError
        If the data module augments its images.

    Examples
    --------
    >>> frozen, trainable = split(model, "stage6")  # doctest: +SKIP
    >>> data = EmbeddedDataModule(photos, model, "stage6")  # doctest: +SKIP
    >>> Trainer().fit(Classifier(trainable), data)  # doctest: +SKIP
    """

    def __init__(
        self, data: BatchDataModule, model: TransferNetwork | Pretrained, until: str = "head"
    ) -> None:
        super().__init__(batch_size=data.batch_size, eval_batch_size=500, seed=data.seed)
        if data.augment is not None:
            raise ValueError(
                "the data module augments its images, and embeddings of changing images cannot be "
                "cached; leave augment out, or train the whole model"
            )
        self.data = data
        self.model = model
        self.until = until

    def __getattr__(self, name: str) -> Any:
        # Python calls this only for missing attributes: those of the other data module.
        if name in ("class_names", "files", "origin", "source", "split_seed"):
            return getattr(self.data, name)
        return super().__getattribute__(name)

    def setup(self, stage: str | None = None) -> None:
        """Read the images that a stage needs, by default all, and embed them."""
        self.data.setup(stage)
        for name in ("train_set", "validation_set", "test_set"):
            dataset = getattr(self.data, name)
            if dataset is not None and getattr(self, name) is None:
                setattr(self, name, embed(self.model, dataset, self.until))


def run_in_batches(model: nn.Module, images: Tensor | ArrayLike, batch_size: int = 64) -> Tensor:
    """Compute a model's output for images (or embeddings) in evaluation mode, without caching.

    Parameters
    ----------
    model : nn.Module
    images : tensor or array of uint8 or float, shape (N, ...)
        At least one image.
    batch_size : int

    Returns
    -------
    tensor of float32, shape (N, ...)

    Raises
    ------
    ValueError
        If there are no images, or the model does not accept them.
    """
    batch_size = whole("batch_size", batch_size, 1)
    images = as_inputs(images)
    if not len(images):
        raise ValueError("there are no images; pass at least one")
    return torch.cat([torch.from_numpy(batch) for batch in _run(model, images, batch_size)])


def _run(model, images, batch_size):
    """Yield arrays of float32, batch by batch; afterwards, the model is unchanged."""
    from tqdm import tqdm

    device = next((p.device for p in model.parameters()), torch.device("cpu"))
    progress = tqdm(total=len(images), desc="embedding", unit="images", delay=2)
    with evaluating(model), progress:
        for batch in images.split(batch_size):
            with torch.inference_mode():
                outputs = apply_model(model, batch.to(device))
            yield _as_array(outputs)
            progress.update(len(batch))


def _as_array(outputs):
    if not isinstance(outputs, Tensor):
        raise ValueError(f"the model returns a {type(outputs).__name__}, not a tensor")
    return outputs.float().cpu().contiguous().numpy()


def _fingerprint(model, images):
    """Identify a model by its components and its output, and images by their pixels."""
    digest = hashlib.sha256(f"{model}{images.dtype}{tuple(images.shape)}".encode())
    for name, layer in model.named_modules():
        digest.update(f"{name}{type(layer).__qualname__}{_plain_attributes(layer)}".encode())
    digest.update(_behavior(model, images[:2]).encode())
    for name, value in (*model.named_parameters(), *model.named_buffers()):
        digest.update(f"{name}{value.dtype}{tuple(value.shape)}".encode())
        digest.update(_bytes(value))
    for batch in images.split(64):
        digest.update(_bytes(batch))
    return digest.hexdigest()[:32]


#: Attributes that every module has, and those that change no output in evaluation mode.
_NOT_ITS_OWN = {*vars(nn.Module()), "training"}


def _plain_attributes(layer):
    """Return a layer's numbers, strings and similar; others may print differently every time."""
    own = {name: value for name, value in vars(layer).items() if name not in _NOT_ITS_OWN}
    return [(name, repr(value)) for name, value in sorted(own.items()) if _is_plain(value)]


def _is_plain(value):
    if isinstance(value, dict):
        return _is_plain([*value, *value.values()])
    if isinstance(value, (tuple, list)):
        return all(_is_plain(item) for item in value)
    return value is None or type(value) in (bool, int, float, complex, str, bytes)


def _behavior(model, images):
    """Describe a model's output so that rounding errors rarely change the description.

    Different code with the same weights has different outputs. Single values would not do: of many
    values, some lie where a rounding error makes them round the other way, and another processor
    would miss the cache. So this uses few numbers: the norm, and random combinations relative to
    it.
    """
    device = next((p.device for p in model.parameters()), torch.device("cpu"))
    before = Snapshot(model)
    try:
        with evaluating(model), torch.inference_mode():
            torch.manual_seed(0)
            outputs = _as_array(apply_model(model, images.to(device))).astype(np.float64)
    finally:
        before.restore()
    weights = np.random.default_rng(0).standard_normal((3, outputs.size))
    norm = np.linalg.norm(outputs)
    if not np.isfinite(norm) or norm == 0:
        return f"{outputs.shape}{norm}"
    combined = weights @ outputs.ravel() / norm
    described = np.rint(1e4 * np.append(combined, np.log(norm)))
    return f"{outputs.shape}{described.astype(np.int64).tolist()}"


def _bytes(tensor):
    return tensor.detach().cpu().contiguous().reshape(-1).view(torch.uint8).numpy()
