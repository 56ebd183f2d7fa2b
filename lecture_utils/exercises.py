"""Tell readers whether they have solved an exercise, and if not, what to look at."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from torch import nn

    Model = TypeVar("Model", bound=nn.Module)

__all__ = ["check", "weights_by_shape"]


def check(title: str, *tests: tuple[Callable[[], object], str]) -> bool:
    """Print whether an exercise is solved.

    Parameters
    ----------
    title : str
        The beginning of the message, for instance ``"Exercise 1"``.
    *tests : tuple of (callable, str)
        Pairs of a test without arguments and the hint for a reader whose answer fails it. A test
        fails if it returns a false value or raises an error; the remaining tests are then skipped.

    Returns
    -------
    bool
        True if every test passed.

    Raises
    ------
    ValueError
        If there are no tests.

    Examples
    --------
    >>> answer = ...
    >>> check("Exercise 1", (lambda: answer + 1 == 43, "It is one less than 43."))
    ○ Exercise 1 is not solved yet. It is one less than 43.
    False
    >>> answer = 42
    >>> check("Exercise 1", (lambda: answer + 1 == 43, "It is one less than 43."))
    ✓ Exercise 1 is solved.
    True
    """
    if not tests:
        raise ValueError(
            f"{title} has no tests, so anything would pass; give at least one (test, hint)"
        )
    for test, hint in tests:
        try:
            passed = bool(test())
            problem = ""
        # Whatever the reader's code does, they should get the hint.
        except Exception as error:
            passed = False
            # An answer that is still `...`, or a function that returns nothing yet, raises errors
            # that say nothing about the exercise.
            untouched = any(word in str(error) for word in ("ellipsis", "Ellipsis", "NoneType"))
            problem = "" if untouched else f" ({type(error).__name__}: {error})"
        if not passed:
            print(f"○ {title} is not solved yet. {hint}{problem}")
            return False
    print(f"✓ {title} is solved.")
    return True


def weights_by_shape(model: Model) -> Model:
    """Give a model weights that depend only on the type and shape of each parameter.

    Two models with the same layers then compute the same function, whatever the layers are called.
    So a check can compare a reader's model with a reference model.

    Parameters
    ----------
    model : nn.Module
        Changed in place, and put into evaluation mode.

    Returns
    -------
    nn.Module
        The same model.

    Examples
    --------
    >>> import torch
    >>> from torch import nn
    >>> first, second = (weights_by_shape(nn.Conv2d(3, 8, 3)) for _ in range(2))
    >>> torch.equal(first.weight, second.weight)
    True
    """
    import torch

    with torch.no_grad():
        for name, values in (*model.named_parameters(), *model.named_buffers()):
            if not values.is_floating_point():
                continue
            kind = name.rpartition(".")[2]
            # Python's own hash of a string differs from process to process.
            seed = sum(map(ord, kind)) + sum(31**i * n for i, n in enumerate(values.shape, 1))
            random = torch.Generator().manual_seed(seed)
            scale = max(1, math.prod(values.shape[1:])) ** -0.5 if values.ndim else 1.0
            drawn = torch.randn(values.shape, generator=random) * scale
            values.copy_(drawn.abs() + 0.5 if kind == "running_var" else drawn)
    return model.eval()
