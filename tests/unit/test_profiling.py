"""Times of predictions: as many as asked for, in order, and nothing of the network is changed."""

import mmap
import time

import pytest
import torch
from torch import nn

from lecture_utils import profiling
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


class Clocks:
    """Clocks of a thread that has the processor to itself: a fine one, and the thread's own.

    Every look at a clock takes a microsecond.
    """

    def __init__(self, step):
        self.now, self.step = 0.0, step

    def perf_counter(self):
        self.now += 1e-6
        return self.now

    def thread_time(self):
        return self.perf_counter() // self.step * self.step


class Taking(nn.Module):
    """Takes as long as it is told."""

    def __init__(self, clocks, seconds):
        super().__init__()
        self.clocks, self.seconds, self.calls = clocks, seconds, 0

    def forward(self, images):
        self.clocks.now += self.seconds
        self.calls += 1
        return images


@pytest.fixture
def clocks(monkeypatch):
    def make(step):
        clocks = Clocks(step)
        monkeypatch.setattr(profiling.time, "thread_time", clocks.thread_time)
        monkeypatch.setattr(profiling.time, "perf_counter", clocks.perf_counter)
        return clocks

    return make


@pytest.mark.parametrize("step", [1 / 64, 1 / 100])
@pytest.mark.parametrize("seconds", [2e-5, 0.0007, 0.003, 0.02, 0.3])
def test_a_coarse_clock_measures_several_predictions_together(clocks, step, seconds):
    clock = clocks(step)
    model = Taking(clock, seconds)
    times = prediction_times(model, torch.zeros(1), repeats=5)
    # Each measurement starts at a step of the clock, and takes at least four steps.
    for measured in times:
        assert measured == pytest.approx(seconds, rel=min(0.26, 0.1 + step / seconds))
    least, most = 4 * step / (seconds + 3e-6), 4 * step / seconds + 2
    assert 5 * least < model.calls - 1 < 5 * most
    assert clock.now < 1 + 6 * max(seconds, 7 * step)


def test_a_fine_clock_measures_one_prediction(clocks):
    clock = clocks(1e-9)
    model = Taking(clock, 2e-5)
    times = prediction_times(model, torch.zeros(1), repeats=4)
    assert model.calls == 5 and times == pytest.approx([2e-5] * 4, abs=2e-6)
    assert clock.now < 2e-4


def test_a_model_that_waits_does_not_keep_a_coarse_clock_waiting(clocks, monkeypatch):
    clock = clocks(1 / 64)
    waited = [0.0]

    class Waiting(nn.Module):
        def forward(self, images):
            waited[0] += 0.2
            return images

    monkeypatch.setattr(
        profiling.time, "perf_counter", lambda: Clocks.perf_counter(clock) + waited[0]
    )
    monkeypatch.setattr(
        profiling.time, "thread_time", lambda: Clocks.perf_counter(clock) // clock.step * clock.step
    )
    assert prediction_times(Waiting(), torch.zeros(1), repeats=2)[-1] < 0.01
    assert waited[0] < 6
