"""Challenge: a task to be solved with a demo, in the page and in Python."""

from __future__ import annotations

import html
import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import numpy as np
import traitlets
from ipywidgets import widget_serialization
from numpy.typing import NDArray

from .. import _figure
from .._demo import Demo
from .goal import Condition, missing

__all__ = ["Challenge", "Condition", "Verdict"]

_NAME = re.compile(r"[a-z0-9]+(?:[/-][a-z0-9]+)*")


@dataclass(frozen=True, repr=False)
class Verdict:
    """Whether a challenge is solved, and what is missing; true if it is solved.

    Parameters
    ----------
    missing : tuple of str
        A sentence for each condition that is not met.
    """

    missing: tuple[str, ...]

    def __bool__(self) -> bool:
        return not self.missing

    def __repr__(self) -> str:
        return "✓ Solved." if self else " ".join(["○ Not yet.", *self.missing])


class Challenge(Demo):
    """A task that a reader solves with a demo; the page says what is still missing.

    The reader's browser remembers what has been solved. Nothing leaves the page.

    Parameters
    ----------
    demo : Demo
        The demo that the reader changes, in its initial state.
    task : str
        What to do. Text between backticks is shown as code.
    goal : sequence of Condition
        When all of them hold, the challenge is solved. They must not all hold at the start.
    hints : sequence of str
        Shown one at a time, when the reader asks for them.
    name : str
        Name under which the browser remembers it, such as ``"1/same-size"``.
    title : str
        The heading.
    minutes : int
        About how long it takes.
    answer : str
        How to solve it with the controls, and why this works.
    solution : mapping of str to value
        The demo's traits when it is solved, for `check`.
    images : sequence of (array, str)
        RGB images (uint8) that the task refers to, each with an alternative text.

    Raises
    ------
    ValueError
        If the goal is empty or met from the start, or if the solution does not meet it.

    Examples
    --------
    >>> from lecture_utils.challenges import chapter_1
    >>> challenge = chapter_1.same_size()
    >>> challenge.check(padding=1)
    ○ Not yet. The output has 26 rows.
    >>> challenge.check(padding=2)
    ✓ Solved.
    """

    demo = traitlets.Instance(Demo).tag(sync=True, **widget_serialization)
    name = traitlets.Unicode().tag(sync=True)
    title = traitlets.Unicode().tag(sync=True)
    minutes = traitlets.Int().tag(sync=True)
    task = traitlets.Unicode().tag(sync=True)
    goal = traitlets.List(traitlets.Dict()).tag(sync=True)
    hints = traitlets.List(traitlets.Unicode()).tag(sync=True)
    answer = traitlets.Unicode().tag(sync=True)
    images = traitlets.List(traitlets.Dict()).tag(sync=True)

    def __init__(
        self,
        demo: Demo,
        task: str,
        goal: Sequence[Condition],
        hints: Sequence[str] = (),
        *,
        name: str,
        title: str,
        minutes: int,
        answer: str,
        solution: Mapping[str, Any],
        images: Sequence[tuple[NDArray[np.uint8], str]] = (),
    ):
        if not goal:
            raise ValueError("goal is empty, so anything would solve it; give a Condition")
        if not _NAME.fullmatch(name):
            raise ValueError(f"name is {name!r}; use lowercase letters, digits, '-' and '/'")
        self._conditions = tuple(goal)
        super().__init__(
            demo=demo,
            name=name,
            title=title,
            minutes=minutes,
            task=task,
            goal=[condition.as_dict() for condition in goal],
            hints=list(hints),
            answer=answer,
            images=[_packed_image(tile, alt) for tile, alt in images],
        )
        self.solution = dict(solution)
        if self.check():
            raise ValueError(f"{name} is solved from the start; let the demo start elsewhere")
        if not (verdict := self.check(**self.solution)):
            raise ValueError(f"the solution of {name} does not solve it: {verdict}")

    def check(self, **traits: Any) -> Verdict:
        """Return whether the demo meets the goal, as it stands or with other traits.

        Parameters
        ----------
        **traits
            Traits of the demo, set together for the check; the demo then returns to its previous
            state.

        Returns
        -------
        Verdict
            True if the challenge is solved; otherwise, it says what is missing, in the words of the
            page.

        Raises
        ------
        ValueError
            If the demo has no such trait.
        traitlets.TraitError
            If a trait cannot have such a value.
        """
        known = [name for name in self.demo.traits(sync=True) if not name.startswith("_")]
        if unknown := set(traits) - set(known):
            raise ValueError(
                f"{type(self.demo).__name__} has no {', '.join(sorted(unknown))}; it has "
                f"{', '.join(sorted(known))}"
            )
        before = {name: getattr(self.demo, name) for name in known} if traits else {}
        with self.demo.hold_sync():
            try:
                for name, value in traits.items():
                    self.demo.set_trait(name, value)
                readings = self.demo.all_readings()
            finally:
                # Setting one trait may change another, or fail until another is restored. So
                # restore them in both orders, and once more.
                with suppress(traitlets.TraitError):
                    _set(self.demo, before)
                _set(self.demo, dict(reversed(before.items())))
                _set(self.demo, before)
        return Verdict(tuple(missing(self._conditions, readings)))

    def figure_html(self) -> str:
        """Return the task, the demo's figure, and hints and answer folded away."""
        images = "".join(
            f'<img src="{each["source"]}" width="{each["width"]}" height="{each["height"]}" '
            f'alt="{html.escape(each["alt"], quote=True)}">'
            for each in self.images
        )
        goal = "".join(f"<li>{_figure.with_code(c.label)}</li>" for c in self._conditions)
        hints = "".join(f"<p>Hint: {_figure.with_code(hint)}</p>" for hint in self.hints)
        return (
            f"<p><strong>{_figure.with_code(self.title)}</strong> ({duration(self.minutes)}). "
            f"{_figure.with_code(self.task)}</p>{images}<ul>{goal}</ul>{self.demo.figure_html()}"
            f"<details><summary>Hints and solution</summary>{hints}"
            f"<p>{_figure.with_code(self.answer)}</p></details>"
        )


def _set(demo, values):
    for name, value in values.items():
        if getattr(demo, name) is not value:
            demo.set_trait(name, value)


def duration(minutes: int) -> str:
    """Return how long something takes, in words."""
    return "a minute" if minutes == 1 else f"{minutes} minutes"


def _packed_image(tile, alt):
    source, width, height = _figure.image_source([tile])
    return {"source": source, "width": width, "height": height, "alt": alt}
