"""Time from a key press on a slider to the painted result: on the page, and in a notebook.

    python benchmarks/slider_latency.py [--presses N] [--json FILE]

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

A press counts as shown if an image for its own value of the control was painted; a press that was
skipped, because a newer one came first, is dropped and has no time. Presses wait for a frame: on a
60 Hz screen 8 ms on average, out of the 17 ms that the target allows.

All sliders of the book: `all_sliders.py`.
"""

import argparse
import json
import statistics
import sys
import tempfile
from pathlib import Path

import numpy as np
from _common import SITE, Host, describe_machine, files_in, jupyterlab, need_the_book, verdict
from _comparisons import COMPARISONS
from _latency import Keyboard, describe, wait_until_quiet
from playwright.sync_api import sync_playwright

TIMES_FASTER = 20.0

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


def measure_demo(keyboard, comparison, count):
    """Return the times of each control; and the first control's last value with its output."""
    with Host(files_in(SITE)) as site:
        page = keyboard.new_page()
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
            keyboard.hold(keys)
            wait_until_quiet(page)
            seen = page.evaluate("({ presses: bench.presses, paints: bench.paints })")
            paints = [(paint["at"], paint["value"]) for paint in seen["paints"]]
            times[control.name] = match(expected, seen["presses"], paints)
            if drawn is None:
                last = f"[({control.value})(bench.detail), ({comparison.output})(bench.detail)]"
                drawn = page.evaluate(last)
        page.close()
    return times, drawn


def measure_notebook(keyboard, comparison, count):
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
        page = keyboard.new_page()
        jupyterlab.open_and_run(page, address, "notebook.ipynb")
        page.locator(".jp-OutputArea img").wait_for()
        page.get_by_role("slider").first.focus()
        page.evaluate(WATCH_NOTEBOOK)
        expected = [value for _, value in control.presses(count)]
        upwards = np.diff([control.start, *expected]) > 0
        keyboard.hold(["ArrowRight" if up else "ArrowLeft" for up in upwards])
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


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--presses", type=int, default=60, help="key presses each (default 60)")
    parser.add_argument("--json", metavar="FILE", help="write all measured values into this file")
    arguments = parser.parse_args()
    count = arguments.presses
    need_the_book()

    report = {}
    with sync_playwright() as playwright:
        keyboard = Keyboard(playwright)
        describe_machine(keyboard.browser)
        for comparison in COMPARISONS:
            print(f"\n{comparison.title}: milliseconds from key press to paint")
            times, (value, output) = measure_demo(keyboard, comparison, count)
            check_same_image(comparison, value, output)
            notebook = measure_notebook(keyboard, comparison, count)
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
        keyboard.browser.close()
    if arguments.json:
        Path(arguments.json).write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
