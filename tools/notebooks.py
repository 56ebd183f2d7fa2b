"""Keep the book's notebooks tidy: stripped, addressed, and comparable.

    python tools/notebooks.py strip      remove outputs, counts and editor metadata
    python tools/notebooks.py outputs    store the outputs that nbval compares, from the build
        python tools/notebooks.py address    write the repository's address into the setup cells
        python tools/notebooks.py check      fail if any of these commands would change something
        python tools/notebooks.py export DIR copies whose setup cells name the building repository

Only outputs of cells tagged ``nbval-check-output`` are stored: text that is the same on every
machine. Notebook files may be listed after the command; the default is all of ``book/``.
"""

import argparse
import os
import sys
from pathlib import Path

import nbformat

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "book" / "_ext"))
from repository import repository_url, stated_url  # noqa: E402

KEPT_TAG = "nbval-check-output"
SETUP_TAG = "setup"
#: Tag of a cell that checks a sentence against numbers: executed, but not shown on the page.
CLAIM_TAG, HIDDEN_TAG = "claim", "remove-cell"
#: Metadata that a cell may keep; ``slideshow`` determines its role on the slides.
KEPT_METADATA = ("tags", "mystnb", "slideshow")
NOTEBOOK_METADATA = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}
SETUP = """\
# In Colab this installs the helper package of the book; everywhere else it does nothing.
import importlib.util
import sys

if "google.colab" in sys.modules and importlib.util.find_spec("lecture_utils") is None:
    %pip install --quiet {url}/archive/refs/heads/{branch}.zip"""


def stored_outputs(cell):
    """Return the outputs of a cell that may be stored: its text, if the cell is tagged for that."""
    if KEPT_TAG not in cell.metadata.get("tags", []):
        return []
    texts = []
    for output in cell.outputs:
        if output.output_type == "stream" and output.name == "stdout":
            if texts and texts[-1].output_type == "stream":
                # Where a kernel splits its printed text depends on timing.
                texts[-1].text += output.text
            else:
                texts.append(nbformat.v4.new_output("stream", name="stdout", text=output.text))
        elif "data" in output and "text/plain" in output.data:
            data = {"text/plain": output.data["text/plain"]}
            kind = {"execution_count": 1} if output.output_type == "execute_result" else {}
            texts.append(nbformat.v4.new_output(output.output_type, data=data, **kind))
    return texts


def is_only_for_slides(cell):
    """Return whether a cell is text that the slides show and the page leaves out."""
    shown = cell.metadata.get("slideshow", {}).get("slide_type") in ("slide", "subslide")
    return cell.cell_type == "markdown" and shown and HIDDEN_TAG in cell.metadata.get("tags", [])


def strip(notebook):
    """Return a copy of a notebook in its committed form."""
    notebook = nbformat.from_dict(notebook)
    notebook.metadata = nbformat.from_dict(NOTEBOOK_METADATA)
    for cell in notebook.cells:
        kept = {key: cell.metadata[key] for key in KEPT_METADATA if cell.metadata.get(key)}
        cell.metadata = nbformat.from_dict(kept)
        if CLAIM_TAG in kept.get("tags", []) and HIDDEN_TAG not in kept["tags"]:
            cell.metadata.tags.append(HIDDEN_TAG)
        cell.pop("attachments", None)
        if cell.cell_type == "code":
            cell.outputs = stored_outputs(cell)
            # A constant: nbval compares only executed cells, and the real count is noise.
            cell.execution_count = 1 if cell.outputs else None
    return notebook


def address(notebook, url, branch="main"):
    """Write the setup cell, which names the repository, into a notebook's first code cell."""
    source = SETUP.format(url=url, branch=branch)
    first = next((cell for cell in notebook.cells if cell.cell_type == "code"), None)
    if first is None or SETUP_TAG not in first.metadata.get("tags", []):
        cell = nbformat.v4.new_code_cell(source, metadata={"tags": [SETUP_TAG, "remove-cell"]})
        cell.id = "setup"
        notebook.cells.insert(0, cell)
    else:
        first.source = source
    return notebook


def with_outputs(notebook):
    """Return a notebook with the outputs that it had when the book was built."""
    from jupyter_cache import get_cache

    return get_cache(ROOT / "_build" / ".jupyter_cache").merge_match_into_notebook(notebook)[1]


def to_text(notebook):
    """Return a notebook as stored in its file: indented by one space, as in Jupyter."""
    return nbformat.writes(notebook, version=4) + "\n"


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("command", choices=["strip", "outputs", "address", "check", "export"])
    parser.add_argument("paths", nargs="*", type=Path)
    arguments = parser.parse_args()
    if arguments.command == "export":
        if not arguments.paths:
            parser.error("export needs a folder")
        return export(arguments.paths[0])

    untidy = []
    for path in arguments.paths or sorted((ROOT / "book").glob("*.ipynb")):
        before = path.read_text(encoding="utf-8")
        notebook = nbformat.reads(before, as_version=4)
        if arguments.command == "outputs":
            notebook = with_outputs(notebook)
        after = to_text(strip(address(notebook, stated_url())))
        if after != before:
            untidy.append(path.name)
            if arguments.command != "check":
                path.write_text(after, encoding="utf-8")
    print(f"{arguments.command}: {', '.join(untidy) if untidy else 'nothing to do'}")
    if arguments.command == "check" and untidy:
        sys.exit("these notebooks are not ready to be committed; run `make notebooks`")


def export(folder):
    """Write copies for the branch that Colab opens; see the publishing workflow."""
    folder.mkdir(parents=True, exist_ok=True)
    for path in sorted((ROOT / "book").glob("*.ipynb")):
        branch = os.environ.get("BOOK_BRANCH", "main")
        notebook = address(nbformat.read(path, as_version=4), repository_url(), branch)
        # Slide headlines would interrupt the text.
        notebook.cells = [cell for cell in notebook.cells if not is_only_for_slides(cell)]
        (folder / path.name).write_text(to_text(strip(notebook)), encoding="utf-8")
    print(f"export: {repository_url()} -> {folder}")


if __name__ == "__main__":
    main()
