"""Time from a key press on a slider to the painted result: on the page, and in a notebook.

    python benchmarks/slider_latency.py [--presses N] [--slowdown FACTOR] [--demos NAME ...]
                                        [--skip-notebook] [--json FILE]

A key is held down on one control after the other, so that trusted key events arrive at the rate of
a keyboard's auto-repeat, and every press requests a new result. Ours is the demo on the built page.
The notebook does the same computation in a Python cell of a real JupyterLab:
`ipywidgets.interact` with a slider, SciPy, and matplotlib's `imshow`. The script checks that both
compute the same image.

Painting is timed in both cases by the clock of the page that shows the result:

- It starts with the key event's `timeStamp`, which the browser sets when the event arrives, before
  it waits for anything else that the page is doing.
- In the demo, `putImageData` on the output's canvas shows that the result has been drawn, and the
  demo's own event tells for which value of the control. In JupyterLab, the script waits until the
  browser has decoded a new `<img>` in the cell's output.
- Then comes the paint. A callback of `requestAnimationFrame` runs before a frame is painted; an
  urgent task that it posts runs after the frame's style, layout and paint. That is the end. (The
  rest is the compositor's work and the same for both.)

After this comparison, which covers two demos with large inputs, every slider of every demo of the
book is held down in the same way, on the book's pages and with the demos' initial settings. There,
the value shown is the slider's value at the time of the demo's event for drawing. `--slowdown 4`
lets Chromium slow the processor down four times, as Lighthouse does for a phone.

A press counts as shown if an image for its own value of the control was painted; a press that was
skipped, because a newer one came first, is dropped and has no time. Presses wait for a frame: on a
60 Hz screen 8 ms on average, out of the 17 ms that the target allows.
"""

import argparse
import itertools
import json
import math
import statistics
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from _common import (
    SITE,
    Host,
    chromium,
    describe_machine,
    files_in,
    jupyterlab,
    need_the_book,
    verdict,
)
from _comparisons import COMPARISONS
from playwright.sync_api import sync_playwright

KEY_REPEAT = 0.033  # seconds between two events of a held key
TIMES_FASTER = 20.0
MEDIAN_LIMIT, TAIL_LIMIT = 17.0, 33.0  # milliseconds


# ---- In the page: when was which key pressed, and when was it painted?

# `shown(value)` records when the drawing that has just finished is painted: by the frame whose
# callbacks are running, or by the next one. If a frame gets several values, it shows the last one.
# An urgent task that one of the frame's callbacks posts runs after its paint; an ordinary message
# would also wait for all key presses that have arrived in the meantime.
CLOCK = """
window.bench = { presses: [], paints: [] };
const nextFrame = window.requestAnimationFrame.bind(window);
let frame = null;
window.requestAnimationFrame = (callback) => nextFrame((now) => {
  frame = now;
  try { callback(now); } finally { frame = null; }
});
const values = new Map();
function paintedBy(now, value) {
  if (!values.has(now)) {
    let noted = false;
    const note = () => {
      if (noted) return;
      noted = true;
      bench.paints.push({ at: performance.now(), value: values.get(now) });
    };
    scheduler.postTask(note, { priority: "user-blocking" });
    // On a busy page, a task may wait much longer than for the paint.
    nextFrame(note);
  }
  values.set(now, value);
}
bench.shown = (value) => {
  if (frame !== null) paintedBy(frame, value);
  else nextFrame((now) => paintedBy(now, value));
};
addEventListener("keydown", (event) => {
  if (event.isTrusted) bench.presses.push(event.timeStamp);
}, true);
"""

WATCH_DEMO = """
([demo, canvas, name, value]) => {
  const output = document.querySelector(demo).querySelector(canvas);
  Object.assign(bench, { valueOf: eval(value), presses: [], paints: [] });
  if (bench.watching) return;
  bench.watching = true;
  let redrawn = false;
  const { putImageData } = CanvasRenderingContext2D.prototype;
  CanvasRenderingContext2D.prototype.putImageData = function (...drawing) {
    if (this.canvas === output) redrawn = true;
    return putImageData.apply(this, drawing);
  };
  document.addEventListener("lu:drawn", ({ detail }) => {
    if (detail.demo !== name) return;
    bench.detail = detail;
    if (redrawn) bench.shown(bench.valueOf(detail));
    redrawn = false;
  });
}
"""

