"""Every page of the built book, as readers see it: no foreign requests, errors, or cut-off text."""

import contextlib
import json
import re
import time
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest
from conftest import serving, start_all
from page_tools import KEEP_COPIES, layout_shift, settled_box, violations, wait_for_frames
from playwright.sync_api import TimeoutError as PlaywrightTimeout
from playwright.sync_api import expect

SITE = Path(__file__).resolve().parents[2] / "_build" / "html"
PAGES = sorted(
    str(path.relative_to(SITE))
    for path in SITE.rglob("*.html")
    if not {"_static", "reports", "slides"} & set(path.parts)  # slides: test_slides.py
)
pages = pytest.mark.parametrize("path", PAGES)


WIDTHS = (1280, 768, 390)
CHAPTER = "book/01_convolution.html"
STATE = "application/vnd.jupyter.widget-state+json"
HAS_DEMOS = f'script[type="{STATE}"]'
WITH_DEMOS = [path for path in PAGES if STATE in (SITE / path).read_text(encoding="utf-8")]
pages_with_demos = pytest.mark.parametrize("path", WITH_DEMOS)


def open_page(page, site, path):
    page.goto(f"{site}/{path}")
    if 'http-equiv="refresh"' in (SITE / path).read_text(encoding="utf-8").lower():
        page.wait_for_url(lambda url: url != f"{site}/{path}")
    if page.locator(HAS_DEMOS).count():
        page.wait_for_function("document.documentElement.dataset.demos === 'ready'")


def read_through(page):
    """Pass by everything on a page, as a reader would who does not outrun its demos, and return to
    its top.
    """
    page.evaluate(
        """async () => {
          const { scrollingElement: root } = document;
          const patience = performance.now() + 60_000;
          const look = async () => {
            for (let i = 0; i < 2; i += 1) await new Promise((done) => requestAnimationFrame(done));
            const starting = document.querySelector('[data-waiting="for its files"]');
            if (starting && performance.now() < patience) await look();
          };
          dispatchEvent(new PointerEvent("pointermove"));
          await look();
          for (let y = 0; y < root.scrollHeight; y += innerHeight / 2) {
            scrollTo(0, y);
            await look();
          }
        }"""
    )
    start_all(page)


def test_there_are_pages():
    assert "index.html" in PAGES, "the book is not built; run `make book` first"
    assert CHAPTER in PAGES and len(WITH_DEMOS) >= 10


#: What a page asked of its host and of the browser before anybody moved. Bytes are those of the
#: files: this host does not compress.
WHAT_IT_TOOK = """() => {
  const files = performance.getEntriesByType("resource").filter(({ name }) => !name.startsWith("data:"));
  const bytes = { html: performance.getEntriesByType("navigation")[0].decodedBodySize };
  for (const { name, decodedBodySize } of files) {
    const type = new URL(name).pathname.split(".").pop().replace("mjs", "js");
    bytes[type] = (bytes[type] ?? 0) + decodedBodySize;
  }
  return {
    requests: files.length,
    blocking: files.filter((file) => file.renderBlockingStatus === "blocking").length,
    elements: document.querySelectorAll("*").length,
    ...bytes,
  };
}"""
#: The most that any page may need: about 5% more than the largest of its kind. Files of other types
#: are none of a page's business.
EVERY_PAGE = {"blocking": 1, "shift": 0.02, "css": 112_000, "woff2": 194_000}
TEXT = {"requests": 9, "elements": 1_900, "html": 108_000, "js": 24_500, "svg": 2_800}
BUDGETS = {
    "chapter": {
        **{"requests": 12, "elements": 8_600, "html": 800_000},
        **{"js": 42_000, "svg": 4_000, "png": 8_000},
    },
    "text": TEXT,
    "api": {**TEXT, "elements": 6_600, "html": 310_000},
    # With the code and the data of its demo.
    "start": {**TEXT, "requests": 13, "html": 36_500, "js": 167_000, "png": 4_400},
    # With the index of all words, and Sphinx's scripts.
    "search": {**TEXT, "requests": 14, "html": 17_500, "js": 320_000},
}
#: How far the text may move while somebody reads.
WHILE_READING = 0.02


def what_it_took(page):
    page.wait_for_function(
        "!('content_root' in document.documentElement.dataset) || sessionStorage.fonts === 'here'"
    )
    return {**page.evaluate(WHAT_IT_TOOK), "shift": layout_shift(page)}


