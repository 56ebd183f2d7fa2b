"""Execute the chapters that need it side by side, before Sphinx reads them.

MyST-NB executes one chapter after the other, each when Sphinx reads it. Here all chapters without a
kept result are executed first, one per core, into the same cache; MyST-NB then finds every result
there and executes nothing. A chapter that fails is left to MyST-NB: it executes the chapter again,
alone, and writes its usual report.

Each exercise is checked several times: as in the chapter, where its stub is still open; with each
answer of ``book/_answers`` (see ``answers.py``); and after its solution. What the further checks
print is kept beside the results, for the tests (``book/conftest.py``).
"""

import asyncio
import copy
import os
import re
import time
from pathlib import Path

import nbformat
from answers import read_answers
from jupyter_cache import get_cache
from jupyter_cache.base import CacheBundleIn
from myst_nb.core.read import is_myst_markdown_notebook
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError
from sphinx.errors import ExtensionError
from sphinx.util import logging

#: How jupyter-cache reads a page in Markdown that has code cells.
MARKDOWN = {"type": "plugin", "name": "myst_nb_md"}
#: Ends the id of a check that is repeated after a solution, or after a numbered answer.
REPEATED = "-repeated"
logger = logging.getLogger(__name__)


def with_repeated_checks(notebook, answers=()):
    """Return a copy of a notebook with a check for every answer, and once more after the solution.

    A repeated check says what it must print; one of a wrong answer, in its metadata, which hint it
    must give.
    """
    notebook = copy.deepcopy(notebook)
    cells, check = [], None
    for cell in notebook.cells:
        tags = cell.metadata.get("tags", [])
        if "check" in tags:
            check = cell
        if "solution" in tags:
            title = exercise_of(check)
            for number, answer in enumerate(a for a in answers if a.exercise == title):
                repeated = _repeated_check(check, title, f"{answer.source}\n\n", f"-{number}")
                repeated.metadata.update(answer=answer.label, hint=answer.hint)
                cells.append(repeated)
            cells += [cell, _repeated_check(check, title)]
        else:
            cells.append(cell)
    notebook.cells = cells
    return notebook


def exercise_of(check):
    """Return which exercise a check belongs to, such as "Exercise 1"."""
    return re.search(r'check\(\s*"([^"]+)"', check.source)[1]


def _repeated_check(check, title, before="", number=""):
    return nbformat.v4.new_code_cell(
        before + check.source,
        id=f"{check.id}{number}{REPEATED}",
        metadata={"tags": ["nbval-check-output"]},
        execution_count=1,
        outputs=[nbformat.v4.new_output("stream", name="stdout", text=f"✓ {title} is solved.\n")],
    )


def without_repeated_checks(notebook):
    """Take the repeated checks out of a notebook again; return it, and their outputs by cell id."""
    outputs = {cell.id: cell.outputs for cell in notebook.cells if cell.id.endswith(REPEATED)}
    notebook.cells = [cell for cell in notebook.cells if not cell.id.endswith(REPEATED)]
    code = (cell for cell in notebook.cells if cell.cell_type == "code")
    for number, cell in enumerate(code, start=1):
        cell.execution_count = number
        for output in cell.outputs:
            if output.output_type == "execute_result":
                output.execution_count = number
    return notebook, outputs


def executed_outputs(folder, notebook):
    """Return the outputs of a notebook's cells and of its repeated checks, by cell id.

    Raises KeyError if the notebook is not there.
    """
    cache = get_cache(folder)
    data = cache.match_cache_notebook(notebook).data
    _, result = cache.merge_match_into_notebook(notebook)
    outputs = {cell.id: cell.outputs for cell in result.cells if cell.cell_type == "code"}
    return outputs | nbformat.from_dict(data["repeated_checks"])


def unexecuted(folder, paths):
    """Return the records of the notebooks without a result in the cache, in the paths' order."""
    cache = get_cache(folder)
    for record in cache.list_cache_records():
        if "repeated_checks" not in record.data:  # MyST-NB executed it, after a failure
            cache.remove_cache(record.pk)
    for record in cache.list_project_records():
        if not Path(
            record.uri
        ).is_file():  # it has another name by now, or came with a copied folder
            cache.remove_nb_from_project(record.pk)
    for path in paths:
        if path.endswith(".ipynb"):
            cache.add_nb_to_project(path)
        elif is_myst_markdown_notebook(Path(path).read_text(encoding="utf-8")):
            cache.add_nb_to_project(path, read_data=MARKDOWN)
    records = {record.uri: record for record in cache.list_unexecuted()}
    return [records[path] for path in paths if path in records]


