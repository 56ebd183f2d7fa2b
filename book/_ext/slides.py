"""Make a deck of slides from each chapter: from the same notebook, with the same outputs.

What is on a slide is said in the notebook, in Jupyter's own slide metadata
(``{"slideshow": {"slide_type": "slide"}}``; JupyterLab shows it as *Slide Type*). nbconvert's
exporter reads it and groups the cells into slides; ``book/_slides/deck.html.j2`` writes them for
reveal.js. A cell that says nothing is not shown: its text becomes speaker notes, its code is left
out. A code cell that is shown contributes its outputs, or its code if it has none.

The decks are in ``slides/`` beside the book. That folder needs nothing else: it has reveal.js (as
``sphinx-revealjs`` brings it), the fonts, and the demos with their data, which the book's own host
runs.
"""

import hashlib
import html
import json
import re
import shutil
from importlib.resources import files
from pathlib import Path

import nbformat
from demo_data import move_demos
from docutils import nodes
from jinja2 import DictLoader
from jupyter_cache import get_cache
from lean_pages import move_images
from markdown_it import MarkdownIt
from mathml import to_mathml
from mdit_py_plugins.colon_fence import colon_fence_plugin
from mdit_py_plugins.dollarmath import dollarmath_plugin
from mdit_py_plugins.myst_role import myst_role_plugin
from nbconvert.exporters import SlidesExporter
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import get_lexer_by_name
from pygments.util import ClassNotFound

ROOT = Path(__file__).resolve().parents[2]
SOURCES = ROOT / "book" / "_slides"
FOLDER = "slides"
STATE = "application/vnd.jupyter.widget-state+json"
FIGURE = "application/vnd.lecture-utils.figure+json"
#: Jupyter's; "-" continues a slide.
SLIDE_TYPES = ("slide", "subslide", "fragment", "-", "notes", "skip")
#: Width / height of a figure, up to which it stands beside the text: always, and if there is text.
TALL, SQUARE = 1.15, 1.6


# ---- Text ----


def _markdown():
    """Return a parser for the Markdown of the chapters: MyST's formulas, roles and directives."""
    parser = (
        MarkdownIt("commonmark", {"html": True, "typographer": True})
        .enable(["table", "smartquotes"])
        .use(dollarmath_plugin, allow_labels=True)
        .use(colon_fence_plugin)
        .use(myst_role_plugin)
    )
    rules = parser.renderer.rules
    rules["math_inline"] = lambda tokens, i, *_: to_mathml(tokens[i].content)
    for kind in ("math_block", "math_block_label", "math_inline_double"):
        rules[kind] = lambda tokens, i, *_: to_mathml(tokens[i].content, display="block")
    rules["myst_role"] = lambda tokens, i, *_: _role(tokens[i])
    rules["fence"] = rules["colon_fence"] = lambda tokens, i, *_: _fence(tokens[i])
    return parser


def _role(token):
    """Return a role's text. A citation says nothing on a slide or in the notes."""
    name, text = token.meta["name"], token.content
    if name.startswith("cite"):
        return ""
    if name == "math":
        return to_mathml(text)
    return html.escape(re.sub(r"\s*<[^>]*>$", "", text))


def _fence(token):
    directive = re.match(r"\{([\w-]+)\}\s*(.*)", token.info.strip())
    if not directive:
        return code_html(token.content, token.info.strip())
    name, title = directive.groups()
    body = re.sub(r"\A(?::[\w-]+:.*\n)+", "", token.content)
    if name == "math":
        return to_mathml(body, display="block")
    if name == "div":
        return f'<div class="{html.escape(title)}">{markdown_html(body)}</div>'
    heading = f"<p><strong>{markdown_html(title)[3:-5]}</strong></p>" if title else ""
    return f'<div class="box {name}">{heading}{markdown_html(body)}</div>'


def markdown_html(source):
    """Return Markdown of a chapter as HTML, formulas as MathML, code colored."""
    text = _MARKDOWN.render(source)
    # Links to chapters lead to the book beside the slides.
    return re.sub(r'href="(\w+)\.(?:ipynb|md)(#[\w-]*)?"', r'href="../book/\1.html\2"', text)


