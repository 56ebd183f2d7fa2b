"""The slides, as a lecturer sees them: every slide of every deck, its keys, notes, demos, paper."""

import re
from pathlib import Path

import pytest
from conftest import serving
from page_tools import settled_box, violations, wait_for_frames
from playwright.sync_api import expect
from test_site import security_policy

SITE = Path(__file__).resolve().parents[2] / "_build" / "html"
CHAPTERS = sorted(path.stem for path in (SITE.parents[1] / "book").glob("[0-9]*.ipynb"))
chapters = pytest.mark.parametrize("name", CHAPTERS)
#: Pixels; the smallest letters that can be read from the back row, on a slide of 1280 by 720.
SMALLEST = 20

#: What is wrong with the slide on the screen: letters that are too small, and what is cut off.
MEASURE = """(smallest) => {
  const slide = Reveal.getCurrentSlide(), trouble = new Set();
  const isSeen = (e) => e.checkVisibility({ opacityProperty: true, visibilityProperty: true });
  const silent = ".notes, script, style, noscript, title, desc, annotation, .lu-visually-hidden, option";
  const texts = document.createTreeWalker(slide, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    const text = texts.currentNode, owner = text.parentElement, words = text.textContent.trim();
    if (!words || owner.closest(silent) || !isSeen(owner)) continue;
    const range = document.createRange();
    range.selectNodeContents(text);
    const boxes = [...range.getClientRects()].filter((box) => box.width > 1 && box.height > 1);
    if (!boxes.length) continue;
    const matrix = owner.closest("svg") && owner.getScreenCTM?.();
    const scale = matrix ? Math.hypot(matrix.a, matrix.b) : owner.currentCSSZoom ?? 1;
    const size = parseFloat(getComputedStyle(owner).fontSize) * scale;
    if (size < smallest - 0.05) trouble.add(`${size.toFixed(1)} px: ${words.slice(0, 40)}`);
    // A demo scrolls up and down in its window.
    const scrolls = owner.closest(".demo-window");
    for (const { left, right, top, bottom } of boxes) {
      if (left < -0.5 || right > innerWidth + 0.5 || (!scrolls && (top < -0.5 || bottom > innerHeight + 0.5)))
        trouble.add(`outside of the slide: ${words.slice(0, 40)}`);
    }
  }
  for (const box of slide.querySelectorAll(".stage, .stage > :not(h2), .stage pre"))
    if (isSeen(box) && !box.closest(".demo-window, .text:has(> math)")
        && (box.scrollHeight > box.clientHeight + 2 || box.scrollWidth > box.clientWidth + 2))
      trouble.add(`cut off: ${box.className || box.localName}`);
  for (const figure of slide.querySelectorAll(".figure svg"))
    if (figure.getBoundingClientRect().height < 180) trouble.add("a figure that is too small");
  for (const view of slide.querySelectorAll(".demo-window")) {
    const { left, right, top, bottom } = view.getBoundingClientRect();
    if (left < 0 || right > innerWidth || top < 0 || bottom > innerHeight) trouble.add("a demo's window sticks out");
    if (bottom - top < 400) trouble.add("a demo's window is too low");
    if (view.scrollWidth > view.clientWidth + 1) trouble.add("a demo is too wide");
  }
  return [...trouble];
}"""
RUNNING = """() => [...Reveal.getCurrentSlide().querySelectorAll(".demo")]
  .every((demo) => demo.classList.contains("demo-running"))"""

READY = "() => document.documentElement.dataset.slides === 'ready'"


@pytest.fixture
def deck(new_page, site):
    """Open a deck, at a slide that is found by its headline or by a selector."""

    def open_deck(name, at=None, width=1280, height=720, query="", **options):
        page = new_page(width, height, **options)
        page.goto(f"{site}/slides/{name}.html{query}")
        page.wait_for_function(READY)
        if at:
            go_to(page, at)
        return page

    return open_deck


def go_to(page, selector):
    page.evaluate(
        """(selector) => {
          const { h, v } = Reveal.getIndices(document.querySelector(selector).closest("section"));
          Reveal.slide(h, v);
        }""",
        selector,
    )
    page.wait_for_function(RUNNING)


def number(page):
    return page.evaluate("Reveal.getSlidePastCount()")


