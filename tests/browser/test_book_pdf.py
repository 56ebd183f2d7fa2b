"""The PDF of the whole book, as `make pdf` prints it, and single pages, as readers print them."""

import re
import subprocess
import sys

import book_on_paper
import book_pdf
import pypdfium2 as pdfium
import pytest
from book_on_paper import SITE
from pypdf import PdfReader

#: Points. A4 has 595 by 842; this is a little less than the margins in book_pdf.css.
MARGIN = 45
CHAPTER = "book/01_convolution.html"


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    """The book, printed by another process, because this one may already run a browser."""
    output = tmp_path_factory.mktemp("pdf") / "book.pdf"
    subprocess.run([sys.executable, book_pdf.__file__, "--output", output], check=True)
    return output


@pytest.fixture(scope="module")
def reader(path):
    return PdfReader(path)


@pytest.fixture(scope="module")
def texts(path):
    """The text of each page."""
    document = pdfium.PdfDocument(path)
    return [" ".join(page.get_textpage().get_text_bounded().split()) for page in document]


def outside(path, margin):
    """Return the pieces of text that are nearer to an edge of their page than the margin."""
    found = []
    for number, page in enumerate(pdfium.PdfDocument(path), 1):
        width, height = page.get_size()
        text = page.get_textpage()
        for i in range(text.count_rects()):
            left, bottom, right, top = text.get_rect(i)
            inside = margin <= left and right <= width - margin and bottom > 0 and top < height
            if not inside:
                found.append((number, text.get_text_bounded(left, bottom, right, top)[:60]))
    return found


def entries(outline, level=0):
    for each in outline:
        if isinstance(each, list):
            yield from entries(each, level + 1)
        else:
            yield level, each


@pytest.mark.slow
def test_it_has_the_pages_of_a_book_and_is_small_enough(path, reader):
    assert 200 < len(reader.pages) < 500
    assert path.stat().st_size < book_pdf.MOST * 1e6
    for page in reader.pages:
        assert [float(x) for x in page.mediabox] == pytest.approx([0, 0, 595, 842], abs=1)


@pytest.mark.slow
def test_no_text_leaves_its_page(path):
    assert outside(path, MARGIN) == []


@pytest.mark.slow
def test_the_contents_name_the_pages_on_which_headings_stand(reader, texts):
    numbers = book_pdf.page_numbers(reader.stream)
    book = book_on_paper.Book(SITE, book_on_paper.pages_of_the_book(), "", SITE)
    book.document("", "")
    first = min(numbers[h.anchor] for h in book.headings)
    contents = " ".join(texts[: first - 1])
    plain = [" ".join(re.sub("<[^>]*>", "", h.html).split()) for h in book.headings]
    assert len(plain) > 100
    for title, heading in zip(plain, book.headings, strict=True):
        page = numbers[heading.anchor]
        squeezed = re.sub(r"\W", "", title.replace("&amp;", "&"))
        assert squeezed in re.sub(r"\W", "", texts[page - 1]), (title, page)
        assert f"{squeezed}{page}" in re.sub(r"\W", "", contents), (title, page)
        assert texts[page - 1].endswith(str(page)) or str(page) in texts[page - 1]


@pytest.mark.slow
def test_links_inside_lead_to_anchors_that_exist_and_others_to_the_web(reader):
    inside, outside_links = set(), set()
    for page in reader.pages:
        for annotation in page.get("/Annots", []):
            link = annotation.get_object()
            if link.get("/Subtype") != "/Link":
                continue
            if "/Dest" in link:
                inside.add(str(link["/Dest"]))
            elif "/A" in link and "/URI" in link["/A"]:
                outside_links.add(str(link["/A"]["/URI"]))
            elif "/A" in link and "/D" in link["/A"]:
                inside.add(str(link["/A"]["/D"]))
    assert len(inside) > 150
    assert inside <= set(reader.named_destinations)
    assert outside_links and all(re.match("https?://|mailto:", link) for link in outside_links)
    assert not [link for link in outside_links if "127.0.0.1" in link or "localhost" in link]


@pytest.mark.slow
def test_viewers_show_its_title_and_an_outline(reader):
    assert reader.metadata.title == "Convolutional networks you can touch"
    titles = [entry.title for level, entry in entries(reader.outline) if level == 0]
    assert "1. Convolution" in titles and "Answers and solutions" in titles
    assert reader.page_mode == "/UseOutlines"
    assert reader.trailer["/Root"]["/Lang"] == "en"


@pytest.mark.slow
def test_figures_equations_and_demos_have_numbers_and_demos_an_address(texts):
    book = " ".join(texts)
    for chapter in range(1, 10):
        assert f"Figure {chapter}.1" in book
        assert re.search(rf"Demo {chapter}\.1 is interactive\. Try it at \S+", book)
    assert "(1.1)" in book and "(8.1)" in book
    assert "Show the code" not in book


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_single_page_prints_as_well(new_page, site, tmp_path, theme):
    page = new_page(theme=theme)
    page.goto(f"{site}/{CHAPTER}")
    page.wait_for_function("document.documentElement.dataset.demos === 'ready'")
    page.pdf(path=tmp_path / "page.pdf", format="A4", print_background=True)
    reader = PdfReader(tmp_path / "page.pdf")
    text = " ".join(page.extract_text() for page in reader.pages)
    assert 10 < len(reader.pages) < 60
    assert outside(tmp_path / "page.pdf", 30) == []
    # The title once, and nothing that only works on a screen.
    assert "1. Convolution" in text and "Show the code" not in text and "Copy" not in text
    assert "Demo 1.1" in text and "Figure 1.1" in text
    # Paper is white, and the page looks afterwards as it did before.
    background = pdfium.PdfDocument(tmp_path / "page.pdf")[0].render().to_pil().getpixel((3, 3))
    assert min(background[:3]) > 240
    assert page.evaluate("document.documentElement.dataset.theme") == theme
    # The picture of each demo has come, and the images in figures.
    assert sum(len(page.images) for page in reader.pages) >= 30
