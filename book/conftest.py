"""Chapters are tests: the build must get what is stored, and exercises open and then solved.

nbval collects the cells, compares their outputs and reports what differs, but starts no kernel.
`make book` has just executed all chapters, and keeps the results
(``book/_ext/execute_chapters.py``). To have nbval execute the chapters itself, as they are:
``pytest --nbval-lax book``.
"""

import copy
import json
import sys
from collections import defaultdict
from pathlib import Path

import nbformat
from nbval.plugin import IPyNbCell, IPyNbFile, coalesce_streams, find_metadata_tags

BOOK = Path(__file__).resolve().parent
CACHE = BOOK.parent / "_build" / ".jupyter_cache"
sys.path.insert(0, str(BOOK / "_ext"))
import execute_chapters  # noqa: E402
import stale_notebooks  # noqa: E402
from answers import read_answers  # noqa: E402


def pytest_collect_file(file_path, parent):
    """Collect a chapter, unless nbval has been told to execute it."""
    executed_by_nbval = parent.config.option.nbval or parent.config.option.nbval_lax
    if file_path.suffix == ".ipynb" and not executed_by_nbval:
        return Chapter.from_parent(parent, path=file_path)


class Chapter(IPyNbFile):
    """A chapter, and what its cells gave when the book was built."""

    outputs = None

    def collect(self):
        """Yield the code cells, each check once more for every answer and for the solution."""
        self.nb = nbformat.read(self.path, as_version=4)
        cells = execute_chapters.with_repeated_checks(self.nb, read_answers(self.path)).cells
        code = (cell for cell in cells if cell.cell_type == "code")
        for number, cell in enumerate(code):
            options = defaultdict(bool, find_metadata_tags(cell.metadata))
            name = f"Cell {number} ({cell.metadata.get('answer', cell.id)})"
            yield Cell.from_parent(self, name=name, cell_num=number, cell=cell, options=options)

    def setup(self):
        """Fetch what the build got, and make sure that it is from this chapter and package."""
        self.setup_sanitize_files()
        docname = self.path.relative_to(BOOK.parent).with_suffix("").as_posix()
        try:
            self.outputs = execute_chapters.executed_outputs(CACHE, self.nb)
            known = json.loads((CACHE / stale_notebooks.RECORD).read_text())[docname]
        except (KeyError, FileNotFoundError):
            known = None
        if known != stale_notebooks.fingerprint(stale_notebooks.dependencies(self.path)):
            raise RuntimeError(
                f"{self.path.name} has changed since the book was built; run `make book`"
            )


class Cell(IPyNbCell):
    """A code cell, and what it must have given."""

    def runtest(self):
        """Fail, as nbval does, if the cell raised an exception or gave what is not stored."""
        outputs = copy.deepcopy(self.parent.outputs[self.cell.id])
        for output in outputs:
            if output.output_type == "error" and not self.options["check_exception"]:
                traceback = "\n" + "\n".join(output.traceback)
                self.raise_cell_error("Cell execution caused an exception", traceback)
        if "answer" in self.cell.metadata:
            return self.compare_verdict(outputs)
        unrun = self.cell.execution_count is None
        if unrun and self.cell.outputs:
            self.raise_cell_error("Unrun reference cell has outputs")
        if self.options["check"] and not unrun:
            stored = coalesce_streams(copy.deepcopy(self.cell.outputs))
            if not self.compare_outputs(coalesce_streams(outputs), stored):
                self.raise_cell_error("Cell outputs differ", "\n".join(self.comparison_traceback))

    def compare_verdict(self, outputs):
        """Fail if the check does not say to an answer what it must."""
        printed = "".join(output.text for output in outputs if output.output_type == "stream")
        verdict = next((line for line in printed.splitlines() if line[:1] in ("✓", "○")), printed)
        hint, solved = self.cell.metadata.hint, self.cell.outputs[0].text.strip()
        right = verdict == solved if hint is None else verdict[:1] == "○" and hint in verdict
        if not right:
            expected = solved if hint is None else f"○ ... {hint} ..."
            self.raise_cell_error(
                "Check misjudges an answer", f"expected: {expected}\nbut it says: {verdict}"
            )
