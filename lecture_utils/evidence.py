"""Hold a sentence to the numbers that it interprets."""

from __future__ import annotations

import ast
import inspect
import math
from types import FrameType, ModuleType
from typing import Any

from executing import Source

__all__ = ["ClaimError", "claim"]

#: How long the text of one value may be in a message, in characters.
_LONGEST = 200


class ClaimError(AssertionError):
    """A sentence of the text is not what the numbers say."""


def claim(condition: Any, sentence: str) -> None:
    """Stop unless a sentence about results is true.

    The book's text interprets what its cells compute. Beside such a sentence stands a cell with a
    claim: if a result changes so that the sentence no longer fits, the build fails and tells which
    sentence, and what the values are.

    Parameters
    ----------
    condition : bool
        What must hold, with a margin for random variation where there is any: one truth value, such
        as ``scores.mean() > control.mean() + 2 * error``.
    sentence : str
        What the text says.

    Raises
    ------
    ClaimError
        If the condition is false. The message has the sentence, the condition as it is written, and
        the values in it.
    TypeError
        If the condition is no truth value, or several of them.
    ValueError
        If there is no sentence.

    Examples
    --------
    >>> gabor, control = 0.81, 0.76
    >>> claim(gabor > control + 0.02, "The Gabor bank is ahead of random filters.")
    """
    if not isinstance(sentence, str) or not sentence.strip():
        raise ValueError(f"sentence is {sentence!r}; give what the text says")
    if _truth(condition):
        return
    frame = inspect.currentframe()
    assert frame is not None
    raise ClaimError("\n".join([sentence, *_evidence(frame.f_back)]))


def _truth(condition):
    if isinstance(condition, bool):
        return condition
    try:
        truth = condition.item()  # of NumPy or torch
    except AttributeError:
        truth = condition
    except (RuntimeError, ValueError):
        raise TypeError(
            f"the condition has shape {tuple(condition.shape)}; a claim needs one truth value: use "
            ".all() or .any()"
        ) from None
    if not isinstance(truth, bool):
        raise TypeError(
            f"the condition is {condition!r}; a claim needs a truth value, such as a comparison"
        )
    return truth


def _evidence(frame: FrameType | None) -> list[str]:
    """List the condition's source and the values of its parts; nothing where there is no source."""
    call = Source.executing(frame).node if frame is not None else None
    if frame is None or not isinstance(call, ast.Call):
        return []
    given = {keyword.arg: keyword.value for keyword in call.keywords}
    condition = call.args[0] if call.args else given.get("condition")
    if condition is None:
        return []
    lines = [f"    {ast.unparse(condition)}"]
    for part in _parts(condition):
        text = ast.unparse(part)
        try:
            value = eval(text, frame.f_globals, frame.f_locals)
        except Exception:  # such as for a name that only exists inside of a comprehension
            continue
        if not isinstance(value, ModuleType) and not callable(value):
            lines.append(f"    {text} = {_shown(value)}")
    return list(dict.fromkeys(lines))


def _parts(condition):
    """Yield what is worth printing of a condition: what is compared, and all variables."""
    for node in ast.walk(condition):
        if isinstance(node, ast.Compare):
            for side in (node.left, *node.comparators):
                if not isinstance(side, ast.Constant | ast.Name):
                    yield side
    for node in ast.walk(condition):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
            yield node


def _shown(value):
    if isinstance(value, float) and math.isfinite(value):
        return f"{value:.6g}"
    text = repr(value)
    return text if len(text) <= _LONGEST else text[: _LONGEST - 3] + "..."
