"""On a slow phone, sliders skip states but never lag: the last press is visible at once."""

import numpy as np
import pytest

from lecture_utils.convolution import KERNELS
from lecture_utils.datasets import photo
from lecture_utils.widgets import ConvolutionLab, GaborLab

# Presses are queued by a worker's timer, which goes on while the page is busy, faster than any
# keyboard. Counted are drawings, so that the speed of the machine does not matter.
HOLD_DOWN = """async ([name, label, count]) => {
  const root = document.querySelector(`.lu-${name.replaceAll("_", "-")}`);
  const range = [...root.querySelectorAll("input[type=range]")].find(({ id }) =>
    root.querySelector(`label[for="${id}"]`)?.textContent === label);
  const step = (range.max - range.min) / count;
  const drawn = [];
  root.addEventListener("lu:drawn", ({ detail }) => drawn.push(detail));
  const source = `let n = 0; const timer = setInterval(() => {
    postMessage(n += 1); if (n === ${count}) clearInterval(timer); }, 4);`;
  const keyboard = new Worker(URL.createObjectURL(new Blob([source])));
  const beforeLast = await new Promise((done) => {
    keyboard.onmessage = ({ data: press }) => {
      range.value = Number(range.min) + step * press;
      range.dispatchEvent(new Event("input", { bubbles: true }));
      if (press === count) done(drawn.length);
    };
  });
  const frame = () => new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
  let quiet = 0;
  for (let seen = drawn.length; quiet < 5; seen = drawn.length) {
    await frame();
    quiet = drawn.length === seen ? quiet + 1 : 0;
  }
  const { layer, frequency } = drawn.at(-1);
  return { presses: count, drawings: drawn.length, afterLast: drawn.length - beforeLast,
           shown: frequency ?? layer.padding, asked: Number(range.value) };
}"""


def gabor():
    return GaborLab(image=photo("cat", size=256, gray=True), sigma=8)


def convolution():
    kernel = np.pad(KERNELS["horizontal edge"], 4)
    return ConvolutionLab(image=photo("cat", size=256, gray=True), kernel=kernel, dilation=2)


@pytest.mark.parametrize("slowdown", [4, 6])
@pytest.mark.parametrize(
    ("make", "name", "label"),
    [(gabor, "gabor_lab", "Frequency"), (convolution, "convolution_lab", "Padding")],
)
def test_the_last_press_is_visible_after_at_most_two_drawings(mount, make, name, label, slowdown):
    page = mount(make())
    client = page.context.new_cdp_session(page)
    client.send("Emulation.setCPUThrottlingRate", {"rate": slowdown})
    try:
        seen = page.evaluate(HOLD_DOWN, [name, label, 60])
    finally:
        client.send("Emulation.setCPUThrottlingRate", {"rate": 1})
    assert seen["shown"] == pytest.approx(seen["asked"])
    # None, where the last presses ask for the same whole number.
    assert seen["afterLast"] <= 2
    assert 1 <= seen["drawings"] <= seen["presses"]
