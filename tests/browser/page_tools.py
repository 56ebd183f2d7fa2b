"""What browser tests of all demos share: wait until the page shows a change, and read what it
shows.
"""

import base64
import json
import re
import time

import numpy as np
from axe_playwright_python.base import AXE_SCRIPT

#: As an init script: what the page would copy is kept in `window.copied`.
KEEP_COPIES = "navigator.clipboard.writeText = async (text) => { window.copied = text; }"


def on_drawn(demo, statements="target.drawn = detail;"):
    """Return an init script that runs JavaScript with `target` and `detail` each time a demo has
    drawn.

    `demo` is the name of its class; the event carries the name of its folder.
    """
    folder = re.sub(r"(?<!^)(?=[A-Z])", "_", demo).lower()
    return (
        "addEventListener('lu:drawn', ({ target, detail }) => { "
        f"if (detail.demo === '{folder}') {{ {statements} }} }});"
    )


# Playwright sends a list of numbers as one small object per number. Text is a hundred times faster.
_PACK = """
const base64 = (view) => {
  const bytes = new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
  let text = "";
  for (let i = 0; i < bytes.length; i += 32768) text += String.fromCharCode(...bytes.subarray(i, i + 32768));
  return btoa(text);
};
const pack = (key, value) => {
  if (ArrayBuffer.isView(value)) return { $type: value.constructor.name, data: base64(value) };
  if (typeof value === "number" && !Number.isFinite(value)) return { $number: String(value) };
  return value === undefined ? null : value;
};
const unpack = (value) => {
  if (Array.isArray(value)) return value.map(unpack);
  if (value?.$type) return new globalThis[value.$type](Uint8Array.from(atob(value.data), (c) => c.charCodeAt(0)).buffer);
  if (value?.constructor !== Object) return value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, unpack(each)]));
};
"""
_TYPES = {
    "Uint8Array": np.uint8,
    "Uint8ClampedArray": np.uint8,
    "Int8Array": np.int8,
    "Uint16Array": np.uint16,
    "Int16Array": np.int16,
    "Uint32Array": np.uint32,
    "Int32Array": np.int32,
    "Float32Array": np.float32,
    "Float64Array": np.float64,
}


_NAMES = {np.dtype(dtype): name for name, dtype in reversed(_TYPES.items())}


def _pack(value):
    if isinstance(value, np.ndarray) and (value.ndim != 1 or value.dtype not in _NAMES):
        value = list(value) if value.ndim > 1 else value.tolist()
    if isinstance(value, np.ndarray):
        return {"$type": _NAMES[value.dtype], "data": base64.b64encode(value.tobytes()).decode()}
    if isinstance(value, dict):
        return {key: _pack(each) for key, each in value.items()}
    return [_pack(each) for each in value] if isinstance(value, list | tuple) else value


def _unpack(found):
    if "$type" in found:
        return np.frombuffer(bytearray(base64.b64decode(found["data"])), _TYPES[found["$type"]])
    return float(found["$number"]) if "$number" in found else found


def read(target, function, arg=None):
    """Call a JavaScript function on a page or locator; arrays travel bit for bit, both ways.

    What are typed arrays in JavaScript are NumPy arrays here, flat.

    Parameters
    ----------
    target : Page or Locator
        Where the function runs; a locator's element is its first argument.
    function : str
        Source of a function, possibly async.
    arg : optional
        Its last argument. One-dimensional NumPy arrays in it become typed arrays; others, lists of
        their rows.
    """
    text = target.evaluate(
        f"async (...given) => {{ {_PACK} return JSON.stringify(await ({function})(...given.map(unpack)), pack); }}",
        _pack(arg),
    )
    return json.loads(text, object_hook=_unpack)


def wait_for_frames(page, count=2):
    """Wait until what was asked for is drawn, which demos do in the next animation frame.

    This is a wait for work, not for time: what was asked for before is drawn before a frame that is
    asked for later, however long it takes. A demo that spreads its drawing needs more frames.
    """
    page.evaluate(
        """(left) => new Promise((done) => {
          const frame = () => (left-- ? requestAnimationFrame(frame) : done());
          frame();
        })""",
        count,
    )


def settled_box(locator):
    """Return where an element stands, as ``bounding_box`` does, once two frames agree on it.

    What is drawn anew or laid out anew has no place for a moment, or its old one.
    """
    deadline = time.monotonic() + 60
    before = None
    while time.monotonic() < deadline:
        box = locator.bounding_box()
        if box is not None and box == before:
            return box
        before = box
        wait_for_frames(locator.page, 1)
    raise TimeoutError(f"{locator} does not settle: it was last at {before}")


def press_before_a_drawing(*keys):
    """Return a JavaScript function that presses keys on an element, in a row: no drawing comes
    between.
    """
    return f"""(element) => {{
      for (const key of {json.dumps(keys)}) {{
        element.dispatchEvent(new KeyboardEvent("keydown", {{ key, bubbles: true, cancelable: true }}));
      }}
    }}"""


