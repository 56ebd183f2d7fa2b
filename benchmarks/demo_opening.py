"""Time that a demo needs to open, for every demo of the book: from its start to its first paint.

    python benchmarks/demo_opening.py [--runs N] [--slowdown FACTOR] [--demos NAME ...]
                                      [--json FILE]

Each demo is opened in a page of its own, from which the others are removed. The page is scrolled to
the demo. The time starts when the host begins to load the demo, and ends when the frame has been
painted that follows the demo's own event: by then, its module has been loaded and compiled, its
data decoded, and the demo built, drawn, and laid out. The script reports medians of N runs.
"""

import argparse
import json
import statistics
from pathlib import Path

from _common import SITE, Host, chromium, describe_machine, files_in, need_the_book, verdict
from playwright.sync_api import sync_playwright

LIMIT = 100.0  # milliseconds

# Before the host looks for demos: only one is left, and it is far away.
# (The document becomes interactive before the host's script runs.)
PREPARE = """(number) => document.addEventListener("readystatechange", () => {
  const all = [...document.querySelectorAll(".demo")];
  for (const [i, box] of all.entries()) if (i !== number) box.remove();
  const space = document.createElement("div");
  space.style.height = "400vh";
  all[number].before(space);
  window.box = all[number];
}, { once: true })"""
# The host takes the still image out of its <noscript> when it begins with a demo.
OPEN = """() => new Promise((done, fail) => {
  let start = null;
  new MutationObserver(() => { start ??= performance.now(); })
    .observe(box, { childList: true, subtree: true });
  const note = () => done(performance.now() - start);
  const afterPaint = () => scheduler.postTask(note, { priority: "user-blocking" });
  box.addEventListener("demo:ready", () => requestAnimationFrame(afterPaint), { once: true });
  setTimeout(() => fail(new Error("the demo did not open")), 20000);
  box.scrollIntoView({ block: "center" });
})"""


def open_once(page, address, number, slowdown):
    """Return the milliseconds that a page's demo of that number takes."""
    page.add_init_script(f"({PREPARE})({number})")
    page.goto(address)
    page.wait_for_timeout(500)
    client = page.context.new_cdp_session(page)
    client.send("Emulation.setCPUThrottlingRate", {"rate": slowdown})
    return page.evaluate(OPEN)


def measure(browser, path, options):
    """Return the times of a page's demos: ``{"demo, number": milliseconds}``."""
    times = {}
    with Host(files_in(SITE)) as site:
        address = f"{site.address}/{path}"
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        page.goto(address)
        names = page.locator(".demo").evaluate_all("all => all.map((demo) => demo.dataset.demo)")
        page.close()
        for number, name in enumerate(names):
            if options.demos and name not in options.demos:
                continue
            runs = []
            for _ in range(options.runs):
                page = browser.new_page(viewport={"width": 1280, "height": 900})
                runs.append(open_once(page, address, number, options.slowdown))
                page.close()
            times[f"{name}, {number + 1}"] = statistics.median(runs)
    return times


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=3, help="openings of each demo (default 3)")
    parser.add_argument("--slowdown", type=float, default=1, help="of the processor (default 1)")
    parser.add_argument("--demos", nargs="*", help="only these, such as GaborLab")
    parser.add_argument("--json", metavar="FILE", help="write all medians into this file")
    options = parser.parse_args()
    need_the_book()

    report = {}
    with sync_playwright() as playwright:
        browser = chromium.launch(playwright)
        describe_machine(browser)
        for path in sorted((SITE / "book").glob("*.html")):
            for name, median in measure(browser, f"book/{path.name}", options).items():
                report[f"{path.stem}, {name}"] = median
                print(f"{path.stem + ', ' + name:60}{median:8.0f} ms", flush=True)
        browser.close()
    slow = sum(median > LIMIT for median in report.values())
    verdict(f"demos that need more than {LIMIT:.0f} ms to open", slow, 0)
    if options.json:
        Path(options.json).write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