@chapters
def test_every_slide_is_legible_and_whole_in_both_looks(deck, name):
    page = deck(name)
    # A font that is fetched with its first letters may come after they have been measured.
    page.evaluate("Promise.all([...document.fonts].map((font) => font.load())).then(() => null)")
    total = page.evaluate("Reveal.getTotalSlides()")
    assert 20 <= total <= 40
    trouble, headlines = [], []
    for count in range(1, total + 1):
        page.wait_for_function(RUNNING)
        slide = page.locator("section.present > .stage")
        headlines.append(slide.locator("h2").first.inner_text())
        for look in ("light", "dark"):
            assert page.locator("html").get_attribute("data-theme") == look
            trouble += [
                f"slide {count}, {look}: {each}" for each in page.evaluate(MEASURE, SMALLEST)
            ]
            page.evaluate("document.activeElement.blur()")
            page.keyboard.press("t")
        while count < total and number(page) < count:
            page.evaluate("Reveal.next()")  # a fragment needs a step of its own
    assert not trouble, "\n".join(trouble)
    assert all(headlines), "each slide has a headline"
    assert len(set(headlines)) == total, "no two slides have the same headline"


@chapters
def test_a_deck_has_demos_figures_formulas_or_numbers_and_notes_from_the_chapter(deck, name):
    page = deck(name)
    assert page.locator(".demo").count() >= 2
    assert page.locator("section .stage").filter(has_text="In short").count() >= 1
    notes = page.locator("aside.notes")
    words = sum(len(text.split()) for text in notes.all_text_contents())
    assert words > 1_000, "the text of the chapter is in the notes"
    assert not re.search(r"\{cite|\{math|:class:|\$\$", "".join(notes.all_text_contents()))


@chapters
def test_chapter_and_slides_lead_to_each_other(name):
    chapter = (SITE / "book" / f"{name}.html").read_text(encoding="utf-8")
    slides = (SITE / "slides" / f"{name}.html").read_text(encoding="utf-8")
    assert f'href="../slides/{name}.html">Slides of this chapter</a>' in chapter
    assert f'href="../book/{name}.html">Chapter ' in slides
    for target in re.findall(r'href="(\.\./book/[^"#]+)', slides):
        assert (SITE / "slides" / target).is_file(), target


def test_keys_turn_the_slides_but_in_a_demo_they_belong_to_the_demo(deck):
    page = deck("01_convolution", at='[data-demo="ConvolutionLab"]')
    before = number(page)
    slider = page.locator('section.present .demo input[type="range"]').first
    slider.focus()
    value = slider.input_value()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    assert number(page) == before and slider.input_value() != value
    page.keyboard.press("Escape")
    page.keyboard.press("ArrowRight")
    assert number(page) == before + 1
    page.keyboard.press("ArrowLeft")
    assert number(page) == before
    slider.focus()
    page.keyboard.press("PageDown")  # a remote control turns slides at all times
    assert number(page) == before + 1
    page.keyboard.press("Home")
    assert number(page) == 0


@pytest.mark.parametrize("size", [(1280, 720), (1920, 1080)])
def test_a_demo_on_a_slide_follows_the_mouse(deck, size):
    page = deck("01_convolution", '[data-demo="ConvolutionLab"]', *size)
    demo = page.locator("section.present .demo")
    canvas = demo.locator("canvas").evaluate_all(
        """(all) => all.map((canvas) => canvas.getBoundingClientRect().toJSON())
          .sort((a, b) => b.width * b.height - a.width * a.height)[0]"""
    )
    seen = set()
    for share in (0.3, 0.6, 0.8):
        page.mouse.move(canvas["x"] + share * canvas["width"], canvas["y"] + 0.5 * canvas["height"])
        wait_for_frames(page)
        seen.add(demo.inner_text())
    assert len(seen) == 3, "the numbers follow the mouse"


def test_the_crosshair_is_under_the_mouse_where_a_slide_enlarges_the_demo(deck):
    page = deck("04_first_cnn", '[data-demo="TrainingCurves"]')
    stage = page.locator("section.present .curves-stage")
    stage.scroll_into_view_if_needed()
    panel = stage.locator(".curves-panel").first
    box = settled_box(panel.locator("svg"))
    labels = panel.locator('.curves-text [text-anchor="middle"]')
    for i in range(labels.count()):
        label = settled_box(labels.nth(i))
        page.mouse.move(label["x"] + label["width"] / 2, box["y"] + box["height"] / 2)
        expect(stage).to_have_attribute("aria-valuenow", labels.nth(i).text_content())


