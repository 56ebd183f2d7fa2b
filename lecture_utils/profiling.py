"""What models cost on this machine: seconds for a prediction, bytes for a step of training."""

from __future__ import annotations

import platform
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

from lecture_utils._inspect import evaluating, training_mode
from lecture_utils._validation import as_one_image, as_sizes, whole

if TYPE_CHECKING:
    import torch

__all__ = [
    "activation_memory",
    "page_faults",
    "prediction_times",
    "processor",
    "step_memory",
    "training_memory",
    "with_zeros",
]

#: Bytes that training with Adam holds per trainable parameter, beside the parameter itself: a
#: gradient and two moving averages.
_TRAINING_BYTES = 3 * 4


def prediction_times(
    model: torch.nn.Module, images: torch.Tensor, *, repeats: int = 5
) -> list[float]:
    """Measure how long one processor thread works on a prediction.

    Time that the processor spends on other programs does not count. With nothing else to do, these
    are the seconds on the clock.

    Parameters
    ----------
    model : torch.nn.Module
        Is put into evaluation mode, and back afterwards.
    images : tensor, shape (N, C, H, W)
        Whatever the model takes.
    repeats : int
        Measured runs, at least 1. One more comes before them, which is not counted: it sets up what
        later ones find ready.

    Returns
    -------
    list of float
        Seconds, the fastest first.

    Raises
    ------
    ValueError
        If `repeats` is below 1.

    Examples
    --------
    >>> import torch
    >>> len(prediction_times(torch.nn.ReLU(), torch.zeros(1, 3, 8, 8), repeats=3))
    3
    """
    import torch

    repeats = whole("repeats", repeats, 1)
    seconds = []
    with evaluating(model), _one_thread(), torch.inference_mode():
        model(images)
        for _ in range(repeats):
            start = time.thread_time()
            model(images)
            seconds.append(time.thread_time() - start)
    return sorted(seconds)


def page_faults(model: torch.nn.Module, images: torch.Tensor, *, repeats: int = 5) -> float | None:
    """Count how often a prediction must wait for the operating system to hand out memory.

    A program that touches memory which it has just been given interrupts its work for every page of
    4 KiB (on most machines), until the system has filled the page with zeros.

    Parameters
    ----------
    model : torch.nn.Module
    images : tensor
        Whatever the model takes.
    repeats : int
        Predictions to average over, at least 1; one more comes before them.

    Returns
    -------
    float or None
        Minor page faults of this thread per prediction; None where the system does not tell.

    Raises
    ------
    ValueError
        If `repeats` is below 1.

    Examples
    --------
    >>> import torch
    >>> faults = page_faults(torch.nn.ReLU(), torch.zeros(1, 3, 8, 8))
    >>> faults is None or faults < 100
    True
    """
    import torch

    repeats = whole("repeats", repeats, 1)
    try:
        import resource

        of_thread = resource.RUSAGE_THREAD
    except (ImportError, AttributeError):  # Windows and macOS
        return None
    with evaluating(model), _one_thread(), torch.inference_mode():
        model(images)
        before = resource.getrusage(of_thread).ru_minflt
        for _ in range(repeats):
            model(images)
        return (resource.getrusage(of_thread).ru_minflt - before) / repeats


def with_zeros(model: torch.nn.Module) -> torch.nn.Module:
    """Give a model on PyTorch's device "meta" memory, and set all of its weights to zero.

    A processor multiplies zeros as fast as other numbers, and nothing has to be drawn: enough to
    measure times, and nothing else.

    Parameters
    ----------
    model : torch.nn.Module
        Is changed.

    Returns
    -------
    torch.nn.Module
        The same.

    Examples
    --------
    >>> from lecture_utils.architectures import load
    >>> model = with_zeros(load("resnet18")[0])
    >>> model.fc.weight.device.type
    'cpu'
    """
    import torch

    model.to_empty(device="cpu")
    with torch.no_grad():
        for tensor in (*model.parameters(), *model.buffers()):
            tensor.zero_()
    return model


