"""Move demos out of the page, into scripts that are loaded when a reader comes near.

MyST-NB writes everything about the demos of a page into the page itself: the JavaScript and the
style of each, and its arrays as base64. That is most of the page, and a reader would wait for it
before the first word appears. Here the page keeps only a name for each demo and two addresses:

- ``_static/demo-code/<hash>.js`` has the JavaScript and the style. All pages with this demo share
  it.
- ``_static/demo-data/<hash>.js`` has the values and the arrays, unless they are few.

A demo may also leave bytes in a trait called ``deferred``, a dictionary. Each gets a script of its
own, whatever its size, and the demo loads it when a reader wants to see it
(``_shared/ui/deferred.js``).

The page also says which other demos a demo shows inside, so that the host can load their files
together.

The host (``widget-host.mjs``) loads the others. They are classic scripts and neither modules nor
something to fetch, because from ``file://`` browsers load neither of those, and because a strict
Content-Security-Policy forbids a script from a Blob URL.
"""

import hashlib
import json
import re
from pathlib import Path

from sphinx.builders.html._assets import _JavaScript

#: Characters of JSON from which on the values of one demo leave the page.
LARGE = 2_000
CODE_FOLDER = "_static/demo-code"
DATA_FOLDER = "_static/demo-data"
_STATE_TYPE = "application/vnd.jupyter.widget-state+json"
_DEFAULT_EXPORT = re.compile(r"^export default\b", re.MULTILINE)
_REFERENCE = re.compile(r"IPY_MODEL_(\w+)")
_CODE_TRAITS = ("_esm", "_css")


def move_demos(state, write, large=LARGE):
    """Replace the code and data of demos with the addresses of scripts that provide them.

    Parameters
    ----------
    state : dict
        A page's widget state: ``{"state": {model_id: {"state": ..., "buffers": [...]}}}``; changed
        in place.
    write : callable
        Called with a folder and a script's text; returns the address under which the page finds it.
    large : int
        Characters of JSON that the values of a demo may take up in the page.

    Returns
    -------
    int
        How many demos were changed.
    """
    moved = 0
    for model in state["state"].values():
        values = model["state"]
        if "_esm" not in values:
            continue
        code = [values.pop(name, "") for name in _CODE_TRAITS]
        defer_bytes(model, write)
        if inner := _demos_in(values, state["state"]):
            model["shows"] = inner
        model["code_file"] = write(CODE_FOLDER, code_script(*code))
        data = {"state": values, "buffers": model.get("buffers", [])}
        text = json.dumps(data)
        if len(text) > large:
            model["data_file"] = write(DATA_FOLDER, f"document.currentScript.data = {text};\n")
            model["state"], model["buffers"] = {}, []
        moved += 1
    return moved


def _demos_in(values, models):
    """Return the ids of a page's demos to which a demo's values refer: it shows them inside."""
    texts = [value for value in values.values() if isinstance(value, str)]
    names = [match[1] for text in texts if (match := _REFERENCE.fullmatch(text))]
    return [name for name in names if models.get(name, {}).get("model_name") == "AnyModel"]


def code_script(module, style):
    """Return a demo's ES module as a classic script; its default export is what ``start`` returns.

    Raises
    ------
    ValueError
        If the module has no default export, or several.
    """
    body, exports = _DEFAULT_EXPORT.subn("return", module)
    if exports != 1:
        raise ValueError(f"a demo's module needs one `export default`; this one has {exports}")
    return (
        "document.currentScript.code = {\n"
        f"style: {json.dumps(style)},\n"
        f'start() {{\n"use strict";\n{body}\n}},\n}};\n'
    )


def defer_bytes(model, write):
    """Replace the bytes in ``deferred`` by addresses of scripts."""
    buffers = model.get("buffers", [])
    deferred = [buffer for buffer in buffers if buffer["path"][0] == "deferred"]
    for buffer in deferred:
        script = f"document.currentScript.base64 = {json.dumps(buffer['data'])};\n"
        address = write(DATA_FOLDER, script)
        model["state"].setdefault("deferred", {})[buffer["path"][1]] = {"script": address}
    if deferred:
        model["buffers"] = [buffer for buffer in buffers if buffer not in deferred]


def _move(app, pagename, templatename, context, doctree):
    def write(folder, text):
        name = f"{folder}/{hashlib.sha256(text.encode()).hexdigest()[:16]}.js"
        path = Path(app.outdir) / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return context["pathto"](name, resource=True)

    context["script_files"] = [
        _lightened(script, write) for script in context.get("script_files", [])
    ]


def _lightened(script, write):
    attributes = getattr(script, "attributes", {})
    if attributes.get("type") != _STATE_TYPE:
        return script
    state = json.loads(attributes["body"])
    if not move_demos(state, write):
        return script
    body = json.dumps(state).replace("</", r"<\/")
    return _JavaScript(script.filename, priority=script.priority, **{**attributes, "body": body})


def setup(app):
    # After MyST-NB, which adds the state when it hears of a page.
    app.connect("html-page-context", _move, priority=950)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
