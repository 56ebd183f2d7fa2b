"""Whoever runs a model for a moment leaves every layer in the mode that it found."""

import dataclasses
from collections import OrderedDict

import pytest
import torch
from torch import nn

from lecture_utils import profiling, runs, training, transfer
from lecture_utils._inspect import evaluating
from lecture_utils.runs import _networks
from lecture_utils.transfer import TransferNetwork


def mixed_model():
    """A model in training mode, with a normalization and a dropout in evaluation mode."""
    model = TransferNetwork(
        OrderedDict(
            stem=nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.ReLU()),
            body=nn.Sequential(nn.Conv2d(4, 4, 3), nn.BatchNorm2d(4), nn.Dropout(0.5), nn.ReLU()),
            pool=nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten()),
            head=nn.Linear(4, 2),
        )
    ).train()
    model.stem[1].eval()
    model.body[2].eval()
    return model


def images():
    return torch.rand(6, 3, 8, 8, generator=torch.Generator().manual_seed(0))


def can_cache(model):
    recipe = runs.recipe("transfer/partial")
    recipe = dataclasses.replace(recipe, train_from="head", image_size=8)
    assert _networks.can_cache_features(recipe, model)


USERS = {
    "evaluate": lambda model: training.evaluate(
        model, training.InMemoryDataset(images(), torch.arange(6) % 2)
    ),
    "prediction_times": lambda model: profiling.prediction_times(model, images(), repeats=1),
    "training_memory": lambda model: profiling.training_memory(model, (6, 3, 8, 8)),
    "run_in_batches": lambda model: transfer.run_in_batches(model, images(), 4),
    "embed": lambda model: transfer.embed(model, images(), "pool", cache=False),
    "embed with the cache": lambda model: transfer.embed(model, images(), "pool"),
    "runs": can_cache,
}


@pytest.mark.parametrize("user", USERS)
def test_what_was_in_evaluation_mode_stays_there_and_nothing_else_changes(
    user, tmp_path, monkeypatch
):
    monkeypatch.setenv("LECTURE_CACHE", str(tmp_path))
    model = mixed_model()
    modes = {name: module.training for name, module in model.named_modules()}
    state = {name: value.clone() for name, value in model.state_dict().items()}
    assert sorted(set(modes.values())) == [False, True]
    USERS[user](model)
    assert {name: module.training for name, module in model.named_modules()} == modes
    for name, value in model.state_dict().items():
        assert torch.equal(value, state[name]), name
    assert all(parameter.grad is None for parameter in model.parameters())


@pytest.mark.parametrize("mode", [True, False])
def test_modes_come_back_after_an_error_too(mode):
    model = mixed_model().train(mode)
    model.head.train(not mode)
    modes = [module.training for module in model.modules()]
    with pytest.raises(ZeroDivisionError), evaluating(model):
        assert not any(module.training for module in model.modules())
        raise ZeroDivisionError
    assert [module.training for module in model.modules()] == modes