def code_html(source, language="python"):
    """Return colored code; the colors come from the style sheet."""
    try:
        lexer = get_lexer_by_name(language or "text")
    except ClassNotFound:
        lexer = get_lexer_by_name("text")
    return highlight(source, lexer, HtmlFormatter(cssclass="code"))


_MARKDOWN = _markdown()


# ---- Cells ----


def with_slide_types(notebook):
    """Return the notebook as the exporter should see it: every cell says what becomes of it.

    The chapter's first cell makes two slides: title and lead, and what the reader will be able to
    do. A skipped headline takes its slide along, up to the next one.
    """
    cells, is_dropped = [], True  # what comes before the first slide is on none
    for cell in notebook.cells:
        kind = slide_type(cell)
        if kind in ("slide", "subslide"):
            is_dropped = False
        elif kind == "skip" and _is_headline(cell):
            is_dropped = True
        if is_dropped or kind == "skip":
            continue
        if kind == "slide" and "```{div} lead" in cell.source:
            cells += _opening(cell)
            continue
        cell.metadata["slideshow"] = {**cell.metadata.get("slideshow", {}), "slide_type": kind}
        cells.append(cell)
    notebook.cells = cells
    return notebook


def _is_headline(cell):
    return cell.cell_type == "markdown" and "remove-cell" in cell.metadata.get("tags", [])


def slide_type(cell):
    """Return what becomes of a cell. If it does not say: text is for the notes, code is skipped."""
    kind = cell.metadata.get("slideshow", {}).get("slide_type")
    if kind in SLIDE_TYPES:
        return kind
    return "notes" if cell.cell_type == "markdown" else "skip"


def _opening(cell):
    title, *goals = re.split(
        r"^```\{admonition\} (.*)\n:class:.*\n", cell.source, flags=re.MULTILINE
    )
    slides = [_slide(title, "opening")]
    if goals:
        heading, items = goals[0], goals[1].split("\n```")[0]
        look = "goals many" if len(items) > 650 else "goals"
        slides.append(_slide(f"## {heading}\n\n{items}", look))
    return slides


def _slide(source, look):
    metadata = {"slideshow": {"slide_type": "slide", "class": look}}
    return nbformat.v4.new_markdown_cell(source, metadata=metadata)


def cell_html(cell):
    """Return what a cell shows on its slide or says in the notes, as HTML."""
    if cell.cell_type == "markdown":
        text = markdown_html(cell.source)
        if cell.metadata.slide_type == "notes":
            # A heading would look like a slide's title, and no two may have the same id.
            return re.sub(r"<(/?)h[1-6]>", r"<\1h4>", text)
        headline, rest = re.match(r"(\s*<h[12]>.*?</h[12]>)?(.*)", text, re.DOTALL).groups()
        headline = re.sub(r"h[12]>", "h2>", headline or "")
        return headline + (f'<div class="text">{rest}</div>' if rest.strip() else "")
    if cell.cell_type != "code":
        return ""
    outputs = [shown for shown in map(_output_html, _merged(cell.outputs)) if shown]
    figures = [output for output in outputs if output.startswith('<div class="figure')]
    others = [output for output in outputs if output not in figures]
    if len(figures) > 1:
        figures = [f'<div class="figures">{"".join(figures)}</div>']
    elif figures and not figures[0].startswith('<div class="figure wide'):
        others = []  # beside such a figure, there is no room for what the cell prints as well
    return "".join([*figures, *others]) or f'<div class="text">{code_html(cell.source)}</div>'


def _merged(outputs):
    """Join the pieces in which a kernel may send what a cell prints."""
    merged = []
    for output in outputs:
        if merged and output.get("name") == merged[-1].get("name") == "stdout":
            merged[-1].text += output.text
        else:
            merged.append(nbformat.from_dict(output))
    return merged


