"""Move large arrays of a demo out of the page, into scripts that are loaded when needed.

MyST-NB writes the arrays of all demos into the page itself, as base64. A demo with a megabyte of
pictures would keep a reader waiting for the text above it. Here such arrays go to
``_static/demo-data/<hash>.js`` instead, and the state of the demo names that file. The host
(``widget-host.mjs``) loads it. It is a classic script and not something to fetch, because from
``file://`` browsers fetch nothing.

A demo may also leave bytes in a trait called ``deferred``, a dictionary. Each gets a script of its
own, whatever its size, and the demo loads it when a reader wants to see it
(``_shared/ui/deferred.js``).
"""

import hashlib
import json
from pathlib import Path

from sphinx.builders.html._assets import _JavaScript

#: Characters of base64 from which on the arrays of one demo leave the page.
LARGE = 500_000
FOLDER = "_static/demo-data"
_STATE_TYPE = "application/vnd.jupyter.widget-state+json"


def move_large_buffers(state, write, large=LARGE):
    """Replace the buffers of large demos by the address of a script that hands them over.

    Parameters
    ----------
    state : dict
        A page's widget state: ``{"state": {model_id: {"state": ..., "buffers": [...]}}}``; is
        changed.
    write : callable
        Called with a script's text; returns the address under which the page finds it.
    large : int
        Characters of base64 that a demo may have in the page.

    Returns
    -------
    int
        How many demos were changed.
    """
    moved = 0
    for model in state["state"].values():
        moved += _defer(model, write)
        buffers = model.get("buffers", [])
        if sum(len(buffer["data"]) for buffer in buffers) > large:
            model["buffers_file"] = write(
                f"document.currentScript.buffers = {json.dumps(buffers)};\n"
            )
            model["buffers"] = []
            moved += 1
    return moved


def _defer(model, write):
    """Replace the bytes in ``deferred`` by addresses; return whether there were any."""
    buffers = model.get("buffers", [])
    deferred = [buffer for buffer in buffers if buffer["path"][0] == "deferred"]
    for buffer in deferred:
        script = f"document.currentScript.base64 = {json.dumps(buffer['data'])};\n"
        model["state"].setdefault("deferred", {})[buffer["path"][1]] = {"script": write(script)}
    if deferred:
        model["buffers"] = [buffer for buffer in buffers if buffer not in deferred]
    return bool(deferred)


def _move(app, pagename, templatename, context, doctree):
    def write(text):
        name = f"{FOLDER}/{hashlib.sha256(text.encode()).hexdigest()[:16]}.js"
        path = Path(app.outdir) / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return context["pathto"](name, resource=True)

    context["script_files"] = [
        _lightened(script, write) for script in context.get("script_files", [])
    ]


def _lightened(script, write):
    attributes = getattr(script, "attributes", {})
    body = attributes.get("body", "")
    if attributes.get("type") != _STATE_TYPE or (len(body) < LARGE and '"deferred"' not in body):
        return script
    state = json.loads(attributes["body"])
    if not move_large_buffers(state, write):
        return script
    body = json.dumps(state).replace("</", r"<\/")
    return _JavaScript(script.filename, priority=script.priority, **{**attributes, "body": body})


def setup(app):
    # After MyST-NB, which adds the state when it hears of a page.
    app.connect("html-page-context", _move, priority=950)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
