"""A real Chromium, the built site on a local server, and bare pages with one demo each."""

import contextlib
import json
import weakref
from pathlib import Path

import browser as chromium
import pytest
from file_server import serving
from ipywidgets.embed import dependency_state
from playwright.sync_api import expect, sync_playwright

ROOT = Path(__file__).resolve().parents[2]
SITE = ROOT / "_build" / "html"

#: How long a test waits for what must come, in milliseconds: only a test that fails waits that
#: long, and a machine with other work to do needs far more time than a quiet one.
PATIENCE = 60_000
expect.set_options(timeout=PATIENCE)


def _servers():
    """Serve folders while the fixture lasts: ``serve(folder)`` returns the folder's address."""
    with contextlib.ExitStack() as servers:
        yield lambda folder: servers.enter_context(serving(folder))


# No longer than needed: hundreds of servers that wait for nothing slow all other tests down.
serve = pytest.fixture(_servers)
serve_for_module = pytest.fixture(scope="module")(_servers)


@pytest.fixture(scope="session")
def site():
    """The address of the built book."""
    if not (SITE / "index.html").is_file():
        pytest.fail("the book is not built; run `make book` first (`make test` does it)")
    with serving(SITE) as address:
        yield address


@pytest.fixture(scope="session")
def browser():
    with sync_playwright() as playwright:
        # Asking for each request whether it is allowed would take longer than answering it.
        browser = chromium.launch(
            playwright, "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"
        )
        yield browser
        browser.close()


def watch(page):
    """Collect in ``page.trouble`` what should not happen on any page: errors, and requests to hosts
    that `browser` cannot find.
    """
    page.trouble = []
    own = ("http://127.0.0.1:", "data:", "blob:", "file:")

    def on_request(request):
        if not request.url.startswith(own):
            page.trouble.append(f"foreign request: {request.url}")

    page.on("request", on_request)
    page.on("requestfailed", lambda r: page.trouble.append(f"failed: {r.url} {r.failure}"))
    page.on("response", lambda r: r.status >= 400 and page.trouble.append(f"{r.status}: {r.url}"))
    page.on("pageerror", lambda error: page.trouble.append(f"exception: {error}"))
    page.on("console", lambda m: m.type == "error" and page.trouble.append(f"console: {m.text}"))


def _init_scripts_that_can_be_removed(page):
    """Let ``page.add_init_script`` keep its scripts until ``page.remove_init_scripts``."""
    client = page.context.new_cdp_session(page)
    client.send("Page.enable")
    scripts = []

    def add(source):
        added = client.send("Page.addScriptToEvaluateOnNewDocument", {"source": source})
        scripts.append(added["identifier"])

    def remove():
        while scripts:
            identifier = scripts.pop()
            client.send("Page.removeScriptToEvaluateOnNewDocument", {"identifier": identifier})

    page.add_init_script, page.remove_init_scripts = add, remove


class PagePool:
    """Pages that are used again by the next test: a new one costs more than showing most demos.

    Only pages without special options are; what a test can change about them is put back. A page
    of a test that has failed is thrown away.
    """

    def __init__(self, browser):
        self.browser = browser
        self.free = []

    def take(self, width, height, theme, **options):
        page = self.free.pop() if self.free and not options else self._make(**options)
        page.set_viewport_size({"width": width, "height": height})
        page.emulate_media(color_scheme=theme)
        page.add_init_script(
            f"localStorage.setItem('mode', '{theme}'); localStorage.setItem('theme', '{theme}')"
        )
        return page

    def _make(self, **options):
        page = self.browser.new_context(**options).new_page()
        page.set_default_timeout(PATIENCE)
        page.can_be_used_again = not options
        watch(page)
        _init_scripts_that_can_be_removed(page)
        return page

    def give_back(self, page, clean):
        if not clean or not page.can_be_used_again or page.is_closed():
            page.context.close()
            return
        page.remove_init_scripts()
        page.unroute_all()
        page.context.clear_permissions()
        page.emulate_media(media="null", reduced_motion="null")
        # Away from what the next page has under the pointer; a new page knows no other place
        # either.
        page.mouse.move(0, 0)
        page.goto("about:blank")
        # What was on its way was cut off.
        page.trouble.clear()
        self.free.append(page)


