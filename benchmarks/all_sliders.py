"""Time from a key press to the painted result, for every slider of every demo on the book's pages.

    python benchmarks/all_sliders.py [--presses N] [--slowdown FACTOR] [--demos NAME ...]
                                     [--challenges] [--json FILE]

Each slider is moved back and forth by a held key, as in `slider_latency.py`, which says how
painting is timed; here, demos have their initial settings. A slider is an `<input type="range">`,
also one that is folded away, or an element with the role of a slider, such as the crosshair of the
learning curves. `--slowdown 4` lets Chromium slow the processor down four times, as Lighthouse does
for a phone; `--challenges` adds the demos in the challenges.

Presses are numbered. A demo draws the newest state, so a drawing belongs to the last press that its
page had handled, and earlier ones without a drawing of their own were dropped. What a reader sees
is too old if it belongs to a press of more than 50 ms ago.
"""

import argparse
import json
import statistics
from pathlib import Path

import numpy as np
from _common import SITE, Host, describe_machine, files_in, need_the_book, verdict
from _latency import Keyboard, describe, wait_until_quiet
from playwright.sync_api import sync_playwright

MEDIAN_LIMIT, TAIL_LIMIT, OLDEST = 17.0, 33.0, 50.0  # milliseconds
#: Nothing on the page depends on these, so there is no drawing to wait for.
DRAW_NOTHING = {"FilterLearner: Steps per frame"}

# A press counts if it has moved the slider; what it asked for is drawn later.
WATCH = """
(slider) => {
  Object.assign(bench, { presses: [], paints: [], moves: [], before: undefined, slider });
  if (bench.watching) return;
  bench.watching = true;
  const moved = (event) => bench.slider === event.target && bench.moves.push(bench.presses.at(-1));
  addEventListener("input", moved, true);
  addEventListener("keydown", (event) => event.target.role === "slider" && moved(event), true);
  document.addEventListener("lu:drawn", ({ target }) => {
    if (target === bench.slider.closest(".lu-demo")) bench.shown(bench.moves.length - 1);
  });
}
"""
#: Steps to the left and to the right that a slider has left.
ROOM = """
(slider) => {
  const { min, max, step, value } = slider;
  const [low, high, at] = slider.role === "slider"
    ? [slider.ariaValueMin, slider.ariaValueMax, slider.ariaValueNow] : [min, max, value];
  return [at - low, high - at].map((room) => Math.round(room / (Number(step) || 1)));
}
"""
NAME = "(slider) => slider.labels?.[0]?.textContent ?? slider.ariaLabel"


def keys_for(room, count):
    """Return `count` keys that all move a slider: to the side with more room, back, and again."""
    left, right = room
    there, back = ("ArrowLeft", "ArrowRight") if left > right else ("ArrowRight", "ArrowLeft")
    steps = min(max(left, right), count // 2)
    return ([there] * steps + [back] * steps) * -(-count // (2 * steps))


def match(moves, paints):
    """Return the milliseconds of every press that got a drawing of its own.

    Parameters
    ----------
    moves : list of float
        The time of each press.
    paints : list of (float, int)
        Time of every painted frame, and the number of the press that it shows, in order.
    """
    times, last = [], -1
    for at, number in paints:
        if number > last:
            times.append(at - moves[number])
            last = number
    return times


def measure_page(keyboard, path, arguments):
    """Return the times of all sliders of a page: ``{"demo: slider": (milliseconds, presses)}``."""
    all_times = {}
    with Host(files_in(SITE)) as site:
        page = keyboard.new_page()
        page.goto(f"{site.address}/{path}")
        page.mouse.move(5, 5)  # from now on, demos start when they are near
        client = page.context.new_cdp_session(page)
        for demo in page.locator(".demo").all():
            name = demo.get_attribute("data-demo")
            in_challenge = name == "Challenge"
            if (in_challenge and not arguments.challenges) or (
                arguments.demos and name not in arguments.demos
            ):
                continue
            demo.scroll_into_view_if_needed()
            demo.locator(".lu-demo .lu-demo" if in_challenge else ".lu-demo").wait_for()
            if in_challenge:
                name = demo.locator(".lu-demo").first.get_attribute("aria-label")
            demo.locator("details:has(input[type=range])").evaluate_all(
                "(all) => { for (const each of all) each.open = true; }"
            )
            client.send("Emulation.setCPUThrottlingRate", {"rate": arguments.slowdown})
            for slider in demo.locator(
                ":is(input[type=range]:enabled, [role=slider]):visible"
            ).all():
                label = f"{name}: {slider.evaluate(NAME).strip()}"
                if label not in DRAW_NOTHING:
                    all_times[label] = measure(keyboard, page, slider, arguments.presses)
            client.send("Emulation.setCPUThrottlingRate", {"rate": 1})
        page.close()
    return all_times


def measure(keyboard, page, slider, count):
    """Return the milliseconds of the presses that were shown, and the number of all presses."""
    slider.focus()
    keys = keys_for(slider.evaluate(ROOM), count)
    # The first drawings compile the code.
    for held in ([keys[0], keys[-1]], keys):
        slider.evaluate(WATCH)
        keyboard.hold(held)
        wait_until_quiet(page)
    seen = page.evaluate("({ moves: bench.moves, paints: bench.paints })")
    if len(seen["moves"]) != len(keys):
        raise RuntimeError(f"{len(seen['moves'])} of {len(keys)} presses have moved the slider")
    paints = [(paint["at"], paint["value"]) for paint in seen["paints"]]
    return match(seen["moves"], paints), len(keys)


def is_slow(times, presses):
    """Return whether a slider misses any of the targets."""
    return (
        len(times) < presses
        or statistics.median(times) > MEDIAN_LIMIT
        or np.percentile(times, 95) > TAIL_LIMIT
        or max(times) > OLDEST
    )


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--presses", type=int, default=60, help="key presses each (default 60)")
    parser.add_argument("--slowdown", type=float, default=1, help="of the processor (default 1)")
    parser.add_argument("--demos", nargs="*", help="only the sliders of these, such as GaborLab")
    parser.add_argument("--challenges", action="store_true", help="the demos in challenges, too")
    parser.add_argument("--json", metavar="FILE", help="write all measured values into this file")
    arguments = parser.parse_args()
    need_the_book()

    report = {}
    with sync_playwright() as playwright:
        keyboard = Keyboard(playwright)
        describe_machine(keyboard.browser)
        print(f"Milliseconds from key press to paint, slowed down {arguments.slowdown:g} times")
        print(f"{'':44}{'min':>10}{'median':>10}{'95th':>10}{'max':>10}{'shown':>14}")
        for path in sorted((SITE / "book").glob("*.html")):
            page_times = measure_page(keyboard, f"book/{path.name}", arguments)
            for name, (times, presses) in page_times.items():
                print(f"{name:44}{describe(times, presses)}", flush=True)
                report[f"{path.stem}, {name}"] = {"times": times, "presses": presses}
        keyboard.browser.close()
    slow = [name for name, row in report.items() if is_slow(**row)]
    verdict(
        f"of {len(report)} sliders, beyond 17 ms (median), 33 ms (95th percentile) or 50 ms (any), "
        "or with dropped presses",
        len(slow),
        0,
    )
    for name in slow:
        print(f"    {name}")
    if arguments.json:
        Path(arguments.json).write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
