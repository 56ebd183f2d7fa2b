"""Times of predictions: as many as asked for, in order, and nothing of the network is changed."""

import mmap
import time

import pytest
import torch
from torch import nn

from lecture_utils.architectures import load
from lecture_utils.profiling import page_faults, prediction_times, processor, with_zeros


class Counting(nn.Module):
    """Notes how it is called."""

    def __init__(self):
        super().__init__()
        self.calls = []

    def forward(self, images):
        self.calls.append(
            (self.training, torch.get_num_threads(), torch.is_inference_mode_enabled())
        )
        return images


def test_one_run_is_for_warming_up_and_all_is_as_before():
    network, before = Counting().train(), torch.get_num_threads()
    times = prediction_times(network, torch.zeros(1), repeats=4)
    assert network.calls == [(False, 1, True)] * 5
    assert len(times) == 4 and times == sorted(times) and times[0] >= 0
    assert network.training and torch.get_num_threads() == before


def test_all_is_as_before_after_an_error():
    network, before = nn.Linear(2, 2).train(), torch.get_num_threads()
    with pytest.raises(RuntimeError):
        prediction_times(network, torch.zeros(1, 3))
    assert network.training and torch.get_num_threads() == before


def test_waiting_does_not_count_and_working_does():
    class Slow(nn.Module):
        def forward(self, images):
            time.sleep(0.2)
            return images

    class Busy(nn.Module):
        def forward(self, images):
            start = time.thread_time()
            while time.thread_time() < start + 0.05:
                pass
            return images

    assert prediction_times(Slow(), torch.zeros(1), repeats=1)[0] < 0.1
    assert prediction_times(Busy(), torch.zeros(1), repeats=1)[0] >= 0.05


def test_a_network_of_zeros_has_shapes_and_predicts_nothing():
    network = with_zeros(load("resnet18")[0]).eval()
    assert {t.device.type for t in network.state_dict().values()} == {"cpu"}
    logits = network(torch.rand(1, 3, 64, 64))
    assert logits.shape == (1, 1000) and not logits.any()


def test_nonsense_is_named():
    with pytest.raises(ValueError, match="repeats is 0; it must be at least 1"):
        prediction_times(nn.ReLU(), torch.zeros(1), repeats=0)


def test_the_processor_has_a_name():
    assert processor().strip()


class Fresh(nn.Module):
    """Touches pages that it has just got from the system, and gives them back."""

    def forward(self, images):
        with mmap.mmap(-1, 400 * mmap.PAGESIZE) as memory:
            for page in range(400):
                memory[page * mmap.PAGESIZE] = 1
        return images


def test_page_faults_are_counted_per_prediction():
    images = torch.zeros(1)
    counted, without = page_faults(Fresh(), images, repeats=3), page_faults(nn.ReLU(), images)
    if counted is None:
        pytest.skip("this system does not count the page faults of a thread")
    # Several pages can come at once where the system has large ones.
    assert without is not None
    assert counted > without + 20
    with pytest.raises(ValueError, match="repeats is 0"):
        page_faults(nn.ReLU(), images, repeats=0)