def kernel_environment(kernels, environ=os.environ, cores=None):
    """Return the environment of one of several kernels that share the cores.

    By default a kernel computes in as many threads as there are cores. Those of several kernels
    would wait for each other.
    """
    threads = max(1, (cores or os.cpu_count()) // kernels)
    return {"OMP_NUM_THREADS": str(threads), **environ}


async def execute_all(folder, records, jobs, report=print, **options):
    """Execute notebooks, a number of them at a time, and keep the results in the cache in a folder.

    Parameters
    ----------
    folder : path
        Folder of the cache.
    records : list
        What :func:`unexecuted` returned; started in this order.
    jobs : int
        Kernels that run at the same time.
    report : callable
        Called with a line of text when a notebook has ended.
    options
        For ``nbclient.NotebookClient``, such as ``timeout``.

    Returns
    -------
    dict
        The exception of each notebook that failed, by its path.
    """
    cache, failed, ended = get_cache(folder), {}, 0
    jobs = min(jobs, len(records))
    environment = kernel_environment(jobs)
    places = asyncio.Semaphore(jobs)

    async def execute(record):
        nonlocal ended
        async with places:
            path = Path(record.uri)
            notebook = cache.get_project_notebook(record.pk).nb
            notebook = with_repeated_checks(notebook, read_answers(path))
            resources = {"metadata": {"path": str(path.parent)}}
            start = time.monotonic()
            try:
                # Times would be part of the cells' metadata, by which the cache knows a notebook
                # again.
                client = NotebookClient(
                    notebook, resources=resources, record_timing=False, **options
                )
                await client.async_execute(env=environment)
            except (CellExecutionError, CellTimeoutError) as error:
                failed[record.uri] = error
            except RuntimeError as error:  # such as a kernel that died
                raise ExtensionError(f"{path.name}: {error}", error) from error
            seconds = time.monotonic() - start
            if record.uri not in failed:
                notebook, repeated = without_repeated_checks(notebook)
                data = {"execution_seconds": seconds, "repeated_checks": repeated}
                bundle = CacheBundleIn(notebook, record.uri, data=data)
                cache.cache_notebook_bundle(bundle, check_validity=False, overwrite=True)
        ended += 1
        verdict = "failed" if record.uri in failed else "executed"
        report(f"[{ended}/{len(records)}] {path.name} {verdict} in {seconds:.0f} s")

    async with asyncio.TaskGroup() as group:
        for record in records:
            group.create_task(execute(record))
    return failed


def _tell(line):
    # Not by Sphinx's logger: `make book` silences that, and minutes without a sign look like a
    # hang.
    print(line, flush=True)


def _execute_chapters(app, env, added, changed, removed):
    config = env.mystnb_config
    if config.execution_mode != "cache":
        return []
    # Later chapters take longer. They begin, so that no long one is left to run alone at the end.
    documents = {env.doc2path(docname): docname for docname in sorted(env.found_docs, reverse=True)}
    records = unexecuted(config.execution_cache_path, documents)
    if not records:
        return []
    jobs = int(os.environ.get("BOOK_JOBS") or os.cpu_count())
    _tell(f"Chapters to execute: {len(records)}, {min(jobs, len(records))} at a time")
    failed = asyncio.run(
        execute_all(
            config.execution_cache_path,
            records,
            jobs,
            _tell,
            timeout=config.execution_timeout,
            allow_errors=config.execution_allow_errors,
            # The kernels listen on this machine only, so the warning that they do not encrypt is
            # not news.
            extra_arguments=["--log-level=ERROR"],
        )
    )
    for uri, error in failed.items():
        # A warning, and thus a failed build, even if the chapter should pass when it is executed
        # again.
        logger.warning("%s failed (%s); executing it again, alone", uri, type(error).__name__)
    return [documents[record.uri] for record in records]


def setup(app):
    # After stale_notebooks, which drops the results that are out of date.
    app.connect("env-get-outdated", _execute_chapters, priority=600)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
