"""Join a demo's ES modules into the single module that anywidget wants.

Demos import shared code with ordinary ``import`` statements, so that every file is a valid ES
module that browsers and editors understand. Jupyter, Colab and the static site, however, load a
demo from one string, in which a relative import leads nowhere. :func:`inline_modules` replaces each
import by the imported module itself, wrapped in a function that returns its exports: a bundler in
forty lines.

What it understands is what the demos use: named imports from relative paths at the top level, and
``export`` in front of a declaration. Anything else is an error, not a guess.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

_IMPORT = re.compile(
    r"^import\s*\{([^}]*)\}\s*from\s*[\"'](\.{1,2}/[^\"']+)[\"'];?[ \t]*$", re.MULTILINE
)
_EXPORT = re.compile(
    r"^export\s+(?=(?:async\s+function\*?|function\*?|class|const|let)\s+([A-Za-z_$][\w$]*))",
    re.MULTILINE,
)
_LEFTOVER = re.compile(r"^\s*(?:import\b(?!\s*\()|export\b(?!\s+default\b)).*$", re.MULTILINE)


def inline_modules(entry: str | os.PathLike[str]) -> str:
    """Return the source of an ES module with its relative imports inlined.

    Parameters
    ----------
    entry : str or pathlib.Path
        The demo's main module, the one with ``export default { render }``.

    Returns
    -------
    str
        One ES module without relative imports. Every shared module appears once, before its first
        use.

    Raises
    ------
    FileNotFoundError
        If an imported file is missing; the message names the importing file.
    ValueError
        If a file imports or exports in a way that is not supported, or if imports form a circle.

    Examples
    --------
    >>> from lecture_utils import widgets
    >>> folder = Path(widgets.__file__).parent / "convolution_lab"
    >>> "export default" in inline_modules(folder / "convolution_lab.js")
    True
    """
    entry = Path(entry).resolve()
    names, parts = {}, []
    body = _inline_imports(entry, names, parts, ancestors=())
    _refuse_leftovers(body, entry)
    return "\n".join([*parts, body])


def _inline_imports(path, names, parts, ancestors):
    """Replace the imports of one file; append the modules it needs to ``parts``."""
    if path in ancestors:
        circle = " -> ".join(p.name for p in (*ancestors[ancestors.index(path) :], path))
        raise ValueError(
            f"these modules import each other in a circle: {circle}; move what they share into a "
            "third"
        )
    source = path.read_text(encoding="utf-8")

    def replace(match):
        target = (path.parent / match[2]).resolve()
        if not target.is_file():
            raise FileNotFoundError(
                f"{path.name} imports {match[2]!r}, but there is no file {target}"
            )
        if target not in names:
            module = _inline_imports(target, names, parts, (*ancestors, path))
            names[target] = f"module_{len(names)}_{re.sub(r'[^0-9A-Za-z]', '_', target.stem)}"
            parts.append(_as_function(module, target, names[target]))
        bindings = re.sub(r"\s+as\s+", ": ", " ".join(match[1].split()))
        return f"const {{ {bindings.strip(', ')} }} = {names[target]};"

    return _IMPORT.sub(replace, source)


def _as_function(source, path, name):
    exports = _EXPORT.findall(source)
    if not exports:
        raise ValueError(
            f"{path.name} is imported but exports nothing; put `export` before a declaration"
        )
    source = _EXPORT.sub("", source)
    _refuse_leftovers(source, path)
    if re.search(r"^export\b", source, re.MULTILINE):
        raise ValueError(
            f"{path.name} has a default export; only a demo's main module may have one"
        )
    return (
        f"// {path.parent.name}/{path.name}\nconst {name} = (() => {{\n{source}\n"
        f"return {{ {', '.join(exports)} }};\n}})();\n"
    )


def _refuse_leftovers(source, path):
    if found := _LEFTOVER.search(source):
        raise ValueError(
            f"{path.name}: cannot inline {found[0].strip()!r}; write "
            '`import { name } from "./file.js";` and `export` directly before a function, class, '
            "const or let"
        )
