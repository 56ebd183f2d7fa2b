"""Weigh chapter 1 with the book's demo host, and with MyST-NB's default widget loader.

    python benchmarks/page_weight.py [--rounds N] [--json FILE]

Two pages are opened, each time in a fresh Chromium profile and taking turns: the built chapter
unchanged, and the same page with MyST-NB's two default script tags (RequireJS and ipywidgets'
html-manager, from a CDN) instead of the host's. The script reports medians of

- the bytes of all bodies on the wire, compressed by gzip, headers not counted, and the requests;
- the time from the start of the navigation until the first live demo has been painted: a frame in
  which it has a size is followed by a message to the page itself, which arrives after that frame;
- whether the demo starts if only the page's own host can be reached.

The heaviest page, chapter 8, is weighed with every file that it can load, including the images that
a demo loads only for the layer that a reader picks.

The default route has an ideal network: a second server on this machine replaces the CDN (the
addresses in its tags are changed accordingly), with neither distance nor encryption. The files come
from npm, and anywidget's from the installed Python package. npm has only a readable form of
RequireJS, which is 14 kB larger here than on the CDN, one percent of that route; its checksum is
left out for that reason.
"""

import argparse
import gzip
import html
import json
import re
import statistics
import sys
from pathlib import Path
from urllib.parse import urlsplit

import anywidget
from _common import (
    CHAPTER,
    ROOT,
    SITE,
    Host,
    chromium,
    describe_machine,
    files_in,
    need_the_book,
    npm_package,
    verdict,
)
from myst_nb.core.config import ipywidgets_js_factory
from playwright.sync_api import TimeoutError as NotInTime
from playwright.sync_api import sync_playwright

from lecture_utils.widgets import ConvolutionLab

FIRST_DEMO = ".lu-convolution-lab"
OURS, DEFAULT = "the book's host", "MyST-NB's default"
DEFAULT_PAGE = "book/with_default_loader.html"
LARGEST_DEMO_CODE = 40.0  # kB
LARGEST_SHARE_OF_TIME = 1 / 3
HEAVIEST_CHAPTER = "book/08_interpretation.html"
LARGEST_PAGE = 2.5  # MB

# Runs before all scripts of the page. performance.now() counts from the start of the navigation.
STOPWATCH = f"""
(() => {{
  const look = () => {{
    const demo = document.querySelector("{FIRST_DEMO}");
    if (!demo?.getBoundingClientRect().height) return requestAnimationFrame(look);
    const {{ port1, port2 }} = new MessageChannel();
    port1.onmessage = () => {{ window.demoPaintedAt = performance.now(); }};
    port2.postMessage(null);
  }};
  requestAnimationFrame(look);
}})();
"""


# ---- The CDN's files


def default_tags(cdn):
    """Return MyST-NB's default script tags, with a local server's address instead of the CDN's."""
    tags = []
    for url, attributes in ipywidgets_js_factory().items():
        attributes = {k: v for k, v in attributes.items() if k != "integrity"}
        attributes["src"] = url
        pairs = (
            f'{name}="{html.escape(re.sub(r"^https://[^/]+", cdn, value))}"'
            for name, value in attributes.items()
        )
        tags.append(f"<script {' '.join(pairs)}></script>")
    return "\n".join(tags)


def cdn_files():
    """Return a function for `Host` that finds the files of the CDN."""
    require_js, manager = (urlsplit(url).path for url in ipywidgets_js_factory())
    version = re.search(r"/require\.js/([\d.]+)/", require_js)[1]
    package, manager_version, file = re.search(r"/npm/(.+)@([\d.]+)/(.+)", manager).groups()
    files = {
        require_js: npm_package("requirejs", version) / "require.js",
        manager: npm_package(package, manager_version) / file,
    }
    amd_module = Path(anywidget.__file__).parent / "nbextension" / "index.js"

    def find(path):
        if re.fullmatch(r"npm/anywidget@[^/]+/dist/index\.js", path):
            return amd_module.read_bytes()
        file = files.get(f"/{path}")
        return file and file.read_bytes()

    return find


# ---- The two pages


def with_default_loader(page, cdn):
    """Return the chapter's HTML with MyST-NB's default loader instead of the book's host."""
    changed, count = re.subn(
        r'<script[^>]*src="[^"]*widget-host\.mjs[^"]*"[^>]*></script>',
        lambda _: default_tags(cdn),
        page,
    )
    if count != 1:
        sys.exit(f"{CHAPTER} loads widget-host.mjs {count} times, expected once; run `make book`")
    return changed