def processor() -> str:
    """Name the processor.

    Returns
    -------
    str
        As the system calls it; its kind where the system has no name for it.
    """
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()


@contextmanager
def _one_thread() -> Iterator[None]:
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def training_memory(model: torch.nn.Module, shape: Sequence[int]) -> int:
    """Count the bytes that one step of training needs, with Adam and 32-bit floats.

    These are weights and buffers; for every trainable parameter a gradient and Adam's two averages;
    and the activations kept for the backward pass. Freezing saves the latter, too: layers before
    the first trainable one keep none.

    Parameters
    ----------
    model : nn.Module
        Its frozen parameters are those with ``requires_grad=False``. It is not changed.
    shape : sequence of int
        Of a batch, such as (32, 3, 128, 128).

    Returns
    -------
    int
        The sum of `step_memory`.

    Raises
    ------
    ValueError
        If the shape is none of a batch of images.

    Examples
    --------
    >>> from torch import nn
    >>> training_memory(nn.Sequential(nn.Flatten(), nn.Linear(12, 1)), (8, 3, 2, 2))
    592
    """
    sizes = as_sizes(shape, "shape")
    if len(sizes) != 4:
        raise ValueError(f"shape is {shape}; pass (images, channels, height, width)")
    count, *image_shape = sizes
    constant = sum(4 * tensor.numel() for tensor in (*model.parameters(), *model.buffers()))
    trainable = sum(p.numel() for p in model.parameters() if p.requires_grad)
    return step_memory(constant, trainable, count * activation_memory(model, image_shape))


def step_memory(constant: int, trainable: int, activations: int) -> int:
    """Add up the bytes that one step of training needs, with Adam and 32-bit floats.

    Parameters
    ----------
    constant : int
        Bytes of all weights and buffers, frozen or not.
    trainable : int
        How many parameters are trained.
    activations : int
        Bytes that a batch keeps for the backward pass.

    Returns
    -------
    int

    Examples
    --------
    >>> step_memory(constant=52, trainable=13, activations=8 * 48)
    592
    """
    return constant + _TRAINING_BYTES * trainable + activations


def activation_memory(model: torch.nn.Module, shape: Sequence[int]) -> int:
    """Count the bytes that one image keeps between the forward and the backward pass of training.

    Parameters
    ----------
    model : nn.Module
        Counted as in training, with its frozen parameters and frozen layers. It is not changed.
    shape : sequence of int
        Of one image, such as (3, 128, 128); (1, 3, 128, 128) means the same.

    Returns
    -------
    int
        What one more image in the batch adds. Tensors that share their memory count once.

    Raises
    ------
    ValueError
        If the shape is none of one image.

    Notes
    -----
    The model is run on PyTorch's device "meta", which has shapes and no values: that takes neither
    time nor memory.

    Examples
    --------
    >>> from torch import nn
    >>> activation_memory(nn.Sequential(nn.Flatten(), nn.Linear(12, 1)), (3, 2, 2))
    48
    """
    shape = as_one_image(shape, "shape")
    # A model in training mode stays as it is: some of its layers may be switched off on purpose.
    with nullcontext() if model.training else training_mode(model):
        # A difference, because some tensors are there once per batch; batch normalization in
        # training refuses a single image.
        return _kept_bytes(model, (3, *shape)) - _kept_bytes(model, (2, *shape))


def _kept_bytes(model, shape):
    import torch

    tensors = {
        name: torch.empty_like(
            tensor, device="meta", dtype=torch.float32 if tensor.is_floating_point() else None
        ).requires_grad_(tensor.requires_grad)
        for name, tensor in (*model.named_parameters(), *model.named_buffers())
    }
    storages, alive = {}, []

    def keep(tensor):
        alive.append(tensor)  # or its address could be given to another one
        storage = tensor.untyped_storage()
        storages[storage._cdata] = storage.nbytes()
        return tensor

    hooks = torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor)
    with torch.device("meta"), hooks:
        torch.func.functional_call(model, tensors, (torch.zeros(*shape),))
    return sum(storages.values())
