"""What built pages say about themselves, and what the page for teachers says about them."""

import re
from html import unescape
from pathlib import Path
from xml.etree import ElementTree

import pytest
import yaml
from PIL import Image

SITE = Path(__file__).resolve().parents[2] / "_build" / "html"
PAGES = sorted(str(path.relative_to(SITE)) for path in (SITE / "book").rglob("*.html"))
TEACHING = SITE / "book" / "teaching.html"


def tags(path):
    """Return the meta tags of a page, by name or property; a tag that comes twice is an error."""
    found = {}
    for tag in re.findall(r"<meta\b[^>]*>", (SITE / path).read_text(encoding="utf-8")):
        name = re.search(r'(?:name|property)="([^"]*)"', tag)
        if name and name[1] != "viewport":
            assert name[1] not in found, f"{path} has {name[1]} twice"
            found[name[1]] = unescape(re.search(r'content="([^"]*)"', tag)[1])
    return found


@pytest.mark.parametrize("path", PAGES)
def test_it_has_a_description_an_address_and_a_preview(path):
    found = tags(path)
    assert 20 <= len(found["description"]) <= 200
    assert found["og:description"] == found["description"]
    assert "Used in chapter" not in found["description"]
    source = (SITE / path).read_text(encoding="utf-8")
    (canonical,) = re.findall(r'<link rel="canonical" href="([^"]*)"', source)
    assert found["og:url"] == canonical and canonical.endswith(f"/{path}")
    if "/api/" not in path:
        card = found["og:image"].removeprefix(canonical.removesuffix(path))
        with Image.open(SITE / card) as image:
            assert image.size == (1200, 630)
        assert (SITE / card).stat().st_size < 200_000
        assert found["og:image:alt"] and found["twitter:card"] == "summary_large_image"


def test_no_two_chapters_have_the_same_description_or_preview():
    chapters = [tags(path) for path in PAGES if re.search(r"/\d\d_", path)]
    assert len({c["description"] for c in chapters}) == len(chapters)
    cards = [(SITE / "_static" / "cards" / c["og:image"].rpartition("/")[2]) for c in chapters]
    assert len({card.read_bytes() for card in cards}) == len(chapters)


def test_the_sitemap_lists_every_page_of_the_book():
    root = ElementTree.parse(SITE / "sitemap.xml").getroot()
    listed = [loc.text for loc in root.findall(".//{*}loc")]
    assert sorted(listed) == listed and len(listed) == len(set(listed))
    assert {address.partition("/book/")[2] for address in listed} == {
        path.removeprefix("book/") for path in PAGES
    }


def test_the_reference_is_that_of_the_citation_file():
    fields = yaml.safe_load((SITE.parents[1] / "CITATION.cff").read_text(encoding="utf-8"))
    source = unescape(
        re.sub(r"<[^>]*>", "", (SITE / "book" / "index.html").read_text(encoding="utf-8"))
    )
    assert f"{fields['title']} (version {fields['version']})" in source
    assert f"title   = {{{fields['title']}}}" in source


def test_the_page_for_teachers_names_the_demo_that_each_link_leads_to():
    links = re.findall(
        r'<a href="(\d\d_\w+)\.html#(demo-[\d-]+)">(\w+)</a>', TEACHING.read_text(encoding="utf-8")
    )
    assert len(links) >= 20
    for page, anchor, name in links:
        source = (SITE / "book" / f"{page}.html").read_text(encoding="utf-8")
        shown = re.search(rf'<div class="demo" id="{anchor}"[^>]*data-demo="(\w+)"', source)
        assert shown and shown[1] == name, (page, anchor, name)


def test_every_demo_of_a_chapter_is_on_the_page_for_teachers():
    shown = {
        name
        for path in (SITE / "book").glob("0*.html")
        for name in re.findall(r'id="demo-[\d-]+"[^>]*data-demo="(\w+)"', path.read_text("utf-8"))
    }
    assert shown <= set(re.findall(r">(\w+)</a>", TEACHING.read_text(encoding="utf-8")))


def test_exercises_in_the_plans_exist():
    text = re.sub(r"<[^>]*>", "", TEACHING.read_text(encoding="utf-8"))
    named = re.findall(r"chapter (\d), exercises? (\d+)(?: (?:to|and) (\d+))?", text)
    assert len(named) >= 5
    for chapter, first, last in named:
        (page,) = (SITE / "book").glob(f"0{chapter}_*.html")
        count = len(set(re.findall(r"<h3>Exercise (\d+)", page.read_text(encoding="utf-8"))))
        assert int(last or first) <= count, (chapter, first, last)