def test_escape_drops_a_number_that_is_being_typed(deck):
    page = deck("01_convolution", at='[data-demo="ConvolutionLab"]')
    cell = page.locator("section.present .demo").get_by_role("gridcell").first
    before = cell.inner_text()
    cell.focus()
    page.keyboard.type("7")
    page.keyboard.press("Escape")
    assert cell.inner_text() == before
    expect(cell).to_be_focused()


def test_a_demo_taller_than_the_slide_scrolls_and_can_be_shown_whole(deck):
    page = deck("01_convolution", at='[data-demo="ConvolutionLab"]')
    window = page.locator("section.present .demo-window")
    hidden = "(window) => window.scrollHeight - window.clientHeight"
    assert window.evaluate(hidden) > 50
    window.focus()
    page.keyboard.press("ArrowDown")
    page.wait_for_function("(window) => window.scrollTop > 0", arg=window.element_handle())
    page.keyboard.press("Escape")
    page.keyboard.press("w")
    assert window.evaluate(hidden) <= 2
    page.keyboard.press("w")
    assert window.evaluate(hidden) > 50


def test_the_presenter_sees_the_notes_and_the_next_slide(deck):
    page = deck("01_convolution", at='[data-demo="ConvolutionLab"]')
    with page.expect_popup() as popup:
        page.keyboard.press("s")
    view = popup.value
    notes = view.locator(".speaker-controls-notes .value")
    expect(notes).to_contain_text("the small grid of numbers in the middle is called a kernel")
    assert view.locator("iframe").count() == 2
    page.bring_to_front()
    page.keyboard.press("ArrowRight")
    expect(notes).to_contain_text("A kernel is also called a filter")
    view.close()  # Its two decks would run on beside the next tests of this page.


def test_the_look_follows_the_book_and_can_be_switched(deck):
    page = deck("02_filter_banks", theme="dark")
    root = page.locator("html")
    expect(root).to_have_attribute("data-theme", "dark")
    dark = page.evaluate("getComputedStyle(document.body).backgroundColor")
    page.get_by_role("button", name="Light or dark").click()
    expect(root).to_have_attribute("data-theme", "light")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") != dark


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("at", [".opening", ".goals", ".figure", ".printed", "table", ".demo"])
def test_axe_finds_no_violation_on_a_slide(deck, at, theme):
    page = deck("06_augmentation", at=f"section {at}", theme=theme)
    # Colors of a demo that has just started may be on their way. Arrows beside it always move.
    page.wait_for_function("!Reveal.getCurrentSlide().getAnimations({ subtree: true }).length")
    assert not violations(page)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["01_convolution", "09_transfer_learning"])
def test_on_paper_every_slide_is_one_page(deck, name):
    page = deck(name, query="?print-pdf", height=800)
    page.wait_for_selector(".pdf-page")
    total = page.evaluate("document.querySelectorAll('.stage').length")
    pdf = page.pdf(prefer_css_page_size=True, print_background=True)
    assert len(re.findall(rb"/Type\s*/Page\b", pdf)) == total
    # A demo is a static figure there, and nothing sticks out of its page.
    assert page.locator(".demo-figure:visible").count() == page.locator(".demo").count()
    outside = page.evaluate(
        """[...document.querySelectorAll(".pdf-page")].filter((page) =>
          page.scrollHeight > page.clientHeight + 2 || page.scrollWidth > page.clientWidth + 2).length"""
    )
    assert outside == 0


def test_a_deck_opens_from_a_folder_without_a_server(new_page, tmp_path):
    (tmp_path / "slides").symlink_to(SITE / "slides")  # the folder is all that a deck needs
    page = new_page(1280, 720)
    page.goto((tmp_path / "slides" / "01_convolution.html").as_uri())
    page.wait_for_function(READY)
    go_to(page, '[data-demo="ConvolutionLab"]')


def test_a_deck_works_under_the_books_security_policy(new_page):
    with serving(SITE, headers={"Content-Security-Policy": security_policy()}) as address:
        page = new_page(1280, 720)
        page.goto(f"{address}/slides/01_convolution.html")
        page.wait_for_function(READY)
        go_to(page, '[data-demo="ConvolutionLab"]')
