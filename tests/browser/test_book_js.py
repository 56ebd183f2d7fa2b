"""What book.js does, on a bare page with the parts that it works on."""

import pytest
from conftest import ROOT
from playwright.sync_api import expect

PAGE = """<!doctype html><html lang="en" data-mode="light"><link rel="icon" href="data:,"><body>
<div class="dropdown"><button aria-expanded="false">Menu</button>
<ul class="dropdown-menu"><li><a href="#a">A</a></li><li><a href="#b">B</a></li>
<li><button>C</button></li></ul></div>
<a href="#after">after</a><div class="highlight"><pre>x = 1</pre></div>
<script defer src="book.js"></script></body></html>"""


@pytest.fixture
def menu(page, serve, tmp_path):
    (tmp_path / "book.js").write_bytes((ROOT / "book" / "_static" / "book.js").read_bytes())
    (tmp_path / "index.html").write_text(PAGE)
    page.goto(serve(tmp_path) + "/index.html")
    page.get_by_role("button", name="Menu").focus()
    return page


def test_tab_leaves_a_menu_and_closes_it(menu):
    menu.keyboard.press("ArrowUp")
    assert menu.locator(".dropdown-menu.show").count() == 1
    menu.keyboard.press("Tab")
    assert menu.evaluate("document.activeElement.textContent") == "after"
    assert menu.locator(".show").count() == 0


def test_a_copy_button_keeps_the_focus_and_tells_what_it_did(menu):
    # As on plain http, where browsers know the old way only.
    menu.evaluate("Object.defineProperty(navigator, 'clipboard', { value: undefined })")
    # What it tells stays for two seconds; here it stays, however slow the machine is.
    menu.evaluate("() => { window.setTimeout = () => 0; }")
    button = menu.get_by_role("button", name="Copy")
    button.press("Enter")
    expect(menu.get_by_role("status")).to_have_text("Copied!")
    assert menu.evaluate("document.activeElement.className").startswith("copybtn")


@pytest.mark.parametrize(
    "keys, entry",
    [
        (["ArrowDown"], "A"),
        (["ArrowUp"], "C"),
        (["ArrowUp", "ArrowUp"], "B"),
        (["ArrowDown", "ArrowUp"], "C"),
        (["ArrowUp", "ArrowDown"], "A"),
    ],
)
def test_arrows_walk_over_the_entries_of_a_menu(menu, keys, entry):
    for key in keys:
        menu.keyboard.press(key)
    assert menu.evaluate("document.activeElement.textContent") == entry
    menu.keyboard.press("Escape")
    assert menu.evaluate("document.activeElement.textContent") == "Menu"