def kind_of(path):
    if path in ("index.html", "book/index.html"):
        return "start"
    if path == "search.html":
        return "search"
    return "chapter" if path in WITH_DEMOS else "api" if "/api/" in path else "text"


def over_budget(load, kind):
    """Return what a page needs more than it may."""
    budget = EVERY_PAGE | BUDGETS[kind]
    return {name: value for name, value in load.items() if value > budget.get(name, 0)}


@dataclass
class Visit:
    """What a page was like in one look. It is loaded once for all tests: that takes far longer than
    they do.
    """

    load: dict
    shift: float
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
        load = what_it_took(page)
        read_through(page)
        found = Visit(
            load=load,
            shift=layout_shift(page) - load["shift"],
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
            # Later pages of a visit load their fonts in another way.
            page.add_init_script("sessionStorage.clear()")
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
        page.wait_for_function(f"(width) => {needed} <= width", arg=width)
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
def test_it_names_its_icon(path):
    # Without one, browsers ask for favicon.ico, which isn't there: an error in the console. That of
    # the redirect is empty.
    source = (SITE / path).read_text(encoding="utf-8")
    icons = re.findall(r'<link\b[^>]*rel="(?:shortcut )?icon"[^>]*\bhref="([^"]+)"', source)
    icons += re.findall(r'<link\b[^>]*\bhref="([^"]+)"[^>]*rel="(?:shortcut )?icon"', source)
    assert len(icons) == 1
    assert icons == ["data:,"] or ((SITE / path).parent / icons[0]).is_file()


@pages
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_no_violation(visit, path, theme):
    found = visit(path, theme)
    assert found.theme in (theme, None)
    assert found.violations == []


@pages
def test_it_stays_within_its_budget(visit, path):
    over = over_budget(visit(path, "light").load, kind_of(path))
    assert not over, f"{path} needs more than it may: {over}"


@pages
def test_its_text_stays_where_it_is_while_somebody_reads(visit, path):
    assert visit(path, "light").shift <= WHILE_READING


@pytest.mark.parametrize(
    ("later", "expected"),
    [
        ("", set()),
        ("document.querySelector('p').style.marginTop = '200px'", {"shift"}),
        (
            "for (let i = 0; i < 2000; i += 1) document.body.append(document.createElement('i'))",
            {"elements"},
        ),
        ("document.body.append(Object.assign(new Image(), { src: 'a.gif' }))", {"gif"}),
        ("document.body.append(Object.assign(new Image(), { src: 'a.svg' }))", {"svg"}),
    ],
)
def test_a_page_that_needs_more_than_it_may_is_noticed(page, serve, tmp_path, later, expected):
    (tmp_path / "a.gif").write_bytes(b"GIF89a" + bytes(100))
    (tmp_path / "a.svg").write_text('<svg xmlns="http://www.w3.org/2000/svg"/>' + " " * 2_800)
    (tmp_path / "index.html").write_text(
        f"<!doctype html><link rel=icon href='data:,'><h1>Text</h1>{'<p>Some words.</p>' * 40}"
    )
    page.goto(f"{serve(tmp_path)}/index.html")
    wait_for_frames(page, 3)
    page.evaluate(f"() => {{ {later} }}")
    # The network may have been idle before, which would count, and a file is written down late.
    page.wait_for_function(
        "[...document.images].every(({ src }) => performance.getEntriesByName(src).length)"
    )
    assert set(over_budget(what_it_took(page), "text")) == expected


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


def test_the_first_page_counts_questions_and_challenges_of_all_chapters(page, site):
    open_page(page, site, "book/index.html")
    rows = page.locator(".book-progress tbody tr")
    expect(rows).to_have_count(9)
    for row in rows.all():
        _, questions, challenges, _ = (cell.inner_text() for cell in row.locator("th, td").all())
        assert re.fullmatch(r"0 of [1-9]\d*", questions) and challenges == "0 of 3"


def test_what_is_done_in_a_chapter_is_marked_in_the_sidebar_and_on_the_first_page(new_page, site):
    page = new_page(color_scheme="light")
    page.set_viewport_size({"width": 1280, "height": 900})
    open_page(page, site, CHAPTER)
    quiz = page.locator('.demo[data-demo="Quiz"]').last
    quiz.scroll_into_view_if_needed()
    question = quiz.locator(".quiz-question").first
    expect(question).to_be_visible()
    for label in question.locator("label").all():
        label.click()
        if "Correct." in question.locator(".quiz-verdict").inner_text():
            break
    link = page.locator("#pst-primary-sidebar a", has_text="1. Convolution")
    expect(link.locator(".progress-mark")).to_have_attribute("title", re.compile(r"\d+% done"))
    open_page(page, site, "book/index.html")
    row = page.locator(".book-progress tbody tr").first
    expect(row.locator("td").first).to_have_text(re.compile("1 of"))


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
    open_page(page, site, "book/index.html")
    demo = page.locator(".lu-demo").first
    color = "element => getComputedStyle(element).color"
    before = demo.evaluate(color)
    page.evaluate("document.documentElement.dataset.theme = 'dark'")
    assert demo.evaluate(color) != before


@pages_with_demos
def test_it_opens_from_a_folder_without_a_server(page, path):
    page.goto((SITE / path).as_uri())
    page.wait_for_function("document.documentElement.dataset.demos === 'ready'")
    start_all(page)
    assert page.locator(".demo-running").count() == page.locator(".demo").count() > 0


def test_a_page_carries_the_state_of_its_own_demos_only(page, site):
    open_page(page, site, "book/01_convolution.html")
    state = page.locator(HAS_DEMOS)
    models = json.loads(state.text_content())["state"].values()
    demos = [m for m in models if m["model_name"] == "AnyModel"]
    # A challenge has another demo inside.
    challenges = page.locator('.demo[data-demo="Challenge"]').count()
    assert len(demos) - challenges == page.locator(".demo").count()
    assert challenges >= 3


@pytest.mark.parametrize(
    ("path", "skipped", "target"),
    [
        (CHAPTER, "section.skippable", "self::*"),
        ("book/api/widgets.html", "section > dl.py", "dt[@id]"),
    ],
)
def test_what_is_far_down_is_not_laid_out_until_a_reader_comes(page, site, path, skipped, target):
    open_page(page, site, path)
    last = page.locator(f".bd-article {skipped}").last
    drawn = "element => element.checkVisibility({ contentVisibilityAuto: true })"
    inside = last.locator("p").first
    assert not inside.evaluate(drawn)
    place = last.locator(f"xpath={target}").first.get_attribute("id")
    page.evaluate("hash => { location.hash = hash }", place)
    page.wait_for_function(drawn, arg=inside.element_handle())
    # The page shows the place that was asked for, although all sizes above were guesses.
    # While demos start above it, it is at another place until the browser has made up for that.
    wait_for_frames(page, 3)
    assert 0 <= settled_box(last)["y"] < 300


def test_figures_come_when_a_reader_is_near_and_take_the_space_they_had(page, site):
    open_page(page, site, CHAPTER)
    figures = page.locator("figure.book-figure")
    waiting = page.locator(".figure-later")
    assert figures.count() >= waiting.count() > 5
    last = figures.last
    height = last.evaluate("figure => figure.getBoundingClientRect().height")
    last.scroll_into_view_if_needed()
    last.locator("svg").wait_for()
    assert last.evaluate("figure => figure.getBoundingClientRect().height") == pytest.approx(
        height, abs=2
    )


def test_fonts_come_after_the_first_paint_and_on_the_next_page_at_once(new_page, site):
    page = new_page(accept_downloads=False)  # with options, it is one that no test has used before
    when = """() => {
      const start = (part) =>
        performance.getEntriesByType("resource").find(({ name }) => name.includes(part))?.startTime ?? null;
      return [performance.getEntriesByName("first-paint")[0].startTime, start(".woff2"), start("fonts.css")];
    }"""
    # Fonts of the cache can be there before the first paint, so it is waited for, too. What tells
    # when a file came may be written down after the file has been used.
    is_there = """(file) => document.fonts.check('17px "Atkinson Hyperlegible Next"') && document.fonts.size > 4
      && performance.getEntriesByName("first-paint").length
      && performance.getEntriesByType("resource").some(({ name }) => name.includes(file))"""
    open_page(page, site, CHAPTER)
    page.wait_for_function(is_there, arg=".woff2")
    painted, first_font, sheet = page.evaluate(when)
    assert painted < first_font and sheet is None
    open_page(page, site, "book/02_filter_banks.html")
    page.wait_for_function(is_there, arg="fonts.css")
    painted, _, sheet = page.evaluate(when)
    assert sheet < painted


#: Where the parts of the visible text are: text, top and height in pixels.
LINES = """() => {
  const range = document.createRange();
  return [...document.querySelectorAll("article :is(h1, h2, p)")]
    .filter((block) => block.getBoundingClientRect().top < innerHeight)
    .flatMap((block) => [...block.childNodes].map((node) => {
      range.selectNodeContents(node);
      const { top, height } = range.getBoundingClientRect();
      return [block.textContent.slice(0, 30), top, height];
    }));
}"""
HAS_FONTS = """() => [...document.fonts].some((font) => font.status === "loaded" &&
  font.family.includes("Atkinson Hyperlegible Next"))"""


def lines_before_and_after_the_fonts(page, address):
    # Whatever fonts this machine has, the stand-in is the font itself, 2% wider.
    local = 'local("Arial"), local("Liberation Sans"), local("Arimo")'
    stand_in = 'url("fonts/atkinson-hyperlegible-next.woff2?stand-in")'
    waiting = []

    def replace_stand_in(route):
        sheet = route.fetch().text()
        assert sheet.count(local) == 1
        wider = re.sub(r"(size-adjust: ?)99\.\d%", r"\g<1>102%", sheet)
        route.fulfill(body=wider.replace(local, stand_in), content_type="text/css")

    page.route("**/site.css*", replace_stand_in)
    page.route(lambda url: url.endswith(".woff2"), lambda route: waiting.append(route))
    page.goto(address, wait_until="domcontentloaded")
    page.wait_for_function(
        "[...document.fonts].some((font) => font.family.includes('Stand-in') && font.status === 'loaded')"
    )
    # The real fonts are asked for after the first paint, and this program hears of it later still.
    patience = time.monotonic() + 60
    while len(waiting) < 4 and time.monotonic() < patience:
        wait_for_frames(page, 1)
    wait_for_frames(page, 5)
    assert len(waiting) == 4 and not page.evaluate(HAS_FONTS)
    before = page.evaluate(LINES)
    for route in waiting:
        route.continue_()
    page.wait_for_function(HAS_FONTS)
    wait_for_frames(page, 3)
    return before, page.evaluate(LINES)


def test_text_on_the_screen_keeps_its_lines_when_the_fonts_come(new_page, site):
    spaced = 0
    for name in ("06_augmentation", "10_takeaways", "glossary"):
        page = new_page(width=412, height=823, accept_downloads=False)
        before, after = lines_before_and_after_the_fonts(page, f"{site}/book/{name}.html")
        assert [part[0] for part in after] == [part[0] for part in before]
        moved = [
            (*now, was)
            for (_, *was), now in zip(before, after, strict=True)
            if not np.allclose(was, now[1:], rtol=0, atol=9)  # a line is 26 pixels high
        ]
        assert not moved
        spaced += page.evaluate(
            "() => [...document.querySelectorAll('article p')].filter(({ style }) => parseFloat(style.wordSpacing)).length"
        )
    assert spaced  # else the test would not have needed other spaces


def test_print_has_all_figures_and_pictures(page, site):
    open_page(page, site, CHAPTER)
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    page.emulate_media(media="print")
    assert page.locator(".figure-later").count() == 0
    for picture in page.locator(".demo-figure").all():
        assert picture.is_visible() and picture.locator("noscript").count() == 0
    paragraph = page.locator(".bd-article section p").last
    assert paragraph.evaluate("p => p.checkVisibility({ contentVisibilityAuto: true })")


@pages_with_demos
def test_without_javascript_figures_and_numbers_are_there(new_page, site, path):
    page = new_page(java_script_enabled=False)
    page.goto(f"{site}/{path}")
    heights = "all => all.map((element) => element.getBoundingClientRect().height)"
    figures = page.locator("figure.book-figure svg")
    assert figures.count() >= (3 if "book/0" in path else 0)
    assert min(figures.evaluate_all(heights), default=100) > 50
    pictures = page.locator(".demo-figure")
    assert pictures.count() == page.locator(".demo").count() > 0
    assert min(pictures.evaluate_all(heights)) > 100
    if path == CHAPTER:
        numbers = page.locator(".demo-numbers td")
        assert numbers.count() > 9 and numbers.first.inner_text()


def security_policy():
    """Return the Content-Security-Policy of the README."""
    readme = (SITE.parents[1] / "README.md").read_text(encoding="utf-8")
    policy = re.search(r"```\nContent-Security-Policy: (.*?)```", readme, re.DOTALL)[1]
    return " ".join(policy.split())


@pytest.fixture
def strict_site():
    """The address of the book on a host that sends the policy of the README."""
    with serving(SITE, headers={"Content-Security-Policy": security_policy()}) as address:
        yield address


@pytest.mark.parametrize("path", [*WITH_DEMOS, "search.html?q=kernel"])
def test_it_works_under_a_strict_content_security_policy(page, strict_site, path):
    page.add_init_script(
        "window.violations = []; addEventListener('securitypolicyviolation', "
        "(event) => violations.push(`${event.violatedDirective} ${event.blockedURI} ${event.sample}`));"
    )
    page.goto(f"{strict_site}/{path}")
    if path.startswith("search"):
        page.locator("#search-results li").first.wait_for()
    else:
        page.wait_for_function("() => document.documentElement.dataset.demos === 'ready'")
        start_all(page)
        assert page.locator(".demo-running").count() == page.locator(".demo").count() > 0
        # All figures and still images, too.
        page.evaluate("dispatchEvent(new Event('beforeprint'))")
        wait_for_frames(page, 3)
    assert page.evaluate("violations") == []


def test_code_is_copied_and_reachable_where_it_scrolls(page, site):
    page.add_init_script(KEEP_COPIES)
    page.set_viewport_size({"width": 390, "height": 844})
    open_page(page, site, CHAPTER)
    block = page.locator("div.highlight").first
    block.scroll_into_view_if_needed()
    block.hover()
    block.get_by_role("button", name="Copy").click()
    page.wait_for_function("window.copied")
    assert page.evaluate("copied") == block.locator("pre").inner_text().removesuffix("\n")
    page.wait_for_function(
        "[...document.querySelectorAll('pre')].some((pre) => pre.scrollWidth > pre.clientWidth && pre.tabIndex === 0)"
    )


def test_menus_and_dialogs_open_by_mouse_and_keyboard(page, site):
    open_page(page, site, CHAPTER)
    menu = page.locator(".dropdown-download-buttons")
    button, items = menu.get_by_role("button").first, menu.locator(".dropdown-item")
    button.focus()
    page.keyboard.press("Enter")
    expect(items.first).to_be_visible()
    assert button.get_attribute("aria-expanded") == "true"
    page.keyboard.press("ArrowDown")
    expect(items.first).to_be_focused()
    page.keyboard.press("Escape")
    expect(button).to_be_focused()
    assert button.get_attribute("aria-expanded") == "false"
    page.keyboard.press("Control+k")
    search = page.locator("#pst-search-dialog")
    expect(search.get_by_role("searchbox")).to_be_focused()
    page.keyboard.press("Escape")
    expect(search).to_be_hidden()
    page.set_viewport_size({"width": 390, "height": 844})
    page.get_by_title("Toggle primary sidebar").click()
    chapter = page.locator("#pst-primary-sidebar-modal").get_by_role("link", name="2. Filter banks")
    expect(chapter).to_be_visible()
    page.keyboard.press("Escape")
    expect(chapter).to_be_hidden()
    page.set_viewport_size({"width": 1280, "height": 900})
    expect(
        page.locator("#pst-primary-sidebar").get_by_role("link", name="2. Filter banks")
    ).to_be_visible()


@pytest.mark.parametrize(
    ("system", "modes"), [("light", ["dark", "light", "auto"]), ("dark", ["light", "dark", "auto"])]
)
def test_the_color_mode_follows_the_system_until_it_is_chosen(browser, site, system, modes):
    page = browser.new_page(color_scheme=system)  # without the look that the fixture sets
    page.goto(f"{site}/book/10_takeaways.html")
    look = "[document.documentElement.dataset.mode, document.documentElement.dataset.theme]"
    assert page.evaluate(look) == ["auto", system]
    for mode in modes:
        page.locator(".theme-switch-button").click()
        assert page.evaluate(look) == [mode, system if mode == "auto" else mode]
        page.reload()
        assert page.evaluate(look) == [mode, system if mode == "auto" else mode]
    page.context.close()
