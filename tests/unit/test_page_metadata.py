"""What pages say about themselves: addresses, numbers of figures, previews, how to cite."""

import base64
import io
import re
from xml.etree import ElementTree

import citation
import demo_links
import lean_pages
import numbering
import page_metadata
import pdf_button
import preview_cards
import pytest
import repository
from PIL import Image

# ---- the site's address ----


@pytest.mark.parametrize(
    ("environ", "address"),
    [
        ({"BOOK_REPOSITORY": "Ann/book"}, "https://ann.github.io/book/"),
        ({"GITHUB_REPOSITORY": "bo/bo.github.io"}, "https://bo.github.io/"),
        ({"BOOK_REPOSITORY": "a/b", "BOOK_URL": "https://cnn.example.org"}, "https://cnn.example.org/"),
        ({"BOOK_URL": "http://localhost:8000/book/"}, "http://localhost:8000/book/"),
    ],
)  # fmt: skip
def test_the_site_is_where_pages_puts_the_repository_or_where_book_url_says(environ, address):
    assert repository.site_url(environ=environ) == address


@pytest.mark.parametrize("address", ["cnn.example.org", "ftp://a/b", "https://"])
def test_an_address_without_a_host_is_refused(address):
    with pytest.raises(ValueError, match="BOOK_URL="):
        repository.site_url(environ={"BOOK_URL": address})


def test_the_sitemap_lists_each_address_once():
    text = page_metadata.sitemap(["https://x/b.html", "https://x/a.html?q=1&r=2"])
    root = ElementTree.fromstring(text)
    assert [loc.text for loc in root.findall(".//{*}loc")] == [
        "https://x/a.html?q=1&r=2",
        "https://x/b.html",
    ]


def test_the_lead_is_read_as_words():
    body = '<div class="lead docutils">\n<p>A <em>small</em>\ngrid &amp; more.</p></div><p>No.</p>'
    assert page_metadata.lead_of(body) == "A small grid & more."
    assert page_metadata.lead_of("<p>No lead.</p>") == ""


def test_the_description_is_the_lead_or_the_first_paragraph():
    lead = '<div class="lead docutils"><p>The lead.</p></div>'
    assert page_metadata.description_of(f"<p>First.</p>{lead}") == "The lead."
    chapters = '<div class="api-chapters docutils"><p>Used in chapter 1.</p></div>'
    assert page_metadata.description_of(f"{chapters}<p></p><p>Figures &lt;3.</p>") == "Figures <3."
    long = page_metadata.description_of(f"<p>{'word ' * 100}</p>")
    assert 190 < len(long) <= 200 and long.endswith("word …")
    assert page_metadata.description_of("<h1>Title</h1>") == ""


# ---- numbers ----

FIGURE = '<figure class="book-figure{}"><svg></svg>{}</figure>'
DEMO = (
    '<div class="demo" data-demo="{}"><div class="demo-figure">{}</div>'
    '<script type="application/vnd.jupyter.widget-view+json">{{}}</script></div>'
)
EQUATION = '<div class="math notranslate"{}>\n<math></math></div>'


def test_figures_demos_and_equations_are_numbered_in_a_chapter():
    inside = FIGURE.format("", "<figcaption>In a demo</figcaption>")
    body = "".join(
        [
            FIGURE.format("", "<figcaption>First</figcaption>"),
            DEMO.format("GaborLab", inside),
            EQUATION.format(""),
            FIGURE.format(" scrolls", ""),
            DEMO.format("Quiz", "<ol></ol>"),
            EQUATION.format(' id="equation-loss"'),
            DEMO.format("LayerLab", ""),
        ]
    )
    numbered = numbering.number(body, 3)
    assert '<figure id="figure-3-1" class="book-figure">' in numbered
    assert '<span class="figure-number">Figure 3.1</span> First</figcaption>' in numbered
    assert '<figure id="figure-3-2" class="book-figure scrolls">' in numbered
    assert '<figcaption><span class="figure-number">Figure 3.2</span></figcaption>' in numbered
    assert inside in numbered, "what is in a demo has no number"
    assert '<div class="demo" id="demo-3-1" data-number="3.1" data-demo="GaborLab">' in numbered
    assert '<div class="demo" id="demo-3-2" data-number="3.2" data-demo="LayerLab">' in numbered
    assert '<div class="demo" data-demo="Quiz">' in numbered
    assert re.findall(r'class="eqno">\(([\d.]+)\)', numbered) == ["3.1", "3.2"]
    assert 'id="equation-3-1"' in numbered and 'id="equation-loss"' in numbered
    # Nothing else has changed.
    marks = r' (id="(figure|demo|equation-3)|data-number)[^ >]*|<span.*?</span> ?'
    assert re.sub(marks, "", numbered).replace("<figcaption></figcaption>", "") == body


def test_a_figure_with_a_number_still_waits_for_its_reader():
    figure = '<figure class="book-figure"><svg viewBox="0 0 4 3"></svg></figure>'
    deferred = lean_pages.defer_pictures(numbering.number(figure, 3))
    assert deferred.startswith(
        '<figure id="figure-3-1" class="book-figure"><div class="figure-later'
    )


