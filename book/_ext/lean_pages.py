"""Make pages light: what a reader does not see yet is not laid out, and mostly not even parsed.

- Figures and the still images of demos wait in ``<noscript>``, with their space reserved. Without
  JavaScript a browser shows them like anything else; with it, ``book.js`` brings them in when the
  reader is near, or prints.
- Their coordinates have no more digits than can be seen.
- Images leave the page for files of their own, which browsers load when they are needed.
- Code has no ``<span>`` around what has the color of plain text: two thirds of them.
- Sections and cells say about how tall they are, so that ``book.css`` can skip distant ones.
- Scripts and styles of the theme and of other extensions are left out: ``book.js`` does their work
  on our pages, and ``lean_styles.py`` makes one style sheet of all.

It also fixes what axe finds in Sphinx's HTML.
"""

import base64
import hashlib
import html
import re
from pathlib import Path

#: Pygments' classes that have the color of the text around them, in both styles of the book.
PLAIN_TOKENS = ("n", "p", "nn", "w")
#: Characters of base64 that an image may have in the page.
SMALL_IMAGE = 700
FOLDER = "_static/figures"
#: Pixels from the top of a page that are always laid out.
FIRST_WINDOW = 1_100

_DEMO = (
    r'(?P<open><div class="demo-figure">)(?P<picture>.*?)(?P<close></div>'
    r'<script type="application/vnd\.jupyter\.widget-view\+json">)'
)
_FIGURE = (
    r'(?P<figure><figure (?:id="[^"]*" )?class="book-figure[^"]*">)\s*'
    r"(?P<svg><svg\b(?P<root>[^>]*)>.*?</svg>)"
)
_PICTURES = re.compile(f"{_DEMO}|{_FIGURE}", re.DOTALL)
_IMAGE = re.compile(
    rf'((?:xlink:)?href|src)="data:image/(png|webp|jpeg);base64,([^"]{{{SMALL_IMAGE},}})"'
)
_PLAIN = re.compile(r'<span class="(?:{})">([^<]*)</span>'.format("|".join(PLAIN_TOKENS)))
_COORDINATES = re.compile(r'(?<= )(?:d|x|y|x1|y1|x2|y2|points)="[^"]*"')
_CODE = re.compile(r"<pre>.*?</pre>", re.DOTALL)
_SECTION = re.compile(r'(?=<section id="[^"]*">\n(?:<span id="[^"]*"></span>)*<h2>)')
_CELL = re.compile(r'(?=<div class="cell )')
_TEXT = re.compile(r"<(?:p|li|h2|h3|td)\b[^>]*>(.*?)</", re.DOTALL)
_UNSEEN = re.compile(r"<(noscript|script|details|math)\b.*?</\1>", re.DOTALL)
_THEBE = re.compile(
    r'<script type="text/x-thebe-config">.*?</script>\s*<script>kernelName.*?</script>', re.DOTALL
)


def defer_pictures(body):
    """Put figures and demos' still images into ``<noscript>``, behind a box of the same size."""
    return _PICTURES.sub(_deferred, body)


def shorten_numbers(svg):
    """Round coordinates to two decimals, hundredths of a point, and join the lines of paths."""

    def round_all(match):
        text = re.sub(r"-?\d+\.\d{3,}", lambda number: f"{float(number[0]):.2f}", match[0])
        return " ".join(text.split())

    return _COORDINATES.sub(round_all, svg)


def _deferred(match):
    if match["open"]:
        picture = shorten_numbers(match["picture"])
        return f"{match['open']}<noscript>{picture}</noscript>{match['close']}"
    root = match["root"]
    width, height = re.search(r'viewBox="\S+ \S+ (\S+) (\S+)"', root).groups()
    label = re.search(r'aria-label="([^"]*)"', root)
    widest = re.search(r"max-width:\s*([\d.]+px)", root)
    style = f"aspect-ratio:{width}/{height}" + (f";max-width:{widest[1]}" if widest else "")
    name = f' role="img" aria-label="{label[1]}"' if label else ""
    return (
        f'{match["figure"]}<div class="figure-later"{name} style="{style}">'
        f"<noscript>{shorten_numbers(match['svg'])}</noscript></div>"
    )


def move_images(body, write):
    """Replace images in the page by files; `write(name, bytes)` returns a file's address."""

    def move(match):
        data = base64.b64decode(match[3])
        name = f"{hashlib.sha256(data).hexdigest()[:16]}.{match[2]}"
        return f'{match[1]}="{write(name, data)}"'

    return _IMAGE.sub(move, body)


