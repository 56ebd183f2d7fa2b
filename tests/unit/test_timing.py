"""Times of predictions: as many as asked for, in order, and nothing of the network is changed."""

import pytest
import torch
from torch import nn

from lecture_utils.architectures import load
from lecture_utils.timing import prediction_times, processor, with_zeros


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
    times = prediction_times(network, torch.zeros(1), repeats=4, threads=2)
    assert network.calls == [(False, 2, True)] * 5
    assert len(times) == 4 and times == sorted(times) and times[0] > 0
    assert network.training and torch.get_num_threads() == before


def test_all_is_as_before_after_an_error():
    network, before = nn.Linear(2, 2).train(), torch.get_num_threads()
    with pytest.raises(RuntimeError):
        prediction_times(network, torch.zeros(1, 3), threads=before + 1)
    assert network.training and torch.get_num_threads() == before


def test_a_network_of_zeros_has_shapes_and_predicts_nothing():
    network = with_zeros(load("resnet18")[0]).eval()
    assert {t.device.type for t in network.state_dict().values()} == {"cpu"}
    logits = network(torch.rand(1, 3, 64, 64))
    assert logits.shape == (1, 1000) and not logits.any()


def test_nonsense_is_named():
    for name in ("repeats", "threads"):
        with pytest.raises(ValueError, match=f"{name} is 0; it must be at least 1"):
            prediction_times(nn.ReLU(), torch.zeros(1), **{name: 0})


def test_the_processor_has_a_name():
    assert processor().strip()
