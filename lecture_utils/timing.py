"""How long networks take for a prediction on this machine."""

import platform
import time
from contextlib import contextmanager
from pathlib import Path

__all__ = ["prediction_times", "processor", "with_zeros"]


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
    was_training = network.training
    network.eval()
    spent = []
    try:
        with _one_thread(torch), torch.inference_mode():
            network(images)
            for _ in range(repeats):
                start = time.thread_time()
                network(images)
                spent.append(time.thread_time() - start)
    finally:
        network.train(was_training)
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
