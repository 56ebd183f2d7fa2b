"""How a notebook becomes a deck of slides; what a deck looks like is in tests/browser."""

import json
import os
import re
from pathlib import Path

import nbformat
import pytest
import slides

ROOT = Path(__file__).resolve().parents[2]

OPENING = """# Title

```{div} lead
What it is about.
```

```{admonition} After this chapter you can
:class: goals
- do `one` thing;
- do another.
```"""


def cell(source, slide_type=None, tags=(), outputs=None):
    """Return a Markdown cell, or with `outputs` a code cell."""
    metadata = {"slideshow": {"slide_type": slide_type}} if slide_type else {}
    metadata |= {"tags": list(tags)} if tags else {}
    if outputs is None:
        return nbformat.v4.new_markdown_cell(source, metadata=metadata)
    return nbformat.v4.new_code_cell(source, metadata=metadata, outputs=outputs)


def printed(text, name="stdout"):
    return nbformat.v4.new_output("stream", name=name, text=text)


def shown(html):
    return nbformat.v4.new_output("display_data", data={"text/html": html})


def figure(width, height):
    return shown(f'<figure><svg viewBox="0 0 {width} {height}"><text>x</text></svg></figure>')


def headline(text, slide_type="slide"):
    return cell(f"## {text}", slide_type, ["remove-cell"])


def notebook(*cells, widgets=None):
    metadata = {"widgets": {slides.STATE: {"state": widgets}}} if widgets else {}
    setup = cell("import sys", tags=["setup"], outputs=[])
    return nbformat.v4.new_notebook(
        cells=[setup, cell(OPENING, "slide"), *cells], metadata=metadata
    )


def build(*cells, **options):
    written = {}

    def write(folder, text):
        written[f"{folder}/{len(written)}.js"] = text
        return f"{folder}/{len(written) - 1}.js"

    page = slides.deck(notebook(*cells, **options), "03_x", write, lambda name, data: name)
    return page, written


def stages(page):
    """Return the slides of a page."""
    return page.split('<section><div class="stage')[1:]


def test_the_first_cell_makes_a_title_and_the_goals():
    page, _ = build(headline("One"))
    title, goals, one = stages(page)
    assert "<h2>Title</h2>" in title and "What it is about." in title
    assert "After this chapter you can" in goals and goals.count("<li>") == 2
    assert "<h2>One</h2>" in one and "../book/03_x.html" in title


def test_a_cell_that_says_nothing_goes_to_the_notes_or_is_left_out():
    page, _ = build(
        headline("One"),
        cell("The *prose* {cite}`a,b`."),
        cell("hidden = 1", outputs=[printed("7")]),
    )
    slide = stages(page)[-1]
    assert '<aside class="notes"><p>The <em>prose</em> .</p>' in slide
    assert "hidden" not in page and ">7<" not in page


def test_shown_code_cells_contribute_outputs_or_else_their_code():
    page, _ = build(
        headline("One"),
        cell("print(7)", "-", outputs=[printed("7"), printed("warning", "stderr")]),
        cell("def f(): ...", "fragment", outputs=[]),
    )
    slide = stages(page)[-1]
    assert ">7</pre>" in slide and "warning" not in slide and "print(" not in slide
    assert '<div class="fragment">' in slide and "def" in slide


def test_skipping_a_headline_drops_its_slide_and_nothing_else():
    cells = [
        headline("One"),
        headline("Second", "skip"),
        cell("about two"),
        cell("x", "-", outputs=[printed("two")]),
        headline("Three", "subslide"),
        cell("dropped", "skip"),
        cell("x", "-", outputs=[printed("three")]),
    ]
    page, _ = build(*cells)
    assert len(stages(page)) == 4
    assert "Second" not in page and ">two<" not in page and "about two" not in page
    assert ">three<" in page and "dropped" not in page


@pytest.mark.parametrize(
    ("size", "shape"), [((300, 300), "tall"), ((400, 300), "square"), ((700, 200), "wide")]
)
def test_the_shape_of_a_figure_says_where_it_stands(size, shape):
    page, _ = build(headline("One"), cell("x", "-", outputs=[figure(*size), printed("also")]))
    assert f'<div class="figure {shape}">' in page
    assert (">also<" in page) == (shape == "wide")


