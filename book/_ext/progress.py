"""Tell the page which questions and challenges there are, so that it can show what is done.

The names of all questions (of a ``Quiz``) and challenges stand in the state of the pages' demos.
They go into ``progress.js``, which reads from the browser's storage what the reader has done.
"""

import json
from pathlib import Path

from myst_nb.sphinx_ import NbMetadataCollector

SCRIPT = "progress.js"
_EMPTY = "const PAGES = {};"
_QUIZ = "lecture_utils.widgets.quiz.Quiz"
_CHALLENGE = "lecture_utils.widgets.challenge.Challenge"
_STATE_TYPE = "application/vnd.jupyter.widget-state+json"


def items_of(state):
    """Return the names of questions and challenges in a page's widget state, in their order.

    Parameters
    ----------
    state : dict
        ``{"state": {model_id: {"state": ...}}}``

    Returns
    -------
    dict
        ``questions`` and ``challenges``, each a list of names without repetition.
    """
    questions, challenges = {}, {}
    for model in state["state"].values():
        values = model["state"]
        kind = values.get("_anywidget_id")
        if kind == _QUIZ:
            questions.update(dict.fromkeys(each["key"] for each in values["questions"]))
        elif kind == _CHALLENGE:
            challenges[values["name"]] = None
    return {"questions": list(questions), "challenges": list(challenges)}


def items_of_pages(env, address_of):
    """Return the items of all pages that have some, by the address of the page."""
    found = {}
    for name in sorted(env.found_docs):
        for _, options in NbMetadataCollector.get_js_files(env, name).values():
            if options.get("type") != _STATE_TYPE:
                continue
            items = items_of(json.loads(options["body"]))
            if any(items.values()):
                found[address_of(name)] = items
    return found


def _write(app, exception):
    if exception or app.builder.format != "html":
        return
    script = Path(app.outdir) / "_static" / SCRIPT
    source = (Path(app.confdir) / "book" / "_static" / SCRIPT).read_text(encoding="utf-8")
    if _EMPTY not in source:
        raise ValueError(f"{SCRIPT} has no line {_EMPTY!r} for the items to go to")
    pages = items_of_pages(app.env, app.builder.get_target_uri)
    script.write_text(source.replace(_EMPTY, f"const PAGES = {json.dumps(pages)};"), "utf-8")


def setup(app):
    # Before lean_styles, which reads the scripts.
    app.connect("build-finished", _write, priority=800)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
