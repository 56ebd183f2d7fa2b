"""Check batches of images, labels and logits by the same rules wherever a user passes them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from lecture_utils._inspect import LayerOutputError, check_forward
from lecture_utils._validation import kind_of

#: Tasks of a classifier: one class out of many, or a yes/no decision.
TASKS = ("multiclass", "binary")


def as_inputs(values: Any, name: str = "images") -> Tensor:
    """Check a model's input: images, or features computed from them.

    Parameters
    ----------
    values : tensor or array of uint8 or float, shape (N, ...)
        Bytes from 0 to 255, or floats of any range.
    name : str
        The argument's name in an error message.

    Returns
    -------
    tensor
        The same values in the same type; an array is converted without a copy where possible.

    Raises
    ------
    ValueError
        If the values have another type, or do not form a batch.

    Examples
    --------
    >>> as_inputs(torch.zeros(2, 1, 28, 28)).shape
    torch.Size([2, 1, 28, 28])
    """
    tensor = _as_tensor(values, name, "a tensor or an array of bytes (uint8) or floats")
    if tensor.dtype != torch.uint8 and not tensor.is_floating_point():
        raise ValueError(
            f"{name} are {tensor.dtype}; convert them to bytes (uint8) if the values go from 0 to "
            "255, and to floats otherwise"
        )
    if tensor.ndim < 2:
        raise ValueError(
            f"{name} have shape {tuple(tensor.shape)}; pass a batch, such as (N, C, H, W)"
        )
    return tensor


def as_labels(
    values: Any, count: int | None = None, classes: int | None = None, name: str = "labels"
) -> Tensor:
    """Check labels: one class index per image.

    Parameters
    ----------
    values : tensor, array or list of whole numbers, shape (N,) or (N, 1)
        Of any type that can hold them, including booleans for two classes.
    count : int, optional
        The required number of labels.
    classes : int, optional
        Number of classes; labels go from 0 to ``classes - 1``.
    name : str
        The argument's name in an error message.

    Returns
    -------
    tensor of int64, shape (N,)

    Raises
    ------
    ValueError
        If the values are not such labels.

    Examples
    --------
    >>> as_labels([[1.0], [0.0]], classes=2)
    tensor([1, 0])
    """
    labels = _as_tensor(values, name, "one whole number per image")
    if labels.is_complex():
        raise ValueError(f"{name} are {labels.dtype}; pass one whole number per image")
    if labels.ndim == 0 and count == 1:
        labels = labels[None]
    if labels.ndim == 2 and labels.shape[1] == 1:
        labels = labels[:, 0]
    if labels.ndim != 1:
        hint = ""
        if labels.ndim == 2:
            hint = f"; {name}.argmax(1) turns one row of scores per image into them"
        raise ValueError(
            f"{name} have shape {tuple(labels.shape)}; pass one class index per image, (N,){hint}"
        )
    if count is not None and len(labels) != count:
        raise ValueError(f"there are {count} images but {len(labels)} {name}; pass one per image")
    if labels.is_floating_point() and len(labels):
        broken = labels[labels != labels.round()]  # also finds NaN
        if len(broken):
            raise ValueError(
                f"one of the {name} is {broken[0].item():g}; pass class indices, which are whole "
                "numbers"
            )
    labels = labels.long()
    if len(labels):
        # Both in one transfer, because each one waits for the GPU.
        low, high = torch.stack(labels.aminmax()).tolist()
        if low < 0:
            raise ValueError(f"one of the {name} is {low}; class indices start at 0")
        if classes is not None and high >= classes:
            raise ValueError(
                f"one of the {name} is {high}, but there are {classes} classes, 0 to {classes - 1}"
            )
    return labels


def as_logits(logits: Any, count: int, task: str | None = None) -> Tensor:
    """Check a model's output for a batch and return it as logits.

    Parameters
    ----------
    logits : tensor, shape (N, classes); or, for two classes, one logit per image, (N, 1) or (N,)
        For a single image also (classes,) or (), since a model that ends in ``.squeeze()`` drops
        the first axis.
    count : int
        Number of images in the batch.
    task : {"multiclass", "binary"}, optional
        If not given, one logit per image means two classes, as for "binary".

    Returns
    -------
    tensor, shape (N, classes), or (N, 1) for one logit per image

    Raises
    ------
    ValueError
        If the output has another shape or type.

    Examples
    --------
    >>> as_logits(torch.zeros(5), count=1).shape
    torch.Size([1, 5])
    """
    wanted = {"binary": "(N, 1) or (N,)", "multiclass": "(N, classes)"}.get(
        task or "", "(N, classes), or (N, 1) for two classes"
    )
    if not isinstance(logits, Tensor):
        raise ValueError(
            f"the model returns {kind_of(logits)}; wrap it in a module that returns only the "
            f"logits, a tensor of shape {wanted}"
        )
    if not logits.is_floating_point():
        raise ValueError(f"the logits are {logits.dtype}; the model must return floats")
    shape = tuple(logits.shape)
    if logits.ndim == 0:
        logits = logits[None]
    if logits.ndim == 1:
        one_image = count == 1 and task != "binary"
        logits = logits[None] if one_image and len(logits) > 1 else logits[:, None]
    problem = ""
    if logits.ndim != 2:
        flat = logits.ndim > 2 and logits.shape[2:].numel() == 1
        problem = "; end the model in nn.Flatten()" if flat else "; pool or flatten the rest"
    elif len(logits) != count:
        problem = f"; the batch has {count} images"
    elif task == "binary" and logits.shape[1] != 1:
        problem = '; with more than one logit per image use task="multiclass"'
    elif task == "multiclass" and logits.shape[1] == 1:
        problem = '; with one logit per image use task="binary"'
    elif not logits.shape[1]:
        problem = "; there must be at least one"
    if problem:
        raise ValueError(f"the logits have shape {shape} instead of {wanted}{problem}")
    return logits


def as_model_dtype(model: nn.Module, inputs: Tensor) -> Tensor:
    """Convert floats to the type of the model's weights; bytes stay as they are."""
    weight = next((p for p in model.parameters() if p.is_floating_point()), None)
    if weight is None or not inputs.is_floating_point():
        return inputs
    return inputs.to(weight.dtype)


