"""Check sentences of the text against the numbers that they interpret."""

from __future__ import annotations

import ast
import inspect
import math
from types import FrameType, ModuleType
from typing import Any

from executing import Source

__all__ = ["ClaimError", "claim"]

#: Longest text of one value in a message, in characters.
_LONGEST = 200


class ClaimError(AssertionError):
    """A sentence of the text contradicts the numbers."""


def claim(condition: Any, sentence: str) -> None:
    """Raise an error unless a sentence about results is true.

    The book's text interprets what its cells compute. Next to such a sentence stands a cell with a
    claim: if a result changes so that the sentence no longer holds, the build fails and reports the
    sentence and the values.

    Parameters
    ----------
    condition : bool
        The condition for the sentence, with a margin for random variation where there is any: one
        truth value, such as ``scores.mean() > control.mean() + 2 * error``.
    sentence : str
        The statement made in the text.

    Raises
    ------
    ClaimError
        If the condition is false. The message contains the sentence, the source code of the
        condition, and the values in it.
    TypeError
        If the condition is not a single truth value.
    ValueError
        If the sentence is empty.

    Examples
    --------
    >>> gabor, control = 0.81, 0.76
    >>> claim(gabor > control + 0.02, "The Gabor bank beats random filters.")
    """
    if not isinstance(sentence, str) or not sentence.strip():
        raise ValueError(f"sentence is {sentence!r}; give the statement made in the text")
    if _truth(condition):
        return
    frame = inspect.currentframe()
    assert frame is not None
    raise ClaimError("\n".join([sentence, *_evidence(frame.f_back)]))


def _truth(condition):
    if isinstance(condition, bool):
        return condition
    try:
        truth = condition.item()  # a NumPy or PyTorch scalar
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
    """List the condition's source and the values of its parts; empty if no source is available."""
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
        except Exception:  # such as a name that exists only inside a comprehension
            continue
        if not isinstance(value, ModuleType) and not callable(value):
            lines.append(f"    {text} = {_shown(value)}")
    return list(dict.fromkeys(lines))


def _parts(condition):
    """Yield the parts of a condition worth printing: both sides of a comparison, and variables."""
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
