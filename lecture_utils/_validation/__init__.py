"""Check arguments by the same rules, and with the same messages, everywhere."""

from __future__ import annotations

import math
import operator
from collections.abc import Collection, Mapping
from typing import Any


def whole(name: str, value: Any, minimum: int | None = None, remedy: str = "") -> int:
    """Read a whole number: a Python or NumPy integer, or an array or tensor with a single integer.

    Parameters
    ----------
    name : str
        The argument's name in an error message.
    value : int, or an object with an integer value
        Booleans and floats are refused, even 3.0.
    minimum : int, optional
        The smallest number allowed.
    remedy : str
        How to correct a value below `minimum`; by default the message names the minimum.

    Returns
    -------
    int

    Raises
    ------
    ValueError
        If it is not a whole number, or is below `minimum`.

    Examples
    --------
    >>> import numpy as np
    >>> whole("batch_size", np.int64(32), 1)
    32
    """
    number = _integer(value)
    if number is None:
        example = "" if minimum is None else f" of at least {minimum}"
        raise ValueError(f"{name} is {value!r}; give a whole number{example}")
    if minimum is not None and number < minimum:
        raise ValueError(f"{name} is {number}; {remedy or f'it must be at least {minimum}'}")
    return number


def is_whole(value: Any) -> bool:
    """Return whether `whole` accepts a value."""
    return _integer(value) is not None


def as_pair(value: Any, name: str, minimum: int = 0) -> tuple[int, int]:
    """Read one whole number, or two of them, as a pair (rows, columns).

    Parameters
    ----------
    value : int or pair of int
        A single number applies to both axes. Whole numbers are read as in `whole`; a pair may also
        be an array.
    name : str
        The argument's name in an error message.
    minimum : int
        The smallest number allowed.

    Returns
    -------
    tuple of int
        Two Python integers.

    Raises
    ------
    ValueError
        If `value` is neither a number nor a pair of numbers, or a number is below `minimum`.

    Examples
    --------
    >>> as_pair(3, "stride", minimum=1)
    (3, 3)
    """
    several = isinstance(value, (tuple, list)) or getattr(value, "ndim", 0) == 1
    pair = [_integer(item) for item in (value if several else (value, value))]
    if len(pair) != 2 or pair[0] is None or pair[1] is None:
        raise ValueError(
            f"{name} is {value!r}; give a whole number such as {max(minimum, 1)}, or a pair of "
            "them (rows, columns)"
        )
    if min(pair[0], pair[1]) < minimum:
        raise ValueError(f"{name} is {value!r}; use {minimum} or more")
    return pair[0], pair[1]


def as_sizes(value: Any, name: str) -> tuple[int, ...]:
    """Read the shape of an image or of a batch.

    Parameters
    ----------
    value : sequence of int
        For example a list, a ``torch.Size`` or an array.
    name : str
        The argument's name in an error message.

    Returns
    -------
    tuple of int
        Python integers.

    Raises
    ------
    ValueError
        If they are not whole numbers of at least 1.

    Examples
    --------
    >>> as_sizes([3, 32, 32], "input_size")
    (3, 32, 32)
    """
    sizes = value.tolist() if hasattr(value, "tolist") else value
    sizes = tuple(sizes) if isinstance(sizes, (tuple, list)) else (sizes,)
    if not sizes or not all(is_whole(n) and n > 0 for n in sizes):
        raise ValueError(
            f"{name} is {value!r}; pass whole numbers of at least 1, such as (3, 224, 224)"
        )
    return tuple(int(n) for n in sizes)


def as_one_image(value: Any, name: str) -> tuple[int, ...]:
    """Read the shape of one image, (C, H, W), or of a batch with one image, (1, C, H, W).

    Parameters
    ----------
    value, name
        As for `as_sizes`.

    Returns
    -------
    tuple of int
        Without the batch axis. Shapes with fewer axes are returned as they are.

    Raises
    ------
    ValueError
        If it is not a shape, or is the shape of several images.
    """
    sizes = as_sizes(value, name)
    if len(sizes) != 4:
        return sizes
    if sizes[0] != 1:
        raise ValueError(
            f"{name} is {tuple(sizes)}; pass the size of one image, without the batch axis: "
            f"{sizes[1:]}"
        )
    return sizes[1:]


def positive(name: str, value: Any) -> float:
    """Return `value` as a float, or raise ValueError if it is not positive and finite."""
    number = _number(value)
    if not (number > 0 and math.isfinite(number)):
        raise ValueError(f"{name} is {value!r}; give a positive, finite number")
    return number


