"""Every page of the built book, as readers meet it: no foreign requests, errors, or cut-off text."""

import contextlib
import json
import re
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from page_tools import violations, wait_for_frames
from playwright.sync_api import TimeoutError as PlaywrightTimeout

SITE = Path(__file__).resolve().parents[2] / "_build" / "html"
PAGES = sorted(
    str(path.relative_to(SITE))
    for path in SITE.rglob("*.html")
    if "_static" not in path.parts and "reports" not in path.parts
)
pages = pytest.mark.parametrize("path", PAGES)


WIDTHS = (1280, 768, 390)
HAS_DEMOS = 'script[type="application/vnd.jupyter.widget-state+json"]'


def open_page(page, site, path):
    page.goto(f"{site}/{path}")
    if 'http-equiv="refresh"' in (SITE / path).read_text(encoding="utf-8").lower():
        page.wait_for_url(lambda url: url != f"{site}/{path}")
    if page.locator(HAS_DEMOS).count():
        page.wait_for_function("document.documentElement.dataset.demos === 'ready'")
    come_near_to_large_demos(page)


def come_near_to_large_demos(page):
    """Scroll to the demos that wait for that, one after the other, and back."""
    waiting = page.locator("[data-waiting]")
    for _ in range(waiting.count()):
        count = waiting.count()
        if count:
            page.evaluate("document.querySelector('[data-waiting]').scrollIntoView()")
            page.wait_for_function(
                "count => document.querySelectorAll('[data-waiting]').length < count", arg=count
            )
    page.evaluate("scrollTo(0, 0)")


def test_there_are_pages():
    assert "index.html" in PAGES, "the book is not built; run `make book` first"
    assert any(path.endswith("01_convolution.html") for path in PAGES)


@dataclass
class Visit:
    """What a page was like in one look. It is loaded once for all tests: that takes far longer than
    they do.
    """

    demos: int
    running: int
    broken: int
    theme: str | None
    violations: list[str]
    trouble: list[str] = field(default_factory=list)
    widths: dict[int, int] = field(default_factory=dict)


@pytest.fixture(scope="module")
def visit(page_pool, site):
    """Return what a page was like: ``visit(path, theme)``."""
    visits = {}

    def look(page, path, theme):
        open_page(page, site, path)
        found = Visit(
            demos=page.locator(".demo").count(),
            running=page.locator(".demo-running").count(),
            broken=page.locator(".demo-error").count(),
            theme=page.evaluate("document.documentElement.dataset.theme ?? null"),
            violations=violations(page),
        )
        for width in WIDTHS if theme == "light" else ():
            page.set_viewport_size({"width": width, "height": 844})
            found.widths[width] = width_that_is_needed(page, width)
        page.wait_for_load_state("networkidle")
        found.trouble = list(page.trouble)
        return found

    def get(path, theme):
        if (path, theme) not in visits:
            page = page_pool.take(WIDTHS[0], 900, theme)
            try:
                visits[path, theme] = look(page, path, theme)
            finally:
                page_pool.give_back(page, clean=(path, theme) in visits)
        return visits[path, theme]

    return get


def width_that_is_needed(page, width):
    """Return how wide the page is, when demos have found their place in a window of a new width."""
    page.wait_for_function("(width) => innerWidth === width", arg=width)
    wait_for_frames(page)
    needed = "document.documentElement.scrollWidth"
    with contextlib.suppress(PlaywrightTimeout):
        page.wait_for_function(f"(width) => {needed} <= width", arg=width, timeout=20_000)
    return page.evaluate(needed)


@pages
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_it_loads_with_all_foreign_hosts_blocked_and_every_demo_starts(visit, path, theme):
    found = visit(path, theme)
    assert found.broken == 0
    assert found.running == found.demos
    # No foreign or failed request, and no error of the console.
    assert found.trouble == []


@pages
def test_its_source_names_no_foreign_script_style_font_or_picture(path):
    source = (SITE / path).read_text(encoding="utf-8")
    loads = re.findall(
        r'<(?:script|img|iframe|source|audio|video)\b[^>]*\bsrc="((?:https?:)?//[^"]+)"', source
    )
    loads += re.findall(
        r'<link\b(?![^>]*rel="(?:canonical|license)")[^>]*\bhref="((?:https?:)?//[^"]+)"', source
    )
    assert loads == []