def _output_html(output):
    if output.output_type == "stream":
        if output.name != "stdout" or not output.text.strip():
            return ""  # where data comes from is told on the other stream
        return f'<pre class="printed" tabindex="0">{html.escape(output.text.rstrip())}</pre>'
    data = output.get("data", {})
    if FIGURE in data:
        figure = data[FIGURE]
        figure = figure if isinstance(figure, dict) else json.loads(figure)
        view = json.dumps({"model_id": figure["model_id"], "version_major": 2, "version_minor": 0})
        return (
            f'<div class="demo-window" tabindex="0" role="group" aria-label="Demo">'
            f'<div class="demo" data-demo="{figure["label"]}" data-prevent-swipe>'
            f'<div class="demo-figure">{figure["html"]}</div>'
            f'<script type="application/vnd.jupyter.widget-view+json">{view}</script></div></div>'
        )
    if "text/html" in data:
        text = data["text/html"]
        box = re.search(r'<svg\b[^>]*viewBox="\S+ \S+ (\S+) (\S+)"', text)
        if not box:
            return f'<div class="text">{text}</div>'
        ratio = float(box[1]) / float(box[2])
        shape = "tall" if ratio < TALL else "square" if ratio < SQUARE else "wide"
        return f'<div class="figure {shape}">{text}</div>'
    if "text/plain" in data:
        return f'<pre class="printed" tabindex="0">{html.escape(data["text/plain"])}</pre>'
    return ""


def widget_state(notebook, shown):
    """Return the state of the demos that a deck shows, and of what they refer to."""
    models = notebook.metadata.get("widgets", {}).get(STATE, {}).get("state", {})
    wanted, kept = re.findall(r'"model_id": "(\w+)"', shown), {}
    while wanted:
        name = wanted.pop()
        if name in models and name not in kept:
            kept[name] = json.loads(json.dumps(models[name]))
            wanted += re.findall(r"IPY_MODEL_(\w+)", json.dumps(models[name]["state"]))
    return {"version_major": 2, "version_minor": 0, "state": kept}


# ---- Decks ----


def deck(notebook, name, write, write_image):
    """Return the page of one deck.

    Parameters
    ----------
    notebook : nbformat.NotebookNode
        An executed chapter.
    name : str
        The name of the chapter's file, such as ``01_convolution``.
    write : callable
        See :func:`demo_data.move_demos`.
    write_image : callable
        See :func:`lean_pages.move_images`.
    """
    texts = (cell.source for cell in notebook.cells if cell.cell_type == "markdown")
    title = next(filter(None, (re.search(r"^# (.*)", text, re.M) for text in texts)), [name] * 2)[1]
    state = notebook.metadata.get("widgets", {})
    notebook = with_slide_types(notebook)
    if not notebook.cells:
        return None
    notebook.metadata = nbformat.from_dict({"title": title, "widgets": state})
    template = (SOURCES / "deck.html.j2").read_text(encoding="utf-8")
    exporter = SlidesExporter(
        template_file="deck.html.j2",
        extra_loaders=[DictLoader({"deck.html.j2": template})],
        filters={"cell_html": cell_html},
    )
    # As the template of the pages includes it: the security policy names its hash.
    head = (ROOT / "book" / "_templates" / "head.js").read_text(encoding="utf-8").removesuffix("\n")
    page, _ = exporter.from_notebook_node(
        notebook,
        {"deck": {"name": name, "number": name[:2].lstrip("0"), "title": title, "head": head}},
    )
    demos = widget_state(notebook, page)
    move_demos(demos, write)
    page = page.replace("WIDGET_STATE", json.dumps(demos).replace("</", r"<\/"))
    return move_images(page, write_image)


def are_current(out, results, chapters):
    """Tell whether the decks of all chapters are younger than all that they are made of.

    Parameters
    ----------
    out : pathlib.Path
        The folder of the built site.
    results : pathlib.Path
        The folder of the execution cache.
    chapters : list of pathlib.Path
        The notebooks.

    Returns
    -------
    bool
    """
    decks = [out / FOLDER / f"{path.stem}.html" for path in chapters]
    if not decks or not all(deck.is_file() for deck in decks):
        return False
    folders = (ROOT / "book" / name for name in ("_ext", "_slides", "_static", "_templates"))
    parts = [path for folder in folders for path in folder.rglob("*") if path.suffix != ".pyc"]
    # Other versions of packages may write or bring other files.
    sources = [
        *chapters,
        *parts,
        ROOT / "constraints.txt",
        *results.glob("executed/*/*.ipynb"),
    ]
    newest = max(path.stat().st_mtime for path in sources if path.is_file())
    return newest < min(deck.stat().st_mtime for deck in decks)


