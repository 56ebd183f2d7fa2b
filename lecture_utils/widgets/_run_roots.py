"""Where recorded runs lie, for the programs that demos hand out."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from lecture_utils.datasets._search import cache_folder

if TYPE_CHECKING:
    from lecture_utils.runs import Run

#: Where the runs are that come with the package.
_RECORDED = Path(__file__).parents[1] / "data" / "runs"


def root_of(run: Run) -> str:
    """Return the ``root`` that `lecture_utils.runs.load` needs to find a run; "" if it needs none.

    Runs that come with the package, or are downloaded for it, need none.
    """
    root = Path(run.folder).resolve().parents[len(run.card["name"].split("/"))]
    needs_none = root in (_RECORDED.resolve(), cache_folder("runs").resolve())
    return "" if needs_none else str(root)
