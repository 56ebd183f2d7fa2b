"""FactorizationLab in Python: its costs and receptive fields against PyTorch's."""

import numpy as np
import pytest
import torch
import traitlets

from lecture_utils.widgets import FactorizationLab
from lecture_utils.widgets.factorization_lab.plans import KINDS, modules


def seen(network, channels):
    """Height and width of the input that the middle output depends on, from gradients."""
    for weight in network.parameters():
        torch.nn.init.ones_(weight)
    image = torch.zeros(1, channels, 25, 25, requires_grad=True)
    network(image)[0, 0, 12, 12].backward()
    touched = image.grad[0].abs().sum(0) > 0
    return int(touched.any(1).sum()), int(touched.any(0).sum())


@pytest.mark.parametrize("kind", KINDS)
def test_costs_and_receptive_field_are_torchs(kind):
    rng = np.random.default_rng(7)
    for kernel in (3, 5, 11):
        inputs, outputs, middle = (int(n) for n in rng.integers(1, 9, 3))
        lab = FactorizationLab(
            measure=False, kind=kind, kernel=kernel, inputs=inputs, outputs=outputs, middle=middle
        )
        for side in lab.summary.values():
            network = modules(side["layers"])
            assert side["parameters"] == sum(w.numel() for w in network.parameters())
            assert side["receptive_field"] == seen(network, inputs) == (kernel, kernel)
            assert side["macs"] == side["parameters"] * 28 * 28


def test_the_lectures_third():
    costs = FactorizationLab(measure=False).summary
    assert costs["after"]["parameters"] * 3 == costs["before"]["parameters"] * 2


@pytest.mark.parametrize("wrong", [{"kernel": 4}, {"inputs": 0}, {"size": 300}, {"kind": "fft"}])
def test_wrong_settings_are_refused(wrong):
    with pytest.raises(traitlets.TraitError):
        FactorizationLab(measure=False, **wrong)


@pytest.mark.slow
def test_times_name_the_machine_and_every_kind():
    times = FactorizationLab().times
    assert torch.__version__ in times["machine"]
    assert {row[0] for row in times["rows"]} == set(KINDS)
    assert all(row[4] > 0 and row[5] > 0 for row in times["rows"])