def test_several_figures_of_a_cell_stand_side_by_side():
    page, _ = build(headline("One"), cell("x", "-", outputs=[figure(300, 300), figure(400, 200)]))
    assert page.count('<div class="figures">') == 1 and page.count("<svg") == 2


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("$x^2$", "<msup>"),
        ("$$ x^2 $$", 'display="block"'),
        ("{math}`n/2`", "<math"),
        ("a {term}`feature map <x>` b", "a feature map b"),
        ("[next](02_filter_banks.ipynb#one)", 'href="../book/02_filter_banks.html#one"'),
        ("```{admonition} Mind\n:class: tip\nthe *gap*\n```", "<strong>Mind</strong>"),
        ("```{math}\nx^2\n```", 'display="block"'),
        ("```python\nx = 1\n```", 'class="code"'),
        ("| a |\n| --- |\n| b |", "<table>"),
        ("1 < 2 & 3", "1 &lt; 2 &amp; 3"),
    ],
)
def test_markdown_of_the_book_is_understood(source, expected):
    html = slides.markdown_html(source)
    assert expected in html
    assert "{" not in html and ":class:" not in html and "$" not in html


def test_a_deck_has_the_state_of_its_own_demos_and_of_what_they_refer_to():
    def model(**state):
        return {"model_name": "AnyModel", "state": {"_esm": "export default {};\n", **state}}

    def view(model_id):
        data = {slides.FIGURE: {"model_id": model_id, "label": "Lab", "html": "<svg/>"}}
        return nbformat.v4.new_output("display_data", data=data)

    page, written = build(
        headline("One"),
        cell("a", "-", outputs=[view("a1")]),
        cell("c", outputs=[view("c3")]),
        widgets={
            "a1": model(child="IPY_MODEL_b2"),
            "b2": model(back="IPY_MODEL_a1"),
            "c3": model(),
        },
    )
    state = page.split('widget-state+json">')[1].split("</script>")[0]
    assert set(json.loads(state)["state"]) == {"a1", "b2"}
    assert page.count('class="demo"') == 1 and "_esm" not in page
    assert all(name.startswith("_static/demo-code/") for name in written)


def test_a_notebook_without_slides_has_no_deck():
    plain = nbformat.v4.new_notebook(cells=[cell("", outputs=[]), cell("# Title"), cell("text")])
    assert slides.deck(plain, "03_x", None, None) is None


def test_what_a_deck_names_is_in_the_folder_of_the_decks(tmp_path):
    book = tmp_path / "book"
    for name in ("fonts/a.woff2", "fonts.css", "widget-host.mjs", "favicon.svg"):
        (book / name).parent.mkdir(parents=True, exist_ok=True)
        (book / name).write_text("x")
    slides.copy_parts(tmp_path / "_static", book)
    page, _ = build(headline("One"))
    for name in re.findall(r'(?:src|href)="(_static/[^"]+)"', page):
        assert (tmp_path / name).is_file(), name
    style = (tmp_path / "_static" / "slides.css").read_text()
    assert 'html[data-theme="dark"] .code' in style and "http" not in style


MADE_OF = (
    "book/one.ipynb",
    "book/_ext/slides.py",
    "book/_slides/slides.js",
    "book/_static/fonts/a.woff2",
    "book/_templates/head.js",
    "cache/executed/x/base.ipynb",
    "constraints.txt",
)


@pytest.mark.parametrize("changed", MADE_OF)
def test_decks_are_built_again_only_when_something_has_changed(tmp_path, monkeypatch, changed):
    monkeypatch.setattr(slides, "ROOT", tmp_path)
    deck = tmp_path / "site" / "slides" / "one.html"

    def touch(path, seconds):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
        os.utime(path, (seconds, seconds))

    def current():
        chapters = [tmp_path / "book" / "one.ipynb"]
        return slides.are_current(tmp_path / "site", tmp_path / "cache", chapters)

    for name in MADE_OF:
        touch(tmp_path / name, 1000)
    assert not current()
    touch(deck, 2000)
    assert current()
    touch(tmp_path / changed, 3000)
    assert not current()
    touch(deck, 4000)
    assert current()