@pytest.fixture(scope="session")
def page_pool(browser):
    return PagePool(browser)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    """Tell fixtures whether their test has failed."""
    report = yield
    item.failed = getattr(item, "failed", False) or report.failed
    return report


@pytest.fixture
def new_page(request, page_pool):
    """Open a page of a given width and look; foreign hosts are blocked and all trouble is
    collected.

    The page's ``trouble`` is a list of failed or foreign requests, console errors and exceptions. A
    test that ends with trouble fails, unless it has emptied the list itself.
    """
    pages = []

    def open_page(width=1280, height=900, theme="light", **options):
        pages.append(page_pool.take(width, height, theme, **options))
        return pages[-1]

    yield open_page
    trouble = [line for page in pages for line in page.trouble]
    for page in pages:
        page_pool.give_back(page, clean=not (trouble or request.node.failed))
    assert not trouble, "\n".join(trouble)


@pytest.fixture
def page(new_page):
    return new_page()


#: The static figure of each demo that was shown, with the state that it was drawn from.
_figures = weakref.WeakKeyDictionary()


def static_figure(widget, state):
    """Return a demo's ``figure_html``; one that many tests show is drawn once per state."""
    if _figures.get(widget, (None,))[0] != state:
        _figures[widget] = (state, widget.figure_html())
    return _figures[widget][1]


def demo_page(*widgets, head=""):
    """Return a bare HTML page with demos, written the way MyST-NB writes them into the book."""
    state = {
        "version_major": 2,
        "version_minor": 0,
        "state": dependency_state(list(widgets), drop_defaults=False),
    }
    views = "".join(
        f'<div class="demo"><div class="demo-figure">{static_figure(w, state["state"][w.model_id])}</div>'
        '<script type="application/vnd.jupyter.widget-view+json">'
        f"{json.dumps({'model_id': w.model_id, 'version_major': 2, 'version_minor': 0})}</script></div>"
        for w in widgets
    )
    body = json.dumps(state).replace("</", "<\\/")
    return (
        '<!doctype html><html lang="en" data-theme="light"><head><meta charset="utf-8"><title>demo</title>'
        '<link rel="icon" href="data:,"><meta name="viewport" content="width=device-width">'
        f'<link rel="stylesheet" href="fonts.css"><link rel="stylesheet" href="book.css">{head}'
        f'<script type="application/vnd.jupyter.widget-state+json">{body}</script>'
        '<script src="widget-host.mjs"></script></head>'
        f'<body><main style="max-width:800px;margin:1rem auto;padding:0 .5rem"><h1>Demo</h1>{views}</main>'
        "</body></html>"
    )


def start_all(page):
    """Come near to the demos that wait for that, one after the other, and return to the top."""
    waiting = page.locator("[data-waiting]")
    for _ in range(waiting.count()):
        count = waiting.count()
        if count:
            # Another one may have started since.
            page.evaluate("document.querySelector('[data-waiting]')?.scrollIntoView()")
            page.wait_for_function(
                "(count) => document.querySelectorAll('[data-waiting]').length < count", arg=count
            )
    page.evaluate("scrollTo(0, 0)")


@pytest.fixture
def mount(page, serve, tmp_path):
    """Show demos on a bare page through the real static host; returns the page when they run."""

    def show(*widgets, page=page, start=start_all):
        static = ROOT / "book" / "_static"
        for name in ("widget-host.mjs", "book.css", "fonts.css"):
            (tmp_path / name).write_bytes((static / name).read_bytes())
        if not (tmp_path / "fonts").exists():
            (tmp_path / "fonts").symlink_to(static / "fonts")
        (tmp_path / "index.html").write_text(demo_page(*widgets), encoding="utf-8")
        page.goto(serve(tmp_path) + "/index.html")
        page.wait_for_function("document.documentElement.dataset.demos === 'ready'")
        if page.locator("[data-waiting]").count():
            start(page)
        return page

    return show