def run_model(
    model: nn.Module, images: Tensor, forward: Callable[[Tensor], Any] | None = None
) -> Any:
    """Run a model, and report a mismatch as an error about the images.

    Parameters
    ----------
    model : nn.Module
    images : tensor, shape (N, ...)
    forward : callable, optional
        Takes the images and runs the model, or a part of it. By default, the model itself.

    Returns
    -------
    Whatever the model returns.

    Raises
    ------
    ValueError
        If the model cannot take images of this shape or type.
    """
    try:
        return (forward or model)(images)
    except LayerOutputError:
        raise
    # The errors that layers and models raise for unsuitable inputs. Others, such as AttributeError,
    # point to mistakes in a model's code, and are clearest unchanged.
    except (RuntimeError, ValueError, TypeError, AssertionError, IndexError) as error:
        if is_out_of_memory(error):
            raise
        if isinstance(error, TypeError):
            check_forward(model.forward)
        lines = str(error).strip().splitlines() or ["no reason is given"]
        kind = "" if isinstance(error, (RuntimeError, ValueError)) else f"{type(error).__name__}: "
        raise ValueError(
            f"the model does not accept images of shape {tuple(images.shape)} and type "
            f"{images.dtype}{_remedy(model, images)}: {kind}{lines[0]}"
        ) from error


def is_out_of_memory(error: BaseException) -> bool:
    """Return whether an error means that a GPU or the main memory is full."""
    full = isinstance(error, (torch.OutOfMemoryError, MemoryError))
    return full or "can't allocate memory" in str(error)


def _remedy(model, images):
    """Guess what is wrong with the images: their layout or their channels."""
    first = next((m for m in model.modules() if isinstance(m, nn.Conv2d)), None)
    if images.ndim == 3:
        gray = first is not None and first.in_channels == 1 and len(images) > 1
        return f" (images[{':, None] adds the channel' if gray else 'None] makes a batch of one'})"
    if first is None or images.ndim != 4 or images.shape[1] == first.in_channels:
        return ""
    channels = first.in_channels
    if images.shape[3] == channels:
        return " (the channels come last; use images.permute(0, 3, 1, 2))"
    if images.shape[1] == 4 and channels == 3:
        return " (it expects 3 channels; images[:, :3] drops the transparency)"
    return f" (its first convolution expects {channels} channel{'s' * (channels != 1)})"


def _as_tensor(values: Any, name: str, wanted: str) -> Tensor:
    if isinstance(values, Tensor):
        # The caller trains nothing here, so the gradients are dropped.
        return values.detach()
    try:
        array = np.asarray(values)
        if not array.dtype.isnative:
            array = array.astype(array.dtype.newbyteorder("="))
        if any(stride < 0 for stride in array.strides):
            array = array.copy()
        if not array.flags.writeable:
            array = array.copy()
        return torch.from_numpy(array)
    except (TypeError, ValueError, RuntimeError) as error:
        raise ValueError(f"{name} are {kind_of(values)}; pass {wanted}") from error
