"""What networks cost on this machine: seconds for a prediction, bytes for a step of training."""

import platform
import time
from contextlib import contextmanager
from pathlib import Path

from lecture_utils._inspect import evaluating


def prediction_times(network, images, *, repeats=5):
    """Measure how long one processor thread works on a prediction.

    Time in which the processor did something else does not count. With nothing else to do, these are the
    seconds on the clock.

    Parameters
    ----------
    network : torch.nn.Module
        Is set to predict, and back afterwards.
    images : tensor, shape (N, C, H, W)
        Whatever the network takes.
    repeats : int
        Measured runs, at least 1. One more comes before them, which is not counted: it sets up what later
        ones find ready.

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

    if repeats < 1:
        raise ValueError(f"repeats is {repeats}; it must be at least 1")
    spent = []
    with evaluating(network), _one_thread(torch), torch.inference_mode():
        network(images)
        for _ in range(repeats):
            start = time.thread_time()
            network(images)
            spent.append(time.thread_time() - start)
    return sorted(spent)


def with_zeros(network):
    """Give a network on PyTorch's device "meta" memory, and zeros for all of its numbers.

    A processor multiplies zeros as fast as other numbers, and nothing has to be drawn: enough to measure times,
    and nothing else.

    Parameters
    ----------
    network : torch.nn.Module
        Is changed.

    Returns
    -------
    torch.nn.Module
        The same.

    Examples
    --------
    >>> from lecture_utils.architectures import load
    >>> network = with_zeros(load("resnet18")[0])
    >>> network.fc.weight.device.type
    'cpu'
    """
    import torch

    network.to_empty(device="cpu")
    with torch.no_grad():
        for tensor in (*network.parameters(), *network.buffers()):
            tensor.zero_()
    return network


def processor():
    """Name the processor.

    Returns
    -------
    str
    """
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()


@contextmanager
def _one_thread(torch):
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def training_memory(model, shape):
    """Count the bytes that one step of training needs, with Adam and 32-bit floats.

    Weights and buffers; for all that learns also a gradient and Adam's two averages; and the activations that are kept
    for the backward pass, which freezing saves, too: what comes before the first layer that learns keeps none.

    Parameters
    ----------
    model : nn.Module
        Its frozen parameters are those with ``requires_grad=False``. It is not changed.
    shape : tuple of int
        Of a batch, such as (32, 3, 128, 128).

    Returns
    -------
    int
        Activations are counted on one image and multiplied.

    Raises
    ------
    ValueError
        If the shape is none of a batch of images.

    Examples
    --------
    >>> import torch
    >>> training_memory(torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(12, 1)), (8, 3, 2, 2))
    592
    """
    import torch

    if len(shape) != 4 or min(shape) < 1:
        raise ValueError(f"shape is {shape}; pass (images, channels, height, width)")
    there = {tensor.data_ptr() for tensor in (*model.parameters(), *model.buffers())}
    kept = {}

    def note(tensor):
        storage = tensor.untyped_storage()
        if storage.data_ptr() not in there:
            kept[storage.data_ptr()] = storage.nbytes()
            note.alive.append(tensor)  # so that no address is given to another tensor
        return tensor

    note.alive = []
    # In evaluation mode a single image goes through batch normalization; what is kept has the same size.
    hooks = torch.autograd.graph.saved_tensors_hooks(note, lambda tensor: tensor)
    with evaluating(model), hooks:
        model(torch.zeros(1, *shape[1:]))
    constant = sum(4 * tensor.numel() for tensor in (*model.parameters(), *model.buffers()))
    learning = sum(3 * 4 * p.numel() for p in model.parameters() if p.requires_grad)
    return constant + learning + shape[0] * sum(kept.values())
