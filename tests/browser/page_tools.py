"""What browser tests of all demos share: wait until the page shows a change, and read what it shows."""

import numpy as np

#: As an init script: what the page would copy is kept in `window.copied`.
KEEP_COPIES = "navigator.clipboard.writeText = async (text) => { window.copied = text; }"


def wait_for_frames(page):
    """Wait until what was asked for is drawn, which demos do in the next animation frame."""
    page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")


def wait_for_fading(page):
    """Wait until no color is on its way to another: contrast is judged at the end."""
    page.wait_for_function("!document.getAnimations().length")


def pixels(canvas):
    """Read a canvas as an array of RGBA, uint8 (H, W, 4)."""
    height, width, data = canvas.evaluate("""(canvas) => {
      const { width, height } = canvas;
      return [height, width, [...canvas.getContext("2d").getImageData(0, 0, width, height).data]];
    }""")
    return np.array(data, np.uint8).reshape(height, width, 4)