# A press is identified by the value of its slider at that time.
WATCH_SLIDER = """
(range) => {
  Object.assign(bench, { presses: [], paints: [], sliders: [], before: undefined });
  bench.range = range;
  if (bench.watchingSliders) return;
  bench.watchingSliders = true;
  addEventListener("input", ({ target }) => {
    if (target === bench.range) bench.sliders.push(Number(target.value));
  }, true);
  document.addEventListener("lu:drawn", ({ target }) => {
    if (target.contains(bench.range)) bench.shown(Number(bench.range.value));
  });
}
"""

WATCH_NOTEBOOK = """
() => {
  Object.assign(bench, { presses: [], paints: [], computed: 0 });
  const seen = new WeakSet(document.querySelectorAll(".jp-OutputArea img"));
  new MutationObserver(() => {
    for (const image of document.querySelectorAll(".jp-OutputArea img")) {
      if (seen.has(image)) continue;
      seen.add(image);
      const place = bench.computed++;
      image.decode().then(() => bench.shown(place), () => {}); // a newer one may have replaced it
    }
  }).observe(document.body, { childList: true, subtree: true });
}
"""


def hold_keys(page, keys):
    """Press keys at the rate of auto-repeat; the same key several times in a row is held down."""
    held = None
    due = time.perf_counter()
    for key in keys:
        if held not in (None, key):
            page.keyboard.up(held)
        page.keyboard.down(key)  # pressed again while it is down: auto-repeat
        held = key
        due += KEY_REPEAT
        time.sleep(max(0.0, due - time.perf_counter()))
    page.keyboard.up(held)


def wait_until_quiet(page, seconds=1.0):
    """Wait until nothing new has been painted for a while."""
    page.wait_for_function(
        """(quiet) => {
            const count = bench.paints.length;
            if (count !== bench.before) [bench.before, bench.since] = [count, performance.now()];
            return performance.now() - bench.since > quiet;
        }""",
        arg=1000 * seconds,
        polling=100,
        timeout=120_000,
    )


def match(expected, presses, paints):
    """Return the milliseconds of every press that was shown before a later one was painted.

    Parameters
    ----------
    expected : list of float
        The value that results from each press.
    presses : list of float
        The time of each press.
    paints : list of (float, float)
        Time and value of every painted image, in order.
    """
    if len(presses) != len(expected):
        raise RuntimeError(f"the page received {len(presses)} of {len(expected)} key presses")
    times, done = [], 0
    for at, value in paints:
        # The latest press that the image can belong to; never one that came after it.
        fitting = [
            i
            for i in range(done, len(expected))
            if presses[i] <= at and abs(expected[i] - value) < 1e-6
        ]
        if fitting:
            times.append(at - presses[fitting[-1]])
            done = fitting[-1] + 1
    return times


# ---- The two methods


def measure_demo(browser, comparison, count):
    """Return the times of each control; and the first control's last value with its output."""
    with Host(files_in(SITE)) as site:
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        page.add_init_script(CLOCK)
        page.goto(f"{site.address}/{comparison.page}")
        page.mouse.move(5, 5)  # demos start when a reader moves the mouse and they are near
        demo = page.locator(comparison.demo).first
        page.locator(
            f".demo[data-demo={comparison.title.split(',')[0]}]"
        ).first.scroll_into_view_if_needed()
        demo.wait_for()
        comparison.set_up(demo)
        times, drawn = {}, None
        for control in comparison.controls:
            watch = [comparison.demo, comparison.canvas, comparison.name, control.value]
            page.evaluate(WATCH_DEMO, watch)
            control.focus(demo).focus()
            keys, expected = zip(*control.presses(count), strict=True)
            hold_keys(page, keys)
            wait_until_quiet(page)
            seen = page.evaluate("({ presses: bench.presses, paints: bench.paints })")
            paints = [(paint["at"], paint["value"]) for paint in seen["paints"]]
            times[control.name] = match(expected, seen["presses"], paints)
            if drawn is None:
                last = f"[({control.value})(bench.detail), ({comparison.output})(bench.detail)]"
                drawn = page.evaluate(last)
        page.close()
    return times, drawn


