"""Layer sizes against what torch's own layers put out."""

import numpy as np
import pytest
import torch

from lecture_utils._validation import as_pair
from lecture_utils.geometry import output_size, padding_per_side


def some(rng, low, high):
    """Draw a number or a pair of numbers."""
    pair = tuple(int(number) for number in rng.integers(low, high + 1, size=2))
    return pair if rng.random() < 0.5 else pair[0]


def test_equals_torch_for_1000_convolutions():
    rng = np.random.default_rng(0)
    refused = 0
    for _ in range(1000):
        size = tuple(int(n) for n in rng.integers(1, 40, size=2))
        options = {
            "stride": some(rng, 1, 5), "padding": some(rng, 0, 4), "dilation": some(rng, 1, 4),
        }  # fmt: skip
        kernel = some(rng, 1, 8)
        layer = torch.nn.Conv2d(1, 1, kernel, **options)
        try:
            expected = tuple(layer(torch.zeros(1, 1, *size)).shape[2:])
        except RuntimeError:
            refused += 1
            with pytest.raises(ValueError, match="does not fit"):
                output_size(size, kernel, **options)
        else:
            assert output_size(size, kernel, **options) == expected
    assert 0 < refused < 900


def test_equals_torch_for_1000_pooling_layers():
    rng = np.random.default_rng(1)
    refused = hanging = 0
    for _ in range(1000):
        size = tuple(int(n) for n in rng.integers(1, 30, size=2))
        kernel = some(rng, 1, 7)
        # torch allows pooling layers no more padding than half the kernel.
        padding = tuple(int(rng.integers(0, k // 2 + 1)) for k in np.broadcast_to(kernel, 2))
        ceil_mode = bool(rng.random() < 0.7)
        options = {
            "stride": some(rng, 1, 9), "padding": padding, "dilation": some(rng, 1, 3),
            "ceil_mode": ceil_mode,
        }  # fmt: skip
        layer = torch.nn.MaxPool2d(kernel, **options)
        try:
            expected = tuple(layer(torch.zeros(1, 1, *size)).shape[2:])
        except RuntimeError:
            refused += 1
            with pytest.raises(ValueError, match="does not fit"):
                output_size(size, kernel, **options)
            continue
        assert output_size(size, kernel, **options) == expected
        hanging += ceil_mode and _floor_size(size, kernel, options) != expected
    assert 0 < refused < 900
    assert hanging > 50


def _floor_size(size, kernel, options):
    try:
        return output_size(size, kernel, **{**options, "ceil_mode": False})
    except ValueError:
        return None


def test_numbers_in_number_out():
    assert output_size(28, 3) == 26
    assert output_size(28, 3, padding="same") == 28
    assert output_size(28, 3, padding="valid", stride=2) == 13
    assert output_size(28, (3, 5)) == (26, 24)
    assert output_size(np.int64(5), 3, 2, 1) == 3
    assert output_size(np.array([28, 40]), 3) == (26, 38)
    assert output_size(28, np.array([3, 5])) == (26, 24)
    assert output_size(np.array(28), 3) == 26
    # a window that hangs over the edge, and one that would see only padding
    assert output_size(5, 2, stride=2, ceil_mode=True) == 3
    assert output_size(4, 1, stride=5, padding=1, ceil_mode=True) == 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((0, 3), "size is 0; use 1 or more"),
        ((5, 0), "kernel is 0; use 1 or more"),
        ((5, 3, 0), "stride is 0"),
        ((5, 3, 1, -1), "padding is -1"),
        ((5, 3, 1, 0, 0), "dilation is 0"),
        ((5.0, 3), "size is 5.0; give a whole number"),
        (((5, 5, 5), 3), r"size is \(5, 5, 5\)"),
        ((2, 3), "kernel of size 3 does not fit into an input of size 2.*padding of at least 1"),
        ((5, 3, 1, 0, 4), r"size 3 \(spread over 9 by dilation 4\).*padding of at least 2"),
        ((5, 3, 1, "full"), "padding is 'full'"),
        ((5, 3, 2, "same"), '"same" with stride 2'),
        ((5, 4, 1, "same"), "ambiguous"),
        ((5, 3, 1, None), "padding is None"),
    ],
)
def test_refuses(arguments, message):
    with pytest.raises(ValueError, match=message):
        output_size(*arguments)


def test_helpers():
    assert as_pair([2, 3], "stride") == (2, 3)
    assert padding_per_side("same", (3, 7), dilation=(2, 1)) == (2, 3)
    assert padding_per_side("valid", 3) == (0, 0)
    assert padding_per_side(1, 3) == (1, 1)