def load_images_lazily(body):
    """Have browsers load an image when it is nearly in view."""
    return re.sub(r"<img (?![^>]*\bloading=)", '<img loading="lazy" decoding="async" ', body)


def unwrap_plain_code(body):
    """Remove the elements around code that looks like the text around it."""
    return _CODE.sub(lambda code: _PLAIN.sub(r"\1", code[0]), body)


def block_height(text, characters):
    """Return about how tall figures, demos, blocks of code and their buttons are, in pixels."""
    figures = re.findall(r"aspect-ratio:([\d.]+)/([\d.]+);max-width:([\d.]+)px", text)
    column = 8.2 * characters
    tall = sum(min(float(w), column) * float(y) / float(x) + 60 for x, y, w in figures)
    tall += 620 * text.count('class="demo"') + 40 * text.count("<summary")
    code = re.findall(r"<pre>(.*?)</pre>", _UNSEEN.sub("", text), flags=re.DOTALL)
    return round(tall + sum(22 * block.count("\n") + 40 for block in code))


def text_height(text, characters):
    """Return about how tall the text is, in pixels, where a line has so many characters."""
    tall = 0
    for block in _TEXT.findall(_CODE.sub("", _UNSEEN.sub("", text))):
        words = html.unescape(re.sub(r"<[^>]*>", "", block))
        tall += 28 * (1 + len(words) // characters) + 14
    return tall


def mark_skippable(body):
    """Name what need not be laid out before a reader comes near, and say about how tall it is.

    These are sections, and in each the cells: all that is further down than the first window, which
    must not move when true sizes are known.
    """
    start, *sections = _SECTION.split(body)
    tall = text_height(start, 88)
    marked = [start]
    for section in sections:
        text, *cells = _CELL.split(section)
        pieces = [text]
        below = tall > FIRST_WINDOW
        for cell in cells:
            if tall > FIRST_WINDOW and 'class="demo"' not in cell:
                style = f"--tall:{block_height(cell, 88)}px"
                cell = cell.replace('<div class="', f'<div style="{style}" class="skippable ', 1)
            tall += block_height(cell, 88) + text_height(cell, 88)
            pieces.append(cell)
        whole = "".join(pieces)
        if below:
            # With the space between cells: were the guess too low, what is last would lie under the
            # next section until both have been seen.
            wide, narrow = (
                block_height(section, n) + text_height(section, n) + 16 * len(cells)
                for n in (88, 42)
            )
            style = f"--tall:{wide}px;--tall-narrow:{narrow}px"
            # Where a page is wide, a note in the margin lies outside of its section, and a skipped
            # section would cut it off.
            noted = " with-notes" if re.search(r'class="[^"]*\bmargin\b', whole) else ""
            opening = f'<section class="skippable{noted}" style="{style}" '
            whole = whole.replace("<section ", opening, 1)
        marked.append(whole)
    return "".join(marked)


def _shape(app, pagename, templatename, context, doctree):
    def write(name, data):
        path = Path(app.outdir) / FOLDER / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists():
            path.write_bytes(data)
        return context["pathto"](f"{FOLDER}/{name}", resource=True)

    body = context.get("body", "")
    # ARIA has retired Sphinx's role for references: each becomes an item of its list.
    body = body.replace('role="doc-biblioentry"', 'role="listitem"')
    body = _THEBE.sub("", body)
    body = load_images_lazily(body)
    body = defer_pictures(body)
    body = move_images(body, write)
    body = unwrap_plain_code(body)
    context["body"] = mark_skippable(body)
    context["default_mode"] = "light"  # without JavaScript


def _drop_files(app, pagename, templatename, context, doctree):
    """Leave only what runs the demos; templates name the rest."""
    context["css_files"] = []
    kept = ("widget-host", "jupyter.widget-state")
    context["script_files"] = [
        file for file in context.get("script_files", []) if any(k in _described(file) for k in kept)
    ]


def _described(file):
    """Return the name of a script, and the type of an inline one."""
    return f"{getattr(file, 'filename', file)} {getattr(file, 'attributes', {}).get('type', '')}"


def setup(app):
    app.connect("html-page-context", _shape, priority=960)
    app.connect("html-page-context", _drop_files, priority=970)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