@pages
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_no_violation(visit, path, theme):
    found = visit(path, theme)
    assert found.theme in (theme, None)
    assert found.violations == []


@pages
@pytest.mark.parametrize("width", WIDTHS)
def test_nothing_sticks_out_of_the_window(visit, path, width):
    assert visit(path, "light").widths[width] <= width


def test_every_link_inside_the_book_leads_somewhere(browser):
    missing = []
    for path in PAGES:
        source = (SITE / path).read_text(encoding="utf-8")
        for target in re.findall(r'<a\b[^>]*\bhref="([^"#?]+)', source):
            if (
                not re.match(r"[a-z]+:|//", target)
                and not (SITE / path).parent.joinpath(target).exists()
            ):
                missing.append(f"{path} -> {target}")
    assert not missing


def test_search_finds_a_word_of_the_first_chapter(page, site):
    page.goto(f"{site}/search.html?q=equivariance")
    page.get_by_role("link", name=re.compile("Convolution")).first.wait_for()


def test_launch_buttons_point_at_the_notebook_itself(page, site):
    open_page(page, site, "book/01_convolution.html")
    links = [link.get_attribute("href") for link in page.locator("a.dropdown-item").all()]
    colab = next(link for link in links if "colab.research.google.com" in link)
    binder = next(link for link in links if "mybinder.org" in link)
    assert colab.endswith("/book/01_convolution.ipynb")
    assert binder.endswith("lab/tree/book/01_convolution.ipynb")
    assert next(link for link in links if "/edit/" in link).endswith("book/01_convolution.ipynb")


def test_the_theme_button_changes_the_look_and_the_demos_follow(page, site):
    open_page(page, site, "book/01_convolution.html")
    demo = page.locator(".lu-demo").first
    color = "element => getComputedStyle(element).color"
    before = demo.evaluate(color)
    page.evaluate("document.documentElement.dataset.theme = 'dark'")
    assert demo.evaluate(color) != before


def test_it_opens_from_a_folder_without_a_server(new_page):
    page = new_page()
    page.goto((SITE / "book" / "index.html").as_uri())
    page.wait_for_function("document.documentElement.dataset.demos === 'ready'")
    come_near_to_large_demos(page)
    assert page.locator(".demo-running").count() == page.locator(".demo").count() > 0


def test_a_page_carries_the_state_of_its_own_demos_only(page, site):
    open_page(page, site, "book/01_convolution.html")
    state = page.locator(HAS_DEMOS)
    models = json.loads(state.text_content())["state"].values()
    demos = [m for m in models if m["model_name"] == "AnyModel"]
    assert len(demos) == page.locator(".demo").count()


def test_a_demo_in_use_spares_the_rest_of_the_page_without_moving_it(page, site):
    open_page(page, site, "book/01_convolution.html")
    height = "document.documentElement.scrollHeight"
    before = page.evaluate(height)
    demo = page.locator(".demo-live").first
    demo.locator("input[type=range]").first.focus()
    # The page itself looks, two frames after the key: the mark is gone when nothing has been done
    # for two seconds.
    look = """() => ({
        mark: document.documentElement.getAttribute("data-demo-in-use"),
        visibility: getComputedStyle([...document.querySelectorAll(".bd-article section > p")].at(-1)).contentVisibility,
        height: document.documentElement.scrollHeight,
    })"""
    page.evaluate(
        f"""() => {{ window.inUse = new Promise((done) => addEventListener("keydown", () =>
        requestAnimationFrame(() => requestAnimationFrame(() => done(({look})()))), {{ once: true }})); }}"""
    )
    page.keyboard.press("ArrowRight")
    in_use = page.evaluate("window.inUse")
    assert in_use["mark"] == ""
    assert in_use["visibility"] == "auto"
    assert in_use["height"] == pytest.approx(before, abs=2)
    page.wait_for_function("document.documentElement.dataset.demoInUse === undefined")
    rested = page.evaluate(look)
    assert rested["visibility"] == "visible"
    assert rested["height"] == pytest.approx(before, abs=2)
