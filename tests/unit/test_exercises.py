"""What a reader is told about an answer."""

import pytest
import torch
from torch import nn

from lecture_utils.exercises import check, weights_by_shape


def test_a_right_answer(capsys):
    assert check("Exercise 1", (lambda: True, "hint"), (lambda: 1, "hint")) is True
    assert capsys.readouterr().out == "✓ Exercise 1 is solved.\n"


def test_a_wrong_answer_gets_the_first_hint_and_later_tests_do_not_run(capsys):
    def never():
        raise AssertionError("must not be called")

    assert check("Exercise 1", (lambda: False, "Look there."), (never, "later")) is False
    assert capsys.readouterr().out == "○ Exercise 1 is not solved yet. Look there.\n"


def test_an_answer_that_fails_gets_hint_and_error(capsys):
    check("Exercise 2", (lambda: 1 / 0 > 1, "Divide by something."))
    assert "Divide by something. (ZeroDivisionError: division by zero)" in capsys.readouterr().out


def test_an_untouched_answer_gets_the_hint_alone(capsys):
    answer = ...
    check("Exercise 3", (lambda: answer + 1 == 2, "Replace the dots."))
    assert capsys.readouterr().out == "○ Exercise 3 is not solved yet. Replace the dots.\n"


def test_no_tests_is_an_error():
    with pytest.raises(ValueError, match="no tests"):
        check("Exercise 4")


def test_a_function_that_returns_nothing_yet_gets_the_hint_alone(capsys):
    def answer(n): ...

    assert not check("Exercise 2", (lambda: answer(3).shape == (3,), "Return an array."))
    assert capsys.readouterr().out == "○ Exercise 2 is not solved yet. Return an array.\n"


class Renamed(nn.Module):
    def __init__(self):
        super().__init__()
        self.norm = nn.BatchNorm2d(4)
        self.filters = nn.Conv2d(2, 4, 3)

    def forward(self, x):
        return self.norm(self.filters(x))


def test_models_with_the_same_layers_compute_the_same():
    first = weights_by_shape(nn.Sequential(nn.Conv2d(2, 4, 3), nn.BatchNorm2d(4)))
    second = weights_by_shape(Renamed())
    images = torch.randn(2, 2, 6, 6)
    torch.testing.assert_close(first(images), second(images))
    assert not first.training


def test_weights_are_neither_constant_nor_the_same_for_other_shapes_and_kinds():
    norm = weights_by_shape(nn.BatchNorm2d(6))
    values = [norm.weight, norm.bias, norm.running_mean, norm.running_var]
    assert all(value.std() > 0.1 for value in values)
    assert len({round(value[0].item(), 6) for value in values}) == 4
    assert (norm.running_var > 0).all()
    one, other = (weights_by_shape(nn.Conv2d(3, 8, size)).weight for size in (1, 3))
    assert not torch.allclose(one[..., 0, 0], other[..., 0, 0])


@pytest.mark.parametrize("layer", [nn.Linear(2, 0), nn.Linear(0, 2), nn.BatchNorm1d(0)])
def test_layers_without_any_unit_keep_their_shapes(layer):
    shapes = [value.shape for value in layer.parameters()]
    assert [value.shape for value in weights_by_shape(layer).parameters()] == shapes
