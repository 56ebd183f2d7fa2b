"""The costs of models on this machine: seconds per prediction, bytes per training step."""

from __future__ import annotations

import platform
import time
from collections.abc import Callable, Iterator, Sequence
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

#: Bytes that training with Adam needs per trainable parameter, in addition to the parameter itself:
#: a gradient and two moving averages.
_TRAINING_BYTES = 3 * 4

# On Windows, the clock of a thread advances in steps of about 16 ms. A step above the first number
# of seconds counts as coarse; a measurement then takes at least the second number of steps.
_COARSE_STEP = 1e-3
_LEAST_STEPS = 4
# Elapsed seconds after which a measurement with a coarse clock ends even if the processor has
# worked less, because the model waits for something.
_LONGEST = 2.0


def prediction_times(
    model: torch.nn.Module, images: torch.Tensor, *, repeats: int = 5
) -> list[float]:
    """Measure how long one processor thread works on a prediction.

    Time that the processor spends on other programs does not count. On an idle machine, the result
    is the elapsed time.

    Parameters
    ----------
    model : torch.nn.Module
        Put into evaluation mode during the measurement.
    images : tensor, shape (N, C, H, W)
        The model's input.
    repeats : int
        Number of measured runs, at least 1. One more run comes first and is not counted, because it
        prepares things for later ones.

    Returns
    -------
    list of float
        Seconds, the fastest run first. Where the clock is coarse, as on Windows, each is the mean
        of several predictions.

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
    with evaluating(model), _one_thread(), torch.inference_mode():
        model(images)
        step = _coarse_step()
        seconds = [_seconds_per_call(lambda: model(images), step) for _ in range(repeats)]
    return sorted(seconds)


def _coarse_step() -> float:
    """Return by how much the clock of this thread advances at a time; 0 if that is very little."""
    # Measured: on Windows, time.get_clock_info gives the unit of this clock, not its step.
    times = [_next_time() for _ in range(3)]
    step = min(times[1] - times[0], times[2] - times[1])
    return step if step > _COARSE_STEP else 0.0


def _next_time() -> float:
    """Wait until the clock of this thread advances, and return its new time."""
    start = now = time.thread_time()
    while now == start:
        now = time.thread_time()
    return now


def _seconds_per_call(call: Callable[[], object], step: float) -> float:
    """Measure one call or, with a clock of coarse steps, as many as it needs to be measurable."""
    # Half a step less, because differences of times have rounding errors.
    enough = (_LEAST_STEPS - 0.5) * step
    latest = time.perf_counter() + _LONGEST
    start = _next_time() if step else time.thread_time()
    calls = 0
    while True:
        call()
        calls += 1
        worked = time.thread_time() - start
        if worked >= enough or time.perf_counter() > latest:
            return worked / calls


def page_faults(model: torch.nn.Module, images: torch.Tensor, *, repeats: int = 5) -> float | None:
    """Count how often a prediction must wait for the operating system to provide memory.

    The first access to newly allocated memory interrupts a program for every page of 4 KiB (on most
    machines), until the system has filled the page with zeros.

    Parameters
    ----------
    model : torch.nn.Module
    images : tensor
        The model's input.
    repeats : int
        Number of predictions to average over, at least 1; one more comes first.

    Returns
    -------
    float or None
        Minor page faults of this thread per prediction; None if the system does not report them.

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
    """Move a model from PyTorch's device "meta" into memory, with all weights set to zero.

    A processor multiplies zeros as fast as other numbers, and no weights have to be drawn. Such a
    model is good for measuring times, and for nothing else.

    Parameters
    ----------
    model : torch.nn.Module
        Changed in place.

    Returns
    -------
    torch.nn.Module
        The same model.

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
    """Return the name of the processor.

    Returns
    -------
    str
        The system's name for it, or else its architecture.
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

    These are the weights and buffers; a gradient and Adam's two averages for every trainable
    parameter; and the activations stored for the backward pass. Freezing reduces the last part,
    too: layers before the first trainable one store none.

    Parameters
    ----------
    model : nn.Module
        Its frozen parameters are those with ``requires_grad=False``. It is not changed.
    shape : sequence of int
        Shape of a batch, such as (32, 3, 128, 128).

    Returns
    -------
    int
        The result of `step_memory`.

    Raises
    ------
    ValueError
        If the shape is not that of a batch of images.

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
        Number of trainable parameters.
    activations : int
        Bytes of activations that a batch stores for the backward pass.

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
    """Count the bytes that one image stores between the forward and the backward pass of training.

    Parameters
    ----------
    model : nn.Module
        Treated as in training, including its frozen parameters and layers. It is not changed.
    shape : sequence of int
        Shape of one image, such as (3, 128, 128); (1, 3, 128, 128) means the same.

    Returns
    -------
    int
        The bytes added by one more image in the batch. Tensors that share memory count once.

    Raises
    ------
    ValueError
        If the shape is not that of one image.

    Notes
    -----
    The model runs on PyTorch's device "meta", which has shapes but no values, so this takes neither
    much time nor memory.

    Examples
    --------
    >>> from torch import nn
    >>> activation_memory(nn.Sequential(nn.Flatten(), nn.Linear(12, 1)), (3, 2, 2))
    48
    """
    shape = as_one_image(shape, "shape")
    # A model in training mode keeps its modes: some of its layers may be switched off on purpose.
    with nullcontext() if model.training else training_mode(model):
        # The difference of two batch sizes, because some tensors exist once per batch. Two images
        # at least, because batch normalization refuses a single one in training.
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
        alive.append(tensor)  # otherwise, its address could be reused
        storage = tensor.untyped_storage()
        storages[storage._cdata] = storage.nbytes()
        return tensor

    hooks = torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor)
    with torch.device("meta"), hooks:
        torch.func.functional_call(model, tensors, (torch.zeros(*shape),))
    return sum(storages.values())