def build_decks(out, cache, chapters):
    """Write the decks of all chapters that have been executed, and what they need.

    Parameters
    ----------
    out : pathlib.Path
        The folder of the built site.
    cache : jupyter_cache.cache.main.JupyterCacheBase
        The executed chapters.
    chapters : list of pathlib.Path
        The notebooks.

    Returns
    -------
    list of str
        The names of the decks.
    """
    folder, names = out / FOLDER, []
    shutil.rmtree(folder, ignore_errors=True)
    copy_parts(folder / "_static", out / "_static")

    def write(place, text):
        name = f"{place}/{hashlib.sha256(text.encode()).hexdigest()[:16]}.js"
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
        return name

    def write_image(name, data):
        (folder / "_static" / "figures").mkdir(parents=True, exist_ok=True)
        (folder / "_static" / "figures" / name).write_bytes(data)
        return f"_static/figures/{name}"

    for path in chapters:
        try:
            _, notebook = cache.merge_match_into_notebook(nbformat.read(path, as_version=4))
        except KeyError:  # it failed, which has been reported
            continue
        page = deck(notebook, path.stem, write, write_image)
        if page is None:
            continue
        (folder / f"{path.stem}.html").write_text(page, encoding="utf-8")
        names.append(path.stem)
    return names


def copy_parts(static, book_static):
    """Copy what all decks share: reveal.js, our script and style, the demos' host, the fonts."""
    reveal = files("sphinx_revealjs") / "_static" / "revealjs"
    static.mkdir(parents=True, exist_ok=True)
    for part in ("LICENSE", "dist/reveal.js", "dist/reveal.css", "plugin/notes/notes.js"):
        target = static / "reveal" / Path(part).name
        target.parent.mkdir(exist_ok=True)
        target.write_bytes((reveal / part).read_bytes())
    shutil.copytree(book_static / "fonts", static / "fonts", dirs_exist_ok=True)
    for part in ("widget-host.mjs", "favicon.svg"):
        shutil.copy(book_static / part, static)
    shutil.copy(SOURCES / "slides.js", static)
    sheets = (book_static / "fonts.css", SOURCES / "slides.css")
    style = "".join(sheet.read_text(encoding="utf-8") for sheet in sheets)
    for theme in ("light", "dark"):
        colors = HtmlFormatter(style=f"a11y-high-contrast-{theme}")
        style += colors.get_style_defs(f'html[data-theme="{theme}"] .code') + "\n"
    (static / "slides.css").write_text(style, encoding="utf-8")


def _build(app, exception):
    if exception or app.builder.format != "html":
        return
    paths = [Path(app.env.doc2path(name)) for name in sorted(app.env.found_docs)]
    chapters = [path for path in paths if path.suffix == ".ipynb"]
    results = Path(app.env.mystnb_config.execution_cache_path)
    if not are_current(Path(app.outdir), results, chapters):
        build_decks(Path(app.outdir), get_cache(results), chapters)


def _link_to_slides(app, doctree, docname):
    """Put a link to its slides below the lead of a chapter."""
    path = Path(app.env.doc2path(docname))
    if path.suffix != ".ipynb" or app.builder.format != "html":
        return
    lead = next((c for c in doctree.findall(nodes.container) if "lead" in c["classes"]), None)
    if lead is not None and '"slide_type": "slide"' in path.read_text(encoding="utf-8"):
        address = f"../{FOLDER}/{path.stem}.html"
        link = nodes.reference("", "Slides of this chapter", refuri=address)
        line = nodes.paragraph("", "", link, classes=["slides-link"])
        lead.parent.insert(lead.parent.index(lead) + 1, line)


def setup(app):
    app.connect("doctree-resolved", _link_to_slides)
    # After lean_styles, which must not take the slides for pages of the book.
    app.connect("build-finished", _build, priority=950)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