def finite(name: str, value: Any) -> float:
    """Return `value` as a float, or raise ValueError if it is not a finite number."""
    number = _number(value)
    if not math.isfinite(number):
        raise ValueError(f"{name} is {value!r}; give a finite number")
    return number


def check_name(what: str, name: object, known: Collection[object]) -> None:
    """Raise ValueError if `name` is not one of the `known` names."""
    if name not in known:
        raise ValueError(f"{what} is {name!r}; use one of {', '.join(map(str, known))}")


def check_bound(
    name: str, value: Any, limit: float, included: bool = True, zero: bool = True
) -> float:
    """Return `value` as a float, or raise ValueError if it does not lie between 0 and `limit`.

    Parameters
    ----------
    name : str
        The argument's name in an error message.
    value : float, or an object with a numerical value
        Booleans and strings are refused.
    limit : float
        Upper bound; may be infinite.
    included, zero : bool
        Whether `limit` and 0 are allowed.

    Returns
    -------
    float

    Raises
    ------
    ValueError
        If it is not a number, or lies outside these bounds.

    Examples
    --------
    >>> check_bound("weight_decay", 0, math.inf, included=False)
    0.0
    """
    number = _number(value)
    if not 0 <= number <= limit or (number == limit and not included) or (not number and not zero):
        if limit == math.inf:
            bounds = "at least 0" if zero else "above 0"
        elif zero:
            bounds = f"from 0 to {'' if included else 'below '}{limit}"
        else:
            bounds = f"above 0 and {'at most' if included else 'below'} {limit}"
        kind = "" if number == number else "a number "
        raise ValueError(f"{name} is {_shown(value)}; it must be {kind}{bounds}")
    return number


def as_seed(name: str, value: Any, minimum: int = 1 - 2**32) -> int:
    """Return `value` as an int, or raise ValueError if some random generator would refuse it."""
    seed = whole(name, value)
    if not minimum <= seed < 2**32:
        raise ValueError(f"{name} is {seed}; it must be from {minimum} to {2**32 - 1}")
    return seed


def kind_of(value: Any) -> str:
    """Describe an argument by its type, and by the types or shapes of its items."""
    kind = f"a {type(value).__name__}"
    dtype = getattr(value, "dtype", None)
    if dtype is not None:
        return f"{kind} of {dtype}"
    parts = list(value) if isinstance(value, Mapping) else getattr(value, "_fields", ())
    if parts:
        return f"{kind} with {', '.join(map(repr, parts))}"
    if isinstance(value, str):
        return f"{kind}, {value if len(value) < 40 else value[:40] + '...'!r}"
    if not isinstance(value, (tuple, list)):
        return kind
    kind += f" of {len(value)}"
    shapes = list(dict.fromkeys(_shape(item) for item in value))
    if len(shapes) > 1:
        some = " and ".join("single values" if s == () else f"shape {s}" for s in shapes[:3])
        return f"{kind} items of different shapes ({some}{', ...' if len(shapes) > 3 else ''})"
    types = sorted({getattr(item, "dtype", type(item).__name__).__str__() for item in value})
    example = f", such as {value[0]!r}" if value and isinstance(value[0], str) else ""
    return f"{kind} ({', '.join(types[:3])}{example})" if types else kind


def _shape(value):
    """Return the shape of an array or of nested lists, judged by their first items."""
    if hasattr(value, "shape"):
        return tuple(value.shape)
    if isinstance(value, (tuple, list)):
        return (len(value), *(_shape(value[0]) if len(value) else ()))
    return ()


def _shown(value):
    return repr(value) if isinstance(value, str) else value


def _integer(value: Any) -> int | None:
    """Return the value as an int, or None if it is not an integer."""
    if hasattr(value, "item") and hasattr(value, "ndim"):  # NumPy, PyTorch and similar
        if value.ndim:
            return None
        value = value.item()
    if isinstance(value, bool):
        return None
    try:
        return operator.index(value)
    except TypeError:
        return None


def _number(value: Any) -> float:
    """Return the value, for example a NumPy scalar, as a float; NaN if it is not a number."""
    if hasattr(value, "item") and hasattr(value, "ndim"):
        value = value.item() if not value.ndim else None
    if isinstance(value, (str, bytes, bool)):
        return math.nan
    try:
        return float(value)
    except (TypeError, ValueError, OverflowError):
        return math.nan
