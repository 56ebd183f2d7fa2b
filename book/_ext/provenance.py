"""Say at the end of each chapter which data and weights that page was built with.

The book can be built with photos or with drawings, with or without the large networks. A reader
should not have to guess. The loaders say what they have found on standard error, which pages do not
show; this extension collects those sentences from the executed notebook.
"""

import re

import execute_chapters
import nbformat
from docutils import nodes
from sphinx import addnodes

PAGE = "/book/credits"
# How the sentences of `lecture_utils.datasets` and `pretrained` begin.
_SENTENCE = re.compile(
    r"(Cats vs Dogs|MNIST|Fashion-MNIST|EfficientNet-Lite0|ResNet\d+|VGG\d+|Inception v3): .+"
    r"|drawn .+ \(a stand-in for photos\)"
)


def sentences(outputs):
    """Return what the loaders have said, each sentence once.

    Parameters
    ----------
    outputs : dict of list
        The outputs of each cell of a notebook.
    """
    said = (
        line
        for cell in outputs.values()
        for output in cell
        if output.output_type == "stream" and output.name == "stderr"
        for line in output.text.splitlines()
    )
    return list(dict.fromkeys(line for line in said if _SENTENCE.fullmatch(line)))


def note(found):
    """Return a paragraph that lists the sentences and links to the page with sources and licenses.

    Parameters
    ----------
    found : list of str
    """
    link = addnodes.pending_xref(
        "", nodes.inline("", "Sources and licenses"),
        refdomain="std", reftype="doc", reftarget=PAGE, refexplicit=True, refwarn=True,
    )  # fmt: skip
    return nodes.paragraph(
        "",
        "",
        nodes.strong("", "This page was built with: "),
        nodes.Text("; ".join(found) + ". "),
        link,
        classes=["provenance"],
    )


def _append_note(app, doctree):
    path = app.env.doc2path(app.env.docname)
    if not path.endswith(".ipynb"):
        return
    notebook = nbformat.read(path, as_version=4)
    try:
        outputs = execute_chapters.executed_outputs(
            app.env.mystnb_config.execution_cache_path, notebook
        )
    except KeyError:  # its execution has failed, and is reported
        return
    if found := sentences(outputs):
        doctree.children[-1].append(note(found))


def setup(app):
    app.connect("doctree-read", _append_note)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
