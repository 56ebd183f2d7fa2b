"""Multiple-choice questions: pick an option, and the page says whether it is correct and why."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from typing import Any

import traitlets

from .. import _figure
from .._demo import Demo


class Quiz(Demo):
    """A few multiple-choice questions for the end of a section.

    Parameters
    ----------
    questions : list of dict
        Each with ``"question"`` (text), and ``"options"``: a list of ``(text, why)`` or
        ``(text, why, True)`` where True marks a correct option. A question has at least two options
        and at least one correct one; with several correct ones, the reader ticks as many as apply.
        Text between backticks is shown as code.

    Raises
    ------
    ValueError
        If a question has too few options, no correct option, or an option without an explanation.

    Examples
    --------
    >>> Quiz([{"question": "How many 3x3 windows fit in a 5x5 image?",
    ...        "options": [("9", "Three positions down, three across.", True),
    ...                    ("25", "That would need a border of zeros.")]}])
    Quiz()
    """

    questions = traitlets.List().tag(sync=True)

    def __init__(self, questions: Iterable[Mapping[str, Any]]):
        super().__init__(questions=[_checked(number, q) for number, q in enumerate(questions, 1)])

    def figure_html(self) -> str:
        """Return the questions with their answers folded away."""
        parts = []
        for q in self.questions:
            options = "".join(f"<li>{_figure.with_code(o['text'])}</li>" for o in q["options"])
            answers = "".join(
                f"<li>{_figure.with_code(o['text'])}: "
                f"{'correct' if o['right'] else 'not correct'}. "
                f"{_figure.with_code(o['why'])}</li>"
                for o in q["options"]
            )
            parts.append(
                f"<li>{_figure.with_code(q['question'])}<ul>{options}</ul>"
                f"<details><summary>Answer</summary><ul>{answers}</ul></details></li>"
            )
        return f"<ol>{''.join(parts)}</ol>"


def _checked(number, question):
    """Return one question as it travels to the browser; refuse one that has no correct option."""
    options = []
    for option in question["options"]:
        text, why, *right = option
        if not str(why).strip():
            raise ValueError(
                f"question {number}: option {text!r} has no explanation; say why it is correct or "
                "not"
            )
        options.append({"text": str(text), "why": str(why), "right": bool(right and right[0])})
    if len(options) < 2:
        raise ValueError(f"question {number} has {len(options)} option(s); give at least two")
    if not any(option["right"] for option in options):
        raise ValueError(
            f"question {number} has no correct option; mark one with True as its third element"
        )
    text = str(question["question"])
    # What the browser remembers of a question; another text makes it another question.
    key = f"quiz/{hashlib.sha256(text.encode()).hexdigest()[:12]}"
    return {"question": text, "options": options, "key": key}