def measure_sliders(browser, path, count, slowdown, wanted):
    """Return the times of all sliders of a page: ``{"demo: slider": milliseconds}``."""
    all_times = {}
    with Host(files_in(SITE)) as site:
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        page.add_init_script(CLOCK)
        page.goto(f"{site.address}/{path}")
        page.mouse.move(5, 5)  # from now on, demos start when they are near
        client = page.context.new_cdp_session(page)
        for demo in page.locator(".demo").all():
            name = demo.get_attribute("data-demo")
            # A challenge shows a demo that is measured by itself.
            if name == "Challenge" or (wanted and name not in wanted):
                continue
            demo.scroll_into_view_if_needed()
            demo.locator(".lu-demo").wait_for()
            client.send("Emulation.setCPUThrottlingRate", {"rate": slowdown})
            for slider in demo.locator("input[type=range]:enabled:visible").all():
                label = slider.evaluate("(e) => e.labels[0]?.textContent ?? e.ariaLabel ?? '?'")
                slider.focus()
                slider.evaluate(WATCH_SLIDER)
                hold_keys(page, ["ArrowRight", "ArrowLeft"])  # the first drawing compiles the code
                wait_until_quiet(page, seconds=0.3)
                slider.evaluate(WATCH_SLIDER)
                hold_keys(
                    page, ["ArrowRight"] * (count // 2) + ["ArrowLeft"] * (count - count // 2)
                )
                wait_until_quiet(page)
                seen = page.evaluate("bench")
                # At the end of its range, a slider does not react to a press.
                moved = min(len(seen["sliders"]), len(seen["presses"]))
                if moved:
                    paints = [(paint["at"], paint["value"]) for paint in seen["paints"]]
                    times = match(seen["sliders"][:moved], pressed(seen, moved), paints)
                    all_times[f"{name}: {label.strip()}"] = (times, moved)
            client.send("Emulation.setCPUThrottlingRate", {"rate": 1})
        page.close()
    return all_times


def pressed(seen, moved):
    """Return the times of presses that moved the slider; the others came at an end of its range."""
    half = (len(seen["presses"]) + 1) // 2
    forth = sum(b > a for a, b in itertools.pairwise([-math.inf, *seen["sliders"]]))
    return [*seen["presses"][:forth], *seen["presses"][half:]][:moved]


def measure_notebook(browser, comparison, count):
    """Return the times of the notebook for the first of the controls."""
    control = comparison.controls[0]
    low, high = sorted((control.start, control.end))
    limits = f"min={low}, max={high}, step={abs(control.step)}"
    show = f"""\
import ipywidgets
import matplotlib.pyplot as plt

calls = []


@ipywidgets.interact(value=ipywidgets.FloatSlider({control.start}, {limits}))
def show(value):
    calls.append(value)
    plt.imshow(compute(value), **scale)
    plt.axis("off")
    plt.show()
"""
    with tempfile.TemporaryDirectory() as folder, jupyterlab.server(folder) as address:
        jupyterlab.write_notebook(Path(folder, "notebook.ipynb"), comparison.compute, show)
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        page.add_init_script(CLOCK)
        jupyterlab.open_and_run(page, address, "notebook.ipynb")
        page.locator(".jp-OutputArea img").wait_for()
        page.get_by_role("slider").first.focus()
        page.evaluate(WATCH_NOTEBOOK)
        expected = [value for _, value in control.presses(count)]
        upwards = np.diff([control.start, *expected]) > 0
        hold_keys(page, ["ArrowRight" if up else "ArrowLeft" for up in upwards])
        wait_until_quiet(page, seconds=3.0)
        seen = page.evaluate("bench")
        calls = jupyterlab.run_json(page, "import json; print(json.dumps(calls[1:]))")
        page.close()
    if len(calls) != seen["computed"]:
        raise RuntimeError(f"{len(calls)} images were computed, but {seen['computed']} arrived")
    # The images arrive in the order of the calls that made them.
    paints = [(paint["at"], calls[paint["value"]]) for paint in seen["paints"]]
    return match(expected, seen["presses"], paints)


def check_same_image(comparison, value, output):
    """Compare the demo's output with the result of the notebook's cell for the same value."""
    scope = {}
    exec(comparison.compute, scope)
    reference = scope["compute"](value).ravel()
    apart = np.abs(np.array(output) - reference).max() / np.abs(reference).max()
    print(f"largest difference between the demo's and SciPy's output: {apart:.1e} of the maximum")
    if not apart < 1e-5:
        sys.exit("the two methods do not compute the same image; the times mean nothing")


def describe(times, count):
    """Return minimum, median, 95th percentile and maximum as a row of the table."""
    if not times:
        return f"{'nothing shown':>40}"
    cells = (min(times), statistics.median(times), np.percentile(times, 95), max(times))
    return "".join(f"{ms:>10.1f}" for ms in cells) + f"{len(times):>8} of {count}"


def measure_all(browser, arguments):
    """Print and return the times of all sliders of the book."""
    print(f"\nAll sliders, processor slowed down {arguments.slowdown:g} times")
    print(f"{'':44}{'min':>10}{'median':>10}{'95th':>10}{'max':>10}{'shown':>14}")
    report = {}
    for path in sorted((SITE / "book").glob("*.html")):
        all_times = measure_sliders(
            browser,
            f"book/{path.name}",
            arguments.presses,
            arguments.slowdown,
            arguments.demos,
        )
        for name, (times, moved) in all_times.items():
            print(f"{name:44}{describe(times, moved)}")
            report[f"{path.stem}, {name}"] = {"times": times, "presses": moved}
    slow = [
        name
        for name, row in report.items()
        if not row["times"]
        or statistics.median(row["times"]) > MEDIAN_LIMIT
        or np.percentile(row["times"], 95) > TAIL_LIMIT
        or len(row["times"]) < row["presses"]
    ]
    verdict(
        "sliders beyond 17 ms, 33 ms at the 95th percentile, or with dropped presses", len(slow), 0
    )
    for name in slow:
        print(f"    {name}")
    return report


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--presses", type=int, default=60, help="key presses each (default 60)")
    parser.add_argument("--slowdown", type=float, default=1, help="of the processor (default 1)")
    parser.add_argument("--demos", nargs="*", help="only the sliders of these, such as GaborLab")
    parser.add_argument("--skip-notebook", action="store_true", help="only the book's own sliders")
    parser.add_argument("--json", metavar="FILE", help="write all measured values into this file")
    arguments = parser.parse_args()
    count = arguments.presses
    need_the_book()

    report = {}
    with sync_playwright() as playwright:
        browser = chromium.launch(playwright)
        describe_machine(browser)
        for comparison in () if arguments.skip_notebook else COMPARISONS:
            print(f"\n{comparison.title}: milliseconds from key press to paint")
            times, (value, output) = measure_demo(browser, comparison, count)
            check_same_image(comparison, value, output)
            notebook = measure_notebook(browser, comparison, count)
            report[comparison.title] = {"demo": times, "notebook": notebook}
            print(f"{'':34}{'min':>10}{'median':>10}{'95th':>10}{'max':>10}{'shown':>14}")
            for name, values in times.items():
                print(f"{'demo, ' + name:34}{describe(values, count)}")
            print(f"{'notebook, ' + comparison.controls[0].name:34}{describe(notebook, count)}\n")
            for name, values in times.items():
                median = statistics.median(values)
                verdict(f"{name}, median", median, comparison.median_limit, " ms")
                tail = np.percentile(values, 95)
                verdict(f"{name}, 95th percentile", tail, comparison.tail_limit, " ms")
                faster = statistics.median(notebook) / median
                verdict(f"{name}, faster", faster, TIMES_FASTER, "x", at_least=True)
                verdict(f"{name}, dropped", count - len(values), 0)
        report["all sliders"] = measure_all(browser, arguments)
        browser.close()
    if arguments.json:
        Path(arguments.json).write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
