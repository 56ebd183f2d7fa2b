"""Delete what earlier builds left behind: files named after their contents that no page uses.

A chapter that has run anew writes its demos' data and its figures under new names. Without this,
every build would add to the folder that is published.
"""

import re
from pathlib import Path

#: Folders of files that are named after their contents.
FOLDERS = ("demo-code", "demo-data", "figures")
_NAME = re.compile(rf"_static/((?:{'|'.join(FOLDERS)})/[\w.-]+)")


def used(texts, static):
    """Return the names, such as ``"figures/01ab.webp"``, of all files that texts refer to.

    Data may name more data, which a demo loads later; these files are read, too.

    Parameters
    ----------
    texts : iterable of str
        The pages.
    static : pathlib.Path
        The folder of the files.

    Returns
    -------
    set of str
    """
    names, texts = set(), list(texts)
    while texts:
        new = set(_NAME.findall(texts.pop())) - names
        names |= new
        paths = [static / name for name in new if name.startswith("demo-data/")]
        texts += [path.read_text(encoding="utf-8") for path in paths if path.is_file()]
    return names


def _delete(app, exception):
    if exception or app.builder.format != "html":
        return
    out = Path(app.outdir)
    static = out / "_static"
    pages = (path for path in out.rglob("*.html") if "slides" not in path.parts)
    kept = used((page.read_text(encoding="utf-8") for page in pages), static)
    for folder in FOLDERS:
        for path in static.glob(f"{folder}/*"):
            if f"{folder}/{path.name}" not in kept:
                path.unlink()


def setup(app):
    # Before lean_styles, which looks for the styles that the demos' code uses.
    app.connect("build-finished", _delete, priority=850)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