def open_page(browser, address, only_from=None, patience=60):
    """Open a page in a fresh profile; return the milliseconds until its demo is painted."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    try:
        context.add_init_script(STOPWATCH)
        if only_from:
            context.route(lambda url: not url.startswith(only_from), lambda route: route.abort())
        page = context.new_page()
        page.goto(address, wait_until="load")
        try:
            page.wait_for_function("window.demoPaintedAt", polling=100, timeout=1000 * patience)
        except NotInTime:
            return None
        page.wait_for_load_state("networkidle")
        return page.evaluate("window.demoPaintedAt")
    finally:
        context.close()


def measure(browser, rounds):
    """Open both pages in turn; return bytes, requests, times, and whether the demo runs alone."""
    site_files = files_in(SITE)
    with Host(cdn_files()) as cdn:
        page = with_default_loader((SITE / CHAPTER).read_text(encoding="utf-8"), cdn.address)
        default_page = page.encode()
        with Host(lambda p: default_page if p == DEFAULT_PAGE else site_files(p)) as site:
            routes = {
                OURS: f"{site.address}/{CHAPTER}",
                DEFAULT: f"{site.address}/{DEFAULT_PAGE}",
            }
            results = {name: {"ms": [], "bytes": [], "requests": []} for name in routes}
            for turn in range(rounds + 1):
                for name, address in routes.items():
                    site.sent.clear()
                    cdn.sent.clear()
                    painted = open_page(browser, address)
                    if painted is None:
                        sys.exit(f"no demo shows on the page with {name}: {cdn.sent}")
                    if turn:  # the first turn fills the servers' and the system's caches
                        sent = site.sent + cdn.sent
                        results[name]["ms"].append(painted)
                        results[name]["bytes"].append(sum(size for _, _, size in sent))
                        results[name]["requests"].append(len(sent))
            for name, address in routes.items():
                painted = open_page(browser, address, only_from=site.address, patience=10)
                results[name]["alone"] = painted is not None
    return results


def demo_code():
    """Return the gzip size in kB of the demo host, and of ConvolutionLab's script and style."""
    parts = {
        "host": (ROOT / "book" / "_static" / "widget-host.mjs").read_bytes(),
        "script": str(ConvolutionLab._esm).encode(),
        "style": str(ConvolutionLab._css).encode(),
    }
    return {name: len(gzip.compress(body, 6)) / 1000 for name, body in parts.items()}


def whole_page(path):
    """Return the gzip size in MB of a page and of all scripts and styles that it can load."""
    html = (SITE / path).read_text(encoding="utf-8")
    tags = re.findall(r'<(?:script|link)\b[^>]*?(?:src|href)="([^"#?]+)', html)
    # The state of demos contains the names of files that they load later.
    later = re.findall(r'"(?:script|buffers_file)": ?"([^"]+)"', html)
    files = {(SITE / path).parent.joinpath(name).resolve() for name in [*tags, *later]}
    bodies = [file.read_bytes() for file in files if file.suffix in (".js", ".mjs", ".css")]
    return sum(len(gzip.compress(body, 6)) for body in (html.encode(), *bodies)) / 1e6


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=7, help="turns of each page (default 7)")
    parser.add_argument("--json", metavar="FILE", help="write all measured values into this file")
    arguments = parser.parse_args()
    need_the_book()

    with sync_playwright() as playwright:
        browser = chromium.launch(playwright)
        describe_machine(browser)
        results = measure(browser, arguments.rounds)
        browser.close()
    code = demo_code()

    print(f"\n{CHAPTER}, median of {arguments.rounds} visits in a fresh profile")
    print(
        f"{'':20}{'requests':>9}{'gzip':>10}{'demo painted':>14}{'min to max':>18}  no other host"
    )
    middle = {}
    for name, values in results.items():
        middle[name] = {key: statistics.median(values[key]) for key in ("ms", "bytes", "requests")}
        m, ms = middle[name], values["ms"]
        alone = "demo runs" if values["alone"] else "no demo"
        spread = f"{min(ms):.0f} to {max(ms):.0f} ms"
        print(
            f"{name:20}{m['requests']:>9.0f}{m['bytes'] / 1e6:>7.2f} MB{m['ms']:>11.0f} ms"
            f"{spread:>18}  {alone}"
        )
    ours, default = middle[OURS], middle[DEFAULT]
    print(
        f"The default needs {default['bytes'] / ours['bytes']:.1f} times the bytes and "
        f"{default['ms'] / ours['ms']:.1f} times the time."
    )
    print("Demo code, gzip: " + ", ".join(f"{k} {v:.1f} kB" for k, v in code.items()) + "\n")
    verdict("demo code", sum(code.values()), LARGEST_DEMO_CODE, " kB")
    verdict("share of the default's time", ours["ms"] / default["ms"], LARGEST_SHARE_OF_TIME)
    verdict("chapter 8 with all its data", whole_page(HEAVIEST_CHAPTER), LARGEST_PAGE, " MB")

    if arguments.json:
        report = {"routes": results, "demo_code_kB": code}
        Path(arguments.json).write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
