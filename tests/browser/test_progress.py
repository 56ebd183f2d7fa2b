"""What a reader has done: in the sidebar and on the first page, exported, imported, forgotten."""

import json

import pytest
from conftest import ROOT
from page_tools import violations
from playwright.sync_api import expect

PREFIX = "touchable-cnns:done:"
PAGES = {
    "book/01.html": {"questions": ["quiz/a", "quiz/b"], "challenges": ["1/x", "1/y"]},
    "book/02.html": {"questions": [], "challenges": ["2/x"]},
}
PAGE = """<!doctype html><html lang="en" data-theme="light"><head><meta charset="utf-8">
<title>Book</title><link rel="icon" href="data:,"><link rel="stylesheet" href="../_static/book.css">
<script defer src="../_static/progress.js"></script></head><body><nav class="bd-links">
<a class="reference internal" href="01.html">1. One</a>
<a class="reference internal" href="02.html">2. Two</a>
<a class="reference internal" href="03.html">3. Three</a></nav>
<main><h1>Book</h1><div class="book-progress"></div></main></body></html>"""
FORBIDDEN = (
    "Object.defineProperty(window, 'localStorage', { get() { throw new DOMException('no'); } });"
)


@pytest.fixture
def book(tmp_path, serve):
    """The address of a small book."""
    static = tmp_path / "_static"
    static.mkdir()
    (tmp_path / "book").mkdir()
    script = (ROOT / "book" / "_static" / "progress.js").read_text(encoding="utf-8")
    (static / "progress.js").write_text(
        script.replace("const PAGES = {};", f"const PAGES = {json.dumps(PAGES)};")
    )
    (static / "book.css").write_bytes((ROOT / "book" / "_static" / "book.css").read_bytes())
    (static / "fonts").symlink_to(ROOT / "book" / "_static" / "fonts")
    for name in ("index", "01", "02", "03"):
        (tmp_path / "book" / f"{name}.html").write_text(PAGE, encoding="utf-8")
    return f"{serve(tmp_path)}/book"


@pytest.fixture
def page(new_page):
    # With storage of its own, which ends with the page.
    return new_page(color_scheme="light")


def do(page, *names):
    """Do what demos do when something is done."""
    page.evaluate(
        """([prefix, names]) => {
          for (const name of names) localStorage.setItem(prefix + name, "2026-05-03T10:00:00.000Z");
          document.dispatchEvent(new CustomEvent("lu:progress"));
        }""",
        [PREFIX, names],
    )


def table(page):
    rows = page.locator(".book-progress tbody tr")
    return [row.locator("th, td").all_inner_texts() for row in rows.all()]


def marks(page):
    links = page.locator(".bd-links a").all()
    return [
        [mark.get_attribute("title") for mark in link.locator(".progress-mark").all()]
        for link in links
    ]


def kept(page):
    keys = page.evaluate("Object.keys(localStorage)")
    return sorted(key for key in keys if key.startswith(PREFIX))


def test_progress_is_shown_as_soon_as_something_is_done(page, book):
    page.goto(f"{book}/index.html")
    assert table(page) == [["1. One", "0 of 2", "0 of 2", ""], ["2. Two", "–", "0 of 1", ""]]
    assert marks(page) == [[], [], []]
    do(page, "quiz/a", "1/x", "1/y")
    assert [row[1:3] for row in table(page)] == [["1 of 2", "2 of 2"], ["–", "0 of 1"]]
    assert marks(page) == [["75% done"], [], []]
    do(page, "quiz/b", "2/x")
    assert marks(page) == [["done"], ["done"], []]
    expect(page.get_by_role("link", name="1. One (done)").first).to_be_visible()
    page.goto(f"{book}/03.html")
    assert marks(page) == [["done"], ["done"], []]


def test_another_tab_is_followed(page, book):
    page.goto(f"{book}/index.html")
    other = page.context.new_page()
    other.goto(f"{book}/01.html")
    do(other, "2/x")
    expect(page.locator(".bd-links a").nth(1).locator(".progress-complete")).to_be_visible()


def test_export_and_import_carry_it_to_another_browser(page, new_page, book, tmp_path):
    page.goto(f"{book}/index.html")
    do(page, "quiz/a", "2/x")
    with page.expect_download() as download:
        page.get_by_role("button", name="Export").click()
    file = tmp_path / "mine.json"
    download.value.save_as(file)
    assert json.loads(file.read_text())["done"].keys() == {"quiz/a", "2/x"}

    other = new_page(color_scheme="dark")
    other.goto(f"{book}/index.html")
    do(other, "2/x")
    other.locator("input[type=file]").set_input_files(file)
    expect(other.get_by_role("status")).to_have_text("1 of the 2 entries are new.")
    assert [row[1:3] for row in table(other)] == [["1 of 2", "0 of 2"], ["–", "1 of 1"]]