def play_until(button, condition):
    """Press a button that plays, and once more as soon as a condition holds; return what it said
    until then.

    All of it happens in the page: from here, the second press may come when all is over.

    Parameters
    ----------
    button : Locator
    condition : str
        JavaScript, in which `root` is the demo.
    """
    return button.page.wait_for_function(
        f"""(button) => {{
          const root = button.closest(".lu-demo");
          if (!button.plays) button.click();
          button.plays = true;
          if (!({condition})) return false;
          button.plays = false;
          const said = button.textContent;
          button.click();
          return said;
        }}""",
        arg=button.element_handle(),
    ).json_value()


_SHIFT = """async () => {
  if (!window.watchedShifts) {
    let sum = 0;
    const isByDesign = ({ node }) => node?.parentElement?.closest("nav");
    const add = (entries) => {
      for (const { value, hadRecentInput, sources } of entries) {
        if (hadRecentInput || (sources.length && sources.every(isByDesign))) continue;
        sum += value;
      }
    };
    const observer = new PerformanceObserver((list) => add(list.getEntries()));
    observer.observe({ type: "layout-shift", buffered: true });
    window.watchedShifts = () => {
      add(observer.takeRecords());
      return sum;
    };
  }
  for (let i = 0; i < 2; i += 1) await new Promise((done) => requestAnimationFrame(done));
  return window.watchedShifts();
}"""


def layout_shift(page):
    """Return how far the parts of a page have moved by themselves since it was opened, as browsers
    measure it: 1 if everything in the window has moved by the window's height.

    What follows a click or a key does not count, and a table of contents may unfold where its
    reader is.
    """
    return page.evaluate(_SHIFT)


def fingers(page, *moments):
    """Touch a page that is open with ``has_touch``: each moment gives the places of all fingers
    that are down, by number. After the last, all are lifted.
    """
    client = page.context.new_cdp_session(page)
    down = set()
    for places in [*moments, {}]:
        kind = "touchStart" if set(places) - down else "touchMove" if places else "touchEnd"
        points = [{"id": number, "x": x, "y": y} for number, (x, y) in places.items()]
        client.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})
        down = set(places)


def swipe(page, *places):
    """Move a finger over a page that is open with ``has_touch``, from place to place."""
    fingers(page, *[{0: place} for place in places])


#: CSS: demos are enlarged as they are on a slide, by `zoom` and by a transform.
AS_ON_A_SLIDE = "main { zoom: 1.5; transform: scale(1.2); transform-origin: 0 0; }"

#: JavaScript: what the browser's own zoom does to a page whose layout stays the same.
TWICE_AS_MANY_PIXELS = """() => {
  const value = 2 * devicePixelRatio;
  Object.defineProperty(window, "devicePixelRatio", { value, configurable: true });
  dispatchEvent(new Event("resize"));
}"""


def wait_for_fading(page):
    """Wait until nothing slides and no color is on its way to another: contrast is judged at the
    end.
    """
    page.wait_for_function("!document.getAnimations().length")


def pixels(canvas):
    """Read a canvas as an array of RGBA, uint8 (H, W, 4)."""
    height, width, data = read(
        canvas,
        """(canvas) => {
      const { width, height } = canvas;
      return [height, width, canvas.getContext("2d").getImageData(0, 0, width, height).data];
    }""",
    )
    return data.reshape(height, width, 4)


# Measuring the contrast of each of the thousands of words of a page takes most of axe's time. Where
# an element and all around it have the same tag, class and style, the contrast is the same, and the
# first one stands for all. Plots are left out: there, what lies over what is not a matter of style.
# (In demos it is not always one, either, but the test of each demo judges all of its words.)
_MARK_REPEATED_TEXT = """() => {
  const looks = new Map([[document.documentElement, 0]]);
  const numbers = new Map();
  const number = (text) => numbers.get(text) ?? numbers.set(text, numbers.size + 1).get(text);
  const look = (element) => {
    if (!looks.has(element)) {
      const { color, fill, backgroundColor, backgroundImage, fontSize, fontWeight, opacity, position, textShadow } =
        getComputedStyle(element);
      looks.set(element, number([look(element.parentElement), element.tagName, element.getAttribute("class"), color, fill,
        backgroundColor, backgroundImage, fontSize, fontWeight, opacity, position, textShadow].join()));
    }
    return looks.get(element);
  };
  const seen = new Set();
  for (const element of document.body.querySelectorAll("*")) {
    const hasText = [...element.childNodes].some((node) => node.nodeType === Node.TEXT_NODE && node.data.trim());
    if (!hasText || element.closest(".demo svg")) continue;
    element.toggleAttribute("data-repeated-text", seen.has(look(element)));
    seen.add(look(element));
  }
  axe.configure({ rules: [{ id: "color-contrast", selector: "*:not([data-repeated-text])" }] });
}"""


def violations(page, part=None):
    """Let axe judge a page, or the parts that match a selector; return what it objects to, in
    words.
    """
    page.evaluate(AXE_SCRIPT)
    if part is None:
        page.evaluate(_MARK_REPEATED_TEXT)
    # It writes down what it has found otherwise for violations only, which is most of its work, and
    # does not fetch style sheets by itself, from addresses that it guesses wrong.
    options = {"resultTypes": ["violations"], "preload": False}
    found = read(
        page,
        "async ([part, options]) => (await axe.run(part ?? document, options)).violations",
        [part, options],
    )
    return [
        f"{each['id']} ({each['impact']}): {each['help']}\n    {node['html'][:200]}\n    {node['target']}"
        for each in found
        for node in each["nodes"][:3]
    ]