def test_a_numbered_demo_says_where_it_lives():
    body = numbering.number(DEMO.format("GaborLab", "<p>plot</p>") + DEMO.format("Quiz", ""), 2)
    linked = demo_links.add_links(body, "https://x.org/book/02.html")
    assert linked.count("demo-link") == linked.count('class="qr"') == 1
    assert '<a href="https://x.org/book/02.html#demo-2-1">x.org/book/02.html#demo-2-1</a>' in linked
    assert linked.index("demo-figure") < linked.index("demo-link") < linked.index("<p>plot</p>")


def test_the_code_is_that_of_the_address():
    # As black runs on rows, drawn by segno; two addresses differ, and a longer one needs more.
    one, other = (demo_links.qr_code(f"https://x.org/{n}") for n in (1, 2))
    assert one != other and 'viewBox="0 0 25 25"' in one
    assert 'viewBox="0 0 25 25"' not in demo_links.qr_code("https://x.org/" + 60 * "n")


# ---- cards ----


def image_tag(size, color, name="img", attributes=""):
    file = io.BytesIO()
    image = Image.effect_noise(size, 80).convert("RGB")
    image.paste(color, (0, 0, size[0], size[1] // 2))
    image.save(file, "PNG")
    data = base64.b64encode(file.getvalue()).decode()
    return f'<{name} src="data:image/png;base64,{data}" {attributes}>'


def test_a_card_shows_the_first_wide_image_of_a_demo_or_else_those_of_figures():
    wide, small = image_tag((300, 100), "red"), image_tag((80, 80), "blue")
    demo = DEMO.format("GaborLab", small + wide)
    assert [p.size for p in preview_cards.images_in(small + demo)] == [(300, 100)]
    several = preview_cards.images_in(small + small + wide)
    assert [p.size for p in several] == [(80, 80), (300, 100)]
    assert preview_cards.images_in("<p>None.</p>") == []


def test_an_image_that_matplotlib_turns_is_turned():
    tag = image_tag((80, 80), "blue", "image", 'transform="scale(1 -1) translate(0 -80)"')
    (image,) = preview_cards.images_in(tag)
    assert image.getpixel((5, 75)) == (0, 0, 255) != image.getpixel((5, 5))


@pytest.mark.parametrize("count", [0, 1, 9])
def test_a_card_has_the_size_that_networks_ask_for(count):
    images = [Image.new("RGB", (300, 200), "#00f")] * count
    card = preview_cards.card("Chapter 3", "A long title " * 8, "A lead. " * 60, images)
    assert card.size == (1200, 630)
    margins = [card.crop((0, 14, 60, 630)), card.crop((1140, 14, 1200, 630))]
    paper = Image.new("RGB", (1, 1), preview_cards.PAPER).getpixel((0, 0))
    assert all(m.getcolors() == [(m.width * m.height, paper)] for m in margins)
    # As many images as fit, each whole.
    blue = sum(n for n, color in card.getcolors(1 << 24) if color == (0, 0, 255))
    assert blue == min(count, 3) * 315 * 210


def test_long_text_ends_with_a_whole_sentence():
    font = preview_cards.font("atkinson-hyperlegible-next", 30, 400)
    text = (
        "One short sentence. "
        + "Another sentence, which is too long for the room that is left. " * 3
    )
    assert preview_cards.wrapped(text, font, 500, 1) == ["One short sentence."]
    assert preview_cards.wrapped("word " * 50, font, 300, 2)[-1].endswith("…")
    assert preview_cards.wrapped("", font, 300, 2) == []


# ---- how to cite ----


def test_the_reference_has_what_the_citation_file_says():
    fields = citation.read()
    text = citation.sentence(fields, "https://x.org/")
    assert fields["title"] in text and fields["version"] in text and text.endswith("https://x.org/")
    entry = citation.bibtex(fields, "https://x.org/", "https://github.com/ann/book")
    assert entry.startswith("@misc{") and entry.count("{") == entry.count("}")
    assert "url     = {https://x.org/}" in entry and "https://github.com/ann/book" in entry


def test_names_of_persons_and_of_groups():
    authors = [{"family-names": "Doe", "given-names": "Jo"}, {"name": "The group"}]
    assert citation.names(authors) == ["Doe, Jo", "The group"]
    fields = {"authors": authors, "title": "T", "version": "1", "date-released": "2026-01-02"}
    assert "{Doe, Jo and {The group}}" in citation.bibtex(fields, "u", "r")


# ---- the PDF of the book ----


@pytest.mark.parametrize(("name", "buttons"), [("book.pdf", 1), (None, 0)])
def test_the_menu_offers_the_pdf_where_there_is_one(monkeypatch, name, buttons):
    monkeypatch.delenv("BOOK_PDF", raising=False)
    if name:
        monkeypatch.setenv("BOOK_PDF", name)
    group = {"label": "download-buttons", "buttons": []}
    context = {
        "header_buttons": [{"label": "other"}, group],
        "pathto": lambda name, resource: f"../{name}",
    }
    pdf_button._add(None, "book/01", "page.html", context, None)
    assert [b["url"] for b in group["buttons"]] == ["../book.pdf"] * buttons
