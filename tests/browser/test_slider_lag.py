"""On a slow phone, sliders skip states but never lag: the last press is visible at once."""

import numpy as np
import pytest

from lecture_utils.convolution import KERNELS
from lecture_utils.datasets import photo
from lecture_utils.widgets import ConvolutionLab, GaborLab

# The time of a press is when it was made, on a clock that all threads share. Drawings are counted,
# and how long the first one took says only whether a page could have fallen behind at all.
WATCH = """
const clock = () => performance.timeOrigin + performance.now();
const frame = () => new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
const root = document.querySelector(`.lu-${name.replaceAll("_", "-")}`);
const range = [...root.querySelectorAll("input[type=range]")].find(({ id }) =>
  root.querySelector(`label[for="${id}"]`)?.textContent === label);
const drawn = [];
root.addEventListener("lu:drawn", ({ detail }) => drawn.push({ ...detail, at: clock() }));
let presses = 0, lastMade = 0, firstHeard = 0;
const note = (made) => {
  presses += 1;
  lastMade = made;
  firstHeard ||= clock();
};
const report = async () => {
  let quiet = 0;
  for (let seen = drawn.length; quiet < 5; seen = drawn.length) {
    await frame();
    quiet = drawn.length === seen ? quiet + 1 : 0;
  }
  const { layer, frequency } = drawn.at(-1);
  return { presses, drawings: drawn.length, work: drawn[0].at - firstHeard,
           afterLast: drawn.filter(({ at }) => at > lastMade).length,
           shown: frequency ?? layer.padding, asked: Number(range.value) };
};
"""
# Presses are made by a worker's timer, which goes on while the page is busy, faster than any
# keyboard.
BY_TIMER = f"""async ([name, label, count, interval]) => {{
  {WATCH}
  const step = (range.max - range.min) / count;
  const source = `let n = 0; const timer = setInterval(() => {{
    postMessage([n += 1, performance.timeOrigin + performance.now()]);
    if (n === ${{count}}) clearInterval(timer);
  }}, ${{interval}});`;
  const keyboard = new Worker(URL.createObjectURL(new Blob([source])));
  await new Promise((done) => {{
    keyboard.onmessage = ({{ data: [press, made] }}) => {{
      range.value = Number(range.min) + step * press;
      note(made);
      range.dispatchEvent(new Event("input", {{ bubbles: true }}));
      if (press === count) done();
    }};
  }});
  return report();
}}"""
# The browser's own events. It does not wait for a press to be handled before it makes the next.
BY_KEYS = f"""async ([name, label, count]) => {{
  {WATCH}
  range.value = range.min;
  range.focus();
  const all = new Promise((done) => {{
    let heard = 0;
    range.addEventListener("keydown", (event) => {{
      if (!event.isTrusted) return;
      note(performance.timeOrigin + event.timeStamp);
      if ((heard += 1) === count) done();
    }});
  }});
  for (let i = 0; i < count; i += 1) pressKey();
  await all;
  return report();
}}"""


def press_keys(page, name, label, count):
    client = page.context.new_cdp_session(page)
    key = {"key": "ArrowRight", "code": "ArrowRight", "windowsVirtualKeyCode": 39}
    # Called from the page, each waits for its own answer only.
    page.expose_function(
        "pressKey", lambda: client.send("Input.dispatchKeyEvent", {"type": "rawKeyDown", **key})
    )
    return page.evaluate(BY_KEYS, [name, label, count])


def lags(seen, interval):
    """Return why a reader would say that a slider lags."""
    reasons = []
    if seen["shown"] != pytest.approx(seen["asked"]):
        reasons.append("shows another state")
    # One drawing may be under way when the last press is made, and others wait in front of it: the
    # next drawing is that of the first of them, and the last press has the one after.
    if seen["afterLast"] > 3:
        reasons.append("draws old states")
    if seen["work"] > 2 * interval and seen["drawings"] > 0.7 * seen["presses"]:
        reasons.append("draws all states")
    return reasons


def gabor():
    return GaborLab(image=photo("cat", size=256, gray=True), sigma=8)


def convolution():
    kernel = np.pad(KERNELS["horizontal edge"], 4)
    return ConvolutionLab(image=photo("cat", size=256, gray=True), kernel=kernel, dilation=2)


def lagging(make):
    """Return a demo that draws once per press."""
    start = "function promptly(draw, signal) {"
    widget = make()
    assert widget._esm.count(start) == 1
    widget._esm = widget._esm.replace(
        start, f"{start} return () => queueMicrotask(() => signal.aborted || draw());"
    )
    return widget


@pytest.fixture
def slow(mount, new_page):
    """Show a demo on a slow page: ``slow(widget, slowdown)``."""

    def show(widget, slowdown):
        # With options, it is a page that no other test uses.
        page = mount(widget, page=new_page(accept_downloads=False))
        client = page.context.new_cdp_session(page)
        client.send("Emulation.setCPUThrottlingRate", {"rate": slowdown})
        return page

    return show


@pytest.mark.parametrize("slowdown", [4, 6])
@pytest.mark.parametrize(
    ("make", "name", "label"),
    [(gabor, "gabor_lab", "Frequency"), (convolution, "convolution_lab", "Padding")],
)
def test_the_last_press_is_visible_after_a_few_drawings(slow, make, name, label, slowdown):
    seen = slow(make(), slowdown).evaluate(BY_TIMER, [name, label, 60, 4])
    assert seen["drawings"] >= 1
    assert not lags(seen, 4), seen


def test_so_it_is_with_keys(slow):
    seen = press_keys(slow(gabor(), 6), "gabor_lab", "Frequency", 40)
    assert seen["presses"] == 40 and seen["drawings"] >= 1
    assert not lags(seen, 0), seen


def test_a_slider_that_lags_is_noticed(slow):
    seen = slow(lagging(gabor), 6).evaluate(BY_TIMER, ["gabor_lab", "Frequency", 60, 4])
    assert {"draws old states", "draws all states"} <= set(lags(seen, 4)), seen


def test_so_it_is_with_keys_too(slow):
    seen = press_keys(slow(lagging(gabor), 6), "gabor_lab", "Frequency", 40)
    assert {"draws old states", "draws all states"} <= set(lags(seen, 0)), seen
