"""Answers that readers might give to the exercises, and what the checks must say to them.

``book/_answers/01_convolution.py`` belongs to ``book/01_convolution.ipynb``. It has one cell per
answer, each beginning with a line that names the exercise, the verdict and the kind of answer::

    # %% Exercise 1, accepted: rows that add up to 0 only when rounded
    # %% Exercise 1, rejected with "horizontal": the transposed kernel

The text in quotes is part of the hint that the reader must get. The build executes every answer
where the chapter's solution stands, followed by the exercise's check
(``execute_chapters.with_repeated_checks``); the tests compare the verdicts (``book/conftest.py``).
"""

import re
from dataclasses import dataclass
from pathlib import Path

_HEADING = re.compile(r'# %% (Exercise \d+), (?:(accepted)|rejected with "(.+)"): (.+)')


@dataclass(frozen=True)
class Answer:
    """An answer to an exercise.

    Attributes
    ----------
    exercise : str
        Such as "Exercise 1".
    label : str
        What kind of answer it is.
    source : str
        Python that runs instead of the solution.
    hint : str or None
        Part of the hint that it must get; None if it must be accepted.
    """

    exercise: str
    label: str
    source: str
    hint: str | None


def answers_file(notebook):
    """Return the path of the answers to a notebook's exercises; there need not be such a file."""
    notebook = Path(notebook)
    return notebook.parent / "_answers" / f"{notebook.stem}.py"


def read_answers(notebook):
    """Read the answers to a notebook's exercises.

    Parameters
    ----------
    notebook : path
        Path of the notebook.

    Returns
    -------
    list of Answer
        Empty if there is no file.

    Raises
    ------
    ValueError
        If the first line of a cell cannot be read.
    """
    path = answers_file(notebook)
    if not path.is_file():
        return []
    answers = []
    # What stands before the first cell is a comment for readers of the file.
    for cell in path.read_text(encoding="utf-8").split("\n# %%")[1:]:
        heading, _, source = f"# %%{cell}".partition("\n")
        match = _HEADING.fullmatch(heading)
        if not match:
            raise ValueError(
                f"{path}: cannot read {heading!r}; write '# %% Exercise 1, accepted: ...' or "
                "'# %% Exercise 1, rejected with \"part of the hint\": ...'"
            )
        exercise, _, hint, label = match.groups()
        answers.append(Answer(exercise, label, source.strip(), hint))
    return answers
