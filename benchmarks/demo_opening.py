"""Time that a demo needs to open, for every demo of the book, and how long a reader waits for it.

    python benchmarks/demo_opening.py [--runs N] [--slowdown FACTOR] [--demos NAME ...]
                                      [--json FILE]

Each demo is opened in a page of its own, from which the others are removed, in three ways:

- By an address: the page jumps to the demo, of which nothing has been loaded. The time starts when
  the host begins with the demo.
- By a link in the page: the pointer rests on it for 0.2 s before the click, which is when the time
  starts.
- By scrolling there quickly, from more than four windows away. The time starts when the demo comes
  into view; it is 0 if the demo is open by then.

The time ends when the frame has been painted that follows the demo's own event: by then, its module
has been loaded and compiled, its data decoded, and the demo built, drawn, and laid out. The script
reports medians of N runs.
"""

import argparse
import json
import statistics
from pathlib import Path

from _common import SITE, Host, chromium, describe_machine, files_in, need_the_book, verdict
from playwright.sync_api import sync_playwright

LIMIT = 100.0  # milliseconds
SPEED = 3  # pixels per millisecond: a window in 0.3 s

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
# `bench(begin)` calls `begin(start)`, which tells with `start(time)` when the time starts.
CLOCK = """
window.bench = (begin) => new Promise((done, fail) => {
  let start = null, end = null;
  const finish = () => { if (start !== null && end !== null) done(Math.max(0, end - start)); };
  begin((time) => { start ??= time; finish(); });
  const note = () => { end = performance.now(); finish(); };
  const afterPaint = () => scheduler.postTask(note, { priority: "user-blocking" });
  box.addEventListener("lu:ready", () => requestAnimationFrame(afterPaint), { once: true });
  setTimeout(() => fail(new Error("the demo did not open")), 20000);
});
"""
# The host says that a demo waits for its files, no longer for its reader, when it begins with it.
BY_ADDRESS = """() => bench((start) => {
  const begun = new MutationObserver(() => start(performance.now()));
  begun.observe(box, { attributes: true, attributeFilter: ["data-waiting"] });
  box.scrollIntoView({ block: "center" });
})"""
# The time ends with the frame that follows both the click and the demo's event.
BY_LINK = """() => new Promise((done, fail) => {
  const link = document.createElement("a");
  box.id ||= "opened-by-link";
  link.href = `#${box.id}`;
  document.body.append(link);
  const ready = new Promise((resolve) => box.addEventListener("lu:ready", resolve));
  link.dispatchEvent(new PointerEvent("pointerover", { bubbles: true }));
  setTimeout(async () => {
    const start = performance.now();
    link.click();
    await ready;
    const note = () => done(performance.now() - start);
    requestAnimationFrame(() => scheduler.postTask(note, { priority: "user-blocking" }));
  }, 200);
  setTimeout(() => fail(new Error("the demo did not open")), 20000);
})"""
# A touched screen goes on moving while the page computes, so the way is a matter of the clock.
BY_SCROLLING = """() => bench((start) => {
  box.scrollIntoView({ behavior: "instant" });
  scrollBy({ top: -4.5 * innerHeight, behavior: "instant" });
  const [began, from] = [performance.now(), scrollY];
  start(began + (box.getBoundingClientRect().top - innerHeight) / SPEED);
  const step = () => requestAnimationFrame((now) => {
    const way = Math.min(SPEED * (now - began), 4.5 * innerHeight);
    scrollTo({ top: from + way, behavior: "instant" });
    if (now - began < 3000) step();
  });
  step();
})""".replace("SPEED", str(SPEED))
WAYS = {"by address": BY_ADDRESS, "by link": BY_LINK, "by scrolling": BY_SCROLLING}


def open_once(browser, address, number, way, slowdown):
    """Return the milliseconds that a page's demo of that number takes."""
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    page.add_init_script(CLOCK)
    page.add_init_script(f"({PREPARE})({number})")
    page.goto(address)
    page.wait_for_timeout(500)
    client = page.context.new_cdp_session(page)
    client.send("Emulation.setCPUThrottlingRate", {"rate": slowdown})
    time = page.evaluate(WAYS[way])
    page.close()
    return time


def measure(browser, path, options):
    """Return the times of a page's demos: ``{"demo, number": {way: milliseconds}}``."""
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
            times[f"{name}, {number + 1}"] = {
                way: statistics.median(
                    open_once(browser, address, number, way, options.slowdown)
                    for _ in range(options.runs)
                )
                for way in WAYS
            }
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
            for name, medians in measure(browser, f"book/{path.name}", options).items():
                report[f"{path.stem}, {name}"] = medians
                cells = "".join(f"{way:>14}{median:5.0f} ms" for way, median in medians.items())
                print(f"{path.stem + ', ' + name:46}{cells}", flush=True)
        browser.close()
    for way in WAYS:
        times = [medians[way] for medians in report.values()]
        slow = sum(time > LIMIT for time in times)
        print(f"{way}: median {statistics.median(times):.0f} ms, most {max(times):.0f} ms")
        verdict(f"demos of {len(times)} that need more than {LIMIT:.0f} ms {way}", slow, 0)
    if options.json:
        Path(options.json).write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