@pytest.mark.parametrize(
    "text",
    [
        "no JSON",
        "[]",
        "null",
        '{"format": "something else", "done": {}}',
        '{"format": "touchable-cnns progress", "done": "all"}',
    ],
)
def test_what_is_no_export_is_refused(page, book, tmp_path, text):
    page.goto(f"{book}/index.html")
    (tmp_path / "x.json").write_text(text)
    page.locator("input[type=file]").set_input_files(tmp_path / "x.json")
    expect(page.get_by_role("status")).to_have_text("This file was not exported from this book.")


def test_only_entries_that_make_sense_are_imported(page, book, tmp_path):
    page.goto(f"{book}/index.html")
    done = {
        "2/x": "2026-05-03T10:00:00Z",
        "<b>": "2026-05-03T10:00:00Z",
        "1/x": "tomorrow",
        "1/y": 5,
        "quiz/a": "2026-05-03T10:00:00Z" + " " * 100,
    }
    text = json.dumps({"format": "touchable-cnns progress", "version": 1, "done": done})
    (tmp_path / "x.json").write_text(text)
    page.locator("input[type=file]").set_input_files(tmp_path / "x.json")
    expect(page.get_by_role("status")).to_have_text("1 of the 1 entries are new.")
    assert kept(page) == [f"{PREFIX}2/x"]


def test_reset_asks_first_and_leaves_other_keys_alone(page, book):
    page.goto(f"{book}/index.html")
    do(page, "2/x")
    page.evaluate("localStorage.setItem('mode', 'dark')")
    page.get_by_role("button", name="Reset").click()
    assert marks(page)[1] == ["done"]
    page.get_by_role("button", name="Really reset your progress?").press("Enter")
    expect(page.get_by_role("status")).to_have_text("Your progress has been reset.")
    assert marks(page) == [[], [], []]
    assert kept(page) == []
    assert page.evaluate("localStorage.getItem('mode')") == "dark"
    page.get_by_role("button", name="Reset").click()
    page.get_by_role("button", name="Export").focus()
    expect(page.get_by_role("button", name="Reset")).to_have_text("Reset")


def test_a_reset_is_taken_back_where_a_click_gives_no_focus(page, book):
    page.goto(f"{book}/index.html")
    # As in Safari.
    page.evaluate("addEventListener('mousedown', (event) => event.preventDefault())")
    page.get_by_role("button", name="Reset").click()
    expect(page.get_by_role("button", name="Really reset your progress?")).to_be_focused()
    page.get_by_role("button", name="Export").focus()
    expect(page.get_by_role("button", name="Reset")).to_have_text("Reset")


def test_icons_and_rings_are_seen_in_the_readers_own_colors(new_page, book):
    page = new_page(forced_colors="active")
    page.goto(f"{book}/index.html")
    do(page, "quiz/a", "2/x")
    page.evaluate(
        """() => document.querySelector("main").insertAdjacentHTML("beforeend",
          `<button><i class="fas fa-bars"></i></button><a href="#"><i class="fas fa-file"></i></a>`)"""
    )
    looks = page.evaluate(
        """() => {
          const look = (element, part) => {
            const { backgroundColor, backgroundImage } = getComputedStyle(element, part);
            return backgroundImage === "none" ? backgroundColor : backgroundImage.split("(")[0];
          };
          const all = (selector) => [...document.querySelectorAll(selector)];
          return [look(document.body), ...all(".fas").map((icon) => look(icon, "::before")),
            ...all(".progress-mark").map((mark) => look(mark))];
        }"""
    )
    body, icon, link, *rings = looks
    assert {icon, link}.isdisjoint({body, "rgba(0, 0, 0, 0)"})
    # In the sidebar and in the table: a part, and a complete one.
    assert rings == ["conic-gradient", icon] * 2


def test_without_storage_the_page_says_so_and_works(page, book, tmp_path):
    page.add_init_script(FORBIDDEN)
    page.goto(f"{book}/index.html")
    assert table(page)[0] == ["1. One", "0 of 2", "0 of 2", ""]
    done = {"2/x": "2026-05-03T10:00:00Z"}
    text = json.dumps({"format": "touchable-cnns progress", "version": 1, "done": done})
    (tmp_path / "x.json").write_text(text)
    page.locator("input[type=file]").set_input_files(tmp_path / "x.json")
    expect(page.get_by_role("status")).to_contain_text("does not let the page store")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing_and_it_fits_a_phone(new_page, book, theme):
    page = new_page(390, 844, color_scheme=theme)
    page.goto(f"{book}/index.html")
    page.evaluate("(theme) => { document.documentElement.dataset.theme = theme; }", theme)
    do(page, "quiz/a", "2/x")
    assert violations(page, ".book-progress") == []
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
