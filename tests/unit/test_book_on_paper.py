"""The book as one document for paper: what is moved, renamed and left out."""

import re

import pytest
from book_on_paper import Book, anchor_of, pages_of_the_book
from bs4 import BeautifulSoup

PAGE = """<html><body><nav>menu</nav><article class="bd-article"><section id="{top}">
<h1><span class="section-number">{number}. </span>{title}<a class="headerlink"
href="#{top}">#</a></h1>
{body}</section></article></body></html>"""
FIRST = """
<section id="play"><h2>Play first<a class="headerlink" href="#play">#</a></h2>
<p>See <a href="#play">above</a>, <a href="02_two.html#exercise-1">there</a>,
<a href="02_two.html">all</a>, <a href="api/plotting.html#show">the library</a> and
<a href="https://example.org/x">the web</a>.</p>
<figure class="book-figure"><div class="figure-later"><noscript><svg id="kept"><g id="g1"></g>
<image xlink:href="../_static/figures/a.png"></image></svg></noscript></div></figure>
<div class="demo" id="demo-1-1"><div class="demo-figure"><noscript>
<img loading="lazy" src="../_static/figures/b.png" alt="b"></noscript></div><script>1</script></div>
<div class="cell tag_hide-input"><details class="hide"><summary>Show</summary>
<pre>plot()</pre></details><pre>output</pre></div>
<div class="cell tag_hide-cell"><details class="hide"><summary>Show</summary>
<pre>x</pre></details></div>
</section>"""
SECOND = """
<div class="demo" data-demo="Quiz"><div class="demo-figure"><noscript><ol><li>Why?
<ul><li>So</li></ul><details><summary>Answer</summary><ul><li>So: correct.</li></ul></details></li>
</ol></noscript></div></div>
<section id="exercise-1"><h3>Exercise 1: count</h3><p>Count.</p>
<div class="cell tag_exercise"><pre>stub</pre></div>
<div class="cell tag_check"><pre>check()</pre></div>
<div class="cell tag_solution tag_hide-cell"><details class="hide"><summary>Show</summary>
<pre>answer = 42</pre></details></div><p>It is <a href="01_one.html#play">42</a>.</p></section>
<section id="exercise-2"><h3>Exercise 2: more</h3><p>More.</p></section>"""


@pytest.fixture
def book(tmp_path):
    site = tmp_path / "html"
    (site / "book").mkdir(parents=True)
    for name, number, title, body in (("01_one", 1, "One", FIRST), ("02_two", 2, "Two", SECOND)):
        page = PAGE.format(top=title.lower(), number=number, title=title, body=body)
        (site / "book" / f"{name}.html").write_text(page, encoding="utf-8")
    pages = ["book/01_one", "book/02_two"]
    return Book(site, pages, "https://x.org/", tmp_path / "pdf")


@pytest.fixture
def soup(book):
    return BeautifulSoup(book.document("", "<p>front</p>", None), "html.parser")


def text(element):
    return " ".join(element.get_text().split())


def test_links_lead_into_the_book_or_to_the_site(soup):
    links = {text(a): a["href"] for a in soup.select("section a")}
    assert links["above"] == "#01_one--play" and links["there"] == "#02_two--exercise-1"
    assert links["all"] == "#02_two"
    assert links["the library"] == "https://x.org/book/api/plotting.html#show"
    assert links["the web"] == "https://example.org/x"


def test_every_link_inside_the_book_has_its_target(soup):
    targets = [a["href"][1:] for a in soup.select("a[href^='#']")]
    assert targets and all(len(soup.select(f"[id='{target}']")) == 1 for target in targets)


def test_figures_and_images_are_there_at_once(soup):
    assert not soup.select("noscript, .figure-later, script, nav:not(.contents), [loading]")
    assert soup.select_one("svg")["id"] == "kept" and soup.select_one("g")["id"] == "g1"
    assert soup.image["xlink:href"] == "../html/_static/figures/a.png"
    assert soup.img["src"] == "../html/_static/figures/b.png"


def test_folded_code_and_checks_are_left_out(soup):
    assert "plot()" not in text(soup) and "check()" not in text(soup) and "Show" not in text(soup)
    assert "output" in text(soup) and "stub" in text(soup)
    assert not soup.select(".tag_hide-cell:not(.tag_solution)"), "nothing would be left of it"


def test_answers_come_last(soup):
    chapter, last = soup.select_one(".chapter-1"), soup.select(".chapter")[-1]
    for words in ("answer = 42", "It is 42.", "So: correct."):
        assert words not in text(chapter) and words in text(last)
    assert "Why?" in text(chapter) and "More." in text(chapter)
    assert text(last).index("Chapter 2. Two") < text(last).index("Exercise 1: count")
    assert chapter.select_one(".to-solution a")["href"] == "#02_two--exercise-1--solution"


def test_the_contents_list_chapters_and_sections_with_their_pages(book):
    pages = {"01_one--one": 5, "01_one--play": 6, "02_two--two": 9, "answers": 12, "answers-0": 12}
    soup = BeautifulSoup(book.document("", "", pages.__getitem__), "html.parser")
    assert [text(row) for row in soup.select(".contents li")] == [
        "1. One5",
        "Play first6",
        "2. Two9",
        "Answers and solutions12",
        "Chapter 2. Two12",
    ]
    assert [row["class"] for row in soup.select(".contents li")][:2] == [["level-1"], ["level-2"]]


def test_every_chapter_has_its_title_at_the_top_of_its_pages(book):
    document = book.document("", "")
    assert '@page p1 { @top-left { content: "2. Two" } }' in document
    assert ".chapter-1 { page: p1 }" in document


def test_anchors_of_two_pages_do_not_meet():
    assert anchor_of("book/01_one", "play") != anchor_of("book/02_two", "play")
    assert anchor_of("book/01_one", "") == "01_one"


def test_the_book_has_all_chapters_and_no_api_reference():
    pages = pages_of_the_book()
    assert pages[:2] == ["book/index", "book/01_convolution"]
    assert not [page for page in pages if "/api/" in page]
    chapters = [page for page in pages if re.search(r"/\d\d_", page)]
    assert len(chapters) == 10 and "book/glossary" in pages


def test_anchors_of_sections_are_on_their_headings(book):
    soup = BeautifulSoup(book.document("", ""), "html.parser")
    assert not soup.select("section[id]:has(> :is(h1, h2, h3))")
    for heading in book.headings:
        assert soup.find(id=heading.anchor).name == f"h{heading.level}"
