"""The static host does for a demo what anywidget does in JupyterLab."""

import json
import re

import anywidget
import demo_data
import numpy as np
import pytest
import traitlets
from conftest import ROOT, demo_page
from page_tools import settled_box
from playwright.sync_api import expect

from lecture_utils.widgets._demo import ArrayTrait


def make(esm, css="", **traits):
    """Return a small widget with the given module and traits."""
    attributes = {
        "_esm": esm,
        "_css": css,
        "figure_html": lambda self: "<p>picture</p>",
        **{name: trait.tag(sync=True) for name, trait in traits.items()},
    }
    return type("Small", (anywidget.AnyWidget,), attributes)()


COUNTER = """
export default { render({ model, el }) {
  const button = document.createElement("button");
  const draw = () => { button.textContent = `count ${model.get("count")}`; };
  button.onclick = () => { model.set("count", model.get("count") + 1); model.save_changes(); };
  model.on("change:count", draw);
  draw();
  el.append(button);
  return () => model.off("change:count", draw);
} };
"""


def test_get_set_on_and_save_changes(mount):
    page = mount(make(COUNTER, count=traitlets.Int(3)))
    page.get_by_role("button").click()
    page.get_by_role("button").click()
    assert page.get_by_role("button").inner_text() == "count 5"


def test_views_of_one_model_share_it(mount):
    widget = make(COUNTER, count=traitlets.Int(0))
    page = mount(widget, widget)
    page.get_by_role("button").first.click()
    assert page.get_by_role("button").all_inner_texts() == ["count 1", "count 1"]


def test_two_models_of_one_class_do_not(mount):
    page = mount(make(COUNTER, count=traitlets.Int(0)), make(COUNTER, count=traitlets.Int(7)))
    page.get_by_role("button").last.click()
    assert page.get_by_role("button").all_inner_texts() == ["count 0", "count 8"]


def test_events_arrive_once_in_order_and_off_ends_them(mount):
    page = mount(
        make(
            """
        export default { render({ model, el }) {
          const log = [];
          const named = () => log.push("change:a");
          const once = () => { log.push("once"); model.off("change:a", once); };
          model.on("change:a", once);
          model.on("change:a change:b", named);
          model.on("change", () => log.push("change"));
          model.set("a", 1); model.set("a", 1);
          model.set({ a: 2, b: 2 });
          log.push(Object.keys(model.changedAttributes()).sort().join("+"));
          model.save_changes();
          log.push(String(model.changedAttributes()));
          model.off("change:a change:b", named);
          model.set("a", 3);
          model.off("change");
          model.set("a", 4);
          el.textContent = log.join(" ");
        } };""",
            a=traitlets.Int(0),
            b=traitlets.Int(0),
        )
    )
    assert page.locator(".demo-live").inner_text() == (
        "once change:a change change:a change:a change a+b false change"
    )


def test_binary_buffers_arrive_also_nested(mount):
    numbers = np.random.default_rng(0).normal(size=(3, 4)).astype("float32")
    widget = make(
        """
        export default { render({ model, el }) {
          const { shape, dtype, data } = model.get("numbers");
          const values = new Float32Array(data.buffer, data.byteOffset, data.byteLength / 4);
          const inner = new Uint8Array(model.get("nested").list[1].bytes.buffer);
          el.textContent = JSON.stringify({ shape, dtype, values: [...values], inner: [...inner] });
        } };""",
        numbers=ArrayTrait("float32", 2),
        nested=traitlets.Dict(),
    )
    widget.numbers = numbers
    widget.nested = {"list": [1, {"bytes": memoryview(bytes([1, 2, 255]))}]}
    page = mount(widget)
    shown = json.loads(page.locator(".demo-live").inner_text())
    assert shown["shape"] == [3, 4]
    assert shown["dtype"] == "float32"
    assert shown["inner"] == [1, 2, 255]
    np.testing.assert_array_equal(np.float32(shown["values"]).reshape(3, 4), numbers)


def test_initialize_runs_once_before_all_renders_and_clean_up_runs(mount):
    widget = make(
        """
        window.log = [];
        export default {
          initialize({ model }) { log.push("initialize"); model.set("ready", true);
                                  return () => log.push("end of model"); },
          async render({ model, el }) { log.push(`render ${model.get("ready")}`);
                                  return () => log.push("end of view"); },
        };""",
        ready=traitlets.Bool(False),
    )
    page = mount(widget, widget)
    assert page.evaluate("log") == ["initialize", "render true", "render true"]
    page.evaluate("dispatchEvent(new PageTransitionEvent('pagehide'))")
    page.wait_for_function("log.length === 6")
    assert sorted(page.evaluate("log.slice(3)")) == ["end of model", "end of view", "end of view"]


def test_module_forms_of_anywidget(mount):
    as_function = (
        "export default async () => ({ render({ el }) { el.textContent = 'function'; } });"
    )
    as_named = "export function render({ el }) { el.textContent = 'named'; }"
    page = mount(make(as_function), make(as_named))
    assert page.locator(".demo-live").all_inner_texts() == ["function", "named"]


def test_css_is_added_once(mount):
    css = ".small { color: rgb(1, 2, 3); }"
    esm = "export default { render({ el }) { el.className += ' small'; el.textContent = 'x'; } };"
    page = mount(make(esm, css), make(esm, css))
    assert page.locator("style[data-demo-style]").count() == 1
    color = page.locator(".small").last.evaluate("e => getComputedStyle(e).color")
    assert color == "rgb(1, 2, 3)"


def test_an_error_in_one_demo_leaves_the_others_alone(mount):
    page = mount(
        make("export default { render() { throw new Error('broken on purpose'); } };"),
        make("this is no JavaScript"),
        make(COUNTER, count=traitlets.Int(1)),
    )
    messages = page.get_by_role("alert").all_inner_texts()
    assert len(messages) == 2
    assert "broken on purpose" in messages[0]
    assert page.get_by_role("button").inner_text() == "count 1"
    # A broken demo keeps its picture; a running one shows it in print only.
    pictures = page.locator(".demo-figure")
    assert [pictures.nth(i).is_visible() for i in range(3)] == [True, True, False]
    assert len(page.trouble) >= 2  # both errors are told on the console, too
    page.trouble.clear()


def test_a_widget_that_needs_a_kernel_keeps_its_picture(mount):
    import ipywidgets

    slider = ipywidgets.IntSlider()
    slider.figure_html = lambda: "<p>picture of a slider</p>"
    page = mount(slider)
    assert page.get_by_text("picture of a slider").is_visible()


def test_without_javascript_the_picture_is_there(new_page, mount):
    widget = make(COUNTER, count=traitlets.Int(1))
    page = mount(widget)
    url = page.url
    silent = new_page(java_script_enabled=False)
    silent.goto(url)
    assert silent.get_by_text("picture").is_visible()


#: The time after which a demo's still image is shown does not pass by itself: `late()` lets it.
STILL_IMAGE_TIMER = """
const { setTimeout: start, clearTimeout: stop } = window;
const waiting = new Map();
window.setTimeout = (act, delay, ...given) => {
  if (delay !== 150) return start(act, delay, ...given);
  const handle = `image ${waiting.size}`;
  waiting.set(handle, () => act(...given));
  return handle;
};
window.clearTimeout = (handle) => waiting.delete(handle) || stop(handle);
window.late = () => { for (const act of waiting.values()) act(); };
"""
#: Waits for `loaded()` before it is ready, and for `drawn()` while it draws.
SLOW = """
export default {
  initialize: () => new Promise((done) => { window.loaded = done; }),
  async render({ el }) {
    el.innerHTML = "<button>demo</button>";
    await new Promise((done) => { window.drawn = done; });
  },
};
"""


def with_hidden_picture(widget):
    """Let a widget's picture wait in a <noscript>, as it does in the book."""
    widget.figure_html = lambda: "<noscript><p>picture</p></noscript>"
    return widget


def test_a_demo_that_is_there_at_once_leaves_its_picture_where_it_is(page, mount):
    page.add_init_script(STILL_IMAGE_TIMER)
    mount(with_hidden_picture(make(COUNTER, count=traitlets.Int(1))))
    page.evaluate("late()")
    assert page.locator(".demo-figure > noscript").count() == 1
    assert not page.locator(".demo-figure").is_visible()
    assert page.locator(".demo").evaluate("demo => demo.offsetHeight < 100")


def test_a_picture_bridges_the_time_until_a_demo_is_there_and_nothing_moves(page, mount):
    page.add_init_script(STILL_IMAGE_TIMER)
    page.add_init_script(
        "addEventListener('DOMContentLoaded', () => document.querySelector('.demo')"
        ".insertAdjacentHTML('beforebegin', '<div style=\"height:600vh\"></div>'))"
    )
    mount(with_hidden_picture(make(SLOW)), start=lambda page: None)
    page.evaluate("scrollTo(0, document.body.scrollHeight)")
    page.wait_for_function("'loaded' in window")
    box, picture = page.locator(".demo"), page.get_by_text("picture")
    heights = [settled_box(box)["height"]]
    assert picture.count() == 0 and heights[0] > 500
    page.evaluate("late()")
    assert picture.is_visible()
    heights.append(settled_box(box)["height"])
    page.evaluate("loaded()")
    button = page.get_by_role("button")
    button.wait_for()
    # While it draws, it already stands where it will be, and keeps its space.
    assert not picture.is_visible() and page.locator(".demo-running").count() == 0
    heights.append(settled_box(box)["height"])
    assert len(set(heights)) == 1
    inside = "button => button.getBoundingClientRect().top - button.closest('.demo').getBoundingClientRect().top"
    before = button.evaluate(inside)
    page.wait_for_function("'drawn' in window")
    page.evaluate("drawn()")
    expect(page.locator(".demo-running")).to_have_count(1)
    assert button.evaluate(inside) == before < 20


def test_a_demo_that_cannot_start_shows_its_picture(page, mount):
    page.add_init_script(STILL_IMAGE_TIMER)
    broken = "export default { async render({ el }) { el.innerHTML = '<b>half</b>'; throw new Error('x'); } };"
    mount(with_hidden_picture(make(broken)))
    assert page.get_by_text("picture").is_visible() and page.get_by_role("alert").is_visible()
    assert page.trouble
    page.trouble.clear()


def test_in_print_the_picture_is_there(mount):
    page = mount(make(COUNTER, count=traitlets.Int(1)))
    page.emulate_media(media="print")
    assert page.get_by_text("picture").is_visible()
    assert not page.get_by_role("button").is_visible()


SUM = """
export default { render({ model, el }) {
  const { data } = model.get("numbers");
  let sum = 0;
  for (let i = 0; i < data.byteLength; i += 1) sum += data.getUint8(i);
  el.textContent = `sum ${sum}, ${model.get("count")} more`;
} };
"""


@pytest.fixture
def far_demo(page, tmp_path):
    """Some windows below the top, a demo whose code and arrays are in files; opened without any
    server.
    """

    def show(windows=3, around=""):
        numbers = np.random.default_rng(0).integers(0, 256, 1000, dtype=np.uint8)
        widget = make(SUM, numbers=ArrayTrait("uint8"), count=traitlets.Int(4))
        widget.numbers = numbers
        small = make(COUNTER, count=traitlets.Int(1))
        html = demo_page(small, widget)
        before, text, after = re.split(
            r'(?<=widget-state\+json">)(.*?)(?=</script>)', html, flags=re.S
        )
        state = json.loads(text)

        def write(folder, script):
            name = "large.js" if folder == demo_data.DATA_FOLDER else f"{len(script)}.js"
            (tmp_path / name).write_text(script)
            return name

        assert demo_data.move_demos(state, write, large=1000) == 2
        gap = f'<div style="height:{windows}00vh"></div>{around}<div class="demo">'
        body = before + json.dumps(state) + after
        first, second = (m.start() for m in re.finditer('<div class="demo">', body))
        assert first < second
        html = body[:second] + gap + body[second + len('<div class="demo">') :]
        (tmp_path / "index.html").write_text(html)
        host = ROOT / "book" / "_static" / "widget-host.mjs"
        (tmp_path / "widget-host.mjs").write_bytes(host.read_bytes())
        (tmp_path / "book.css").write_text("[data-waiting] { outline: 1px solid; }")
        (tmp_path / "fonts.css").write_text("")
        page.goto((tmp_path / "index.html").as_uri())
        page.wait_for_function("document.documentElement.dataset.demos === 'ready'")
        return f"sum {numbers.sum()}, 4 more"

    return show


def test_a_demo_loads_its_files_when_a_reader_comes_near(page, far_demo):
    asked = []
    page.on("request", lambda request: asked.append(request.url.rpartition("/")[2]))
    expected = far_demo()
    assert page.get_by_role("button").inner_text() == "count 1"  # the small one did not wait
    picture = page.locator(".demo-figure").last
    waiting = page.locator("[data-waiting]")
    assert waiting.count() == 1 and picture.is_visible() and "large.js" not in asked
    # Its picture waits in a <noscript> on the book's pages, and is there when it may be seen.
    # Leaving the page does not start what nobody saw.
    page.evaluate("dispatchEvent(new PageTransitionEvent('pagehide'))")
    assert "large.js" not in asked
    page.evaluate("scrollTo(0, 1.5 * innerHeight)")
    expect(page.locator(".demo-live").last).to_have_text(expected)
    assert asked.count("large.js") == 1
    assert waiting.count() == 0 and page.locator(".demo-running").count() == 2
    assert page.locator('script[src="large.js"]').count() == 0  # its text is not kept


#: Asks for a file when the host would have asked for a demo's: after the reader's first move, when
#: it is known which elements are near, and the browser is idle.
ASK_LATER = """() => {
    const next = (start) => () => new Promise((resolve) => start(() => resolve()));
    next((done) => addEventListener("pointermove", done, { capture: true, once: true }))()
        .then(next((done) => new IntersectionObserver(done).observe(document.body)))
        .then(next(requestIdleCallback))
        .then(next(requestIdleCallback))
        .then(() => {
            const script = document.createElement("script");
            script.src = "later.js";
            document.head.append(script);
        });
}"""


def asks_for(name):
    return lambda request: request.url.rpartition("/")[2] == name


SKIPPED = (
    '<section class="skippable" style="content-visibility:auto;contain-intrinsic-height:600px">'
)
#: The host has nothing to do with it: it only is the first one of its section.
ANOTHER = '<div class="demo" style="height:10vh"></div>'


@pytest.mark.parametrize(
    "windows, saves_data, around, early",
    [
        (3, False, "", True),
        (6, False, "", False),
        (3, True, "", False),
        # What is inside of a section that the browser skips is nowhere.
        (3, False, SKIPPED, True),
        (3, False, SKIPPED + SKIPPED, True),
        (6, False, SKIPPED, False),
        # A section may be long: only its first demo comes as early as the section.
        (3, False, SKIPPED + ANOTHER, False),
        (3, False, SKIPPED + ANOTHER + SKIPPED, False),
    ],
)
def test_files_come_before_a_moving_reader_does(
    page, far_demo, tmp_path, windows, saves_data, around, early
):
    connection = f"{{ value: {{ saveData: {json.dumps(saves_data)} }} }}"
    page.add_init_script(f"Object.defineProperty(navigator, 'connection', {connection})")
    asked = []
    page.on("request", lambda request: asked.append(request.url.rpartition("/")[2]))
    expected = far_demo(windows, around)
    assert "large.js" not in asked
    (tmp_path / "later.js").write_text("")
    page.evaluate(ASK_LATER)
    with page.expect_request(asks_for("later.js")):
        page.mouse.move(5, 5)
    assert ("large.js" in asked) == early
    assert page.locator("[data-waiting]").count() == 1  # it has not started
    page.locator(".demo").last.scroll_into_view_if_needed()
    expect(page.locator(".demo-live").last).to_have_text(expected)
    assert asked.count("large.js") == 1


#: Adds a link to a section with the second and the third demo, sends it the given events in a row,
#: and comes back after the time to act has passed.
POINT_AT_LINK = """([address, events]) => new Promise((resolve) => {
    const section = document.createElement("section");
    section.id = "far";
    const [, ...demos] = document.querySelectorAll(".demo");
    demos[0].before(section);
    section.append(...demos);
    document.querySelector("main").id = "main";
    document.body.insertAdjacentHTML("afterbegin", `<a href="${address}"><b>Far</b> <i>away</i></a>`);
    for (const [name, on] of events) {
        const event = new PointerEvent(name, { bubbles: true });
        document.querySelector(on).dispatchEvent(event);
    }
    setTimeout(resolve, 200);
})"""


@pytest.mark.parametrize(
    "address, events, opens",
    [
        ("#far", [("pointerover", "a")], True),
        ("#far", [("focusin", "a")], True),
        # Of two demos, a click opens only the first, however often it tells of the link.
        ("#far", [("pointerover", "b"), ("pointerover", "i"), ("pointerover", "b")], True),
        ("#far", [("pointerover", "b"), ("pointerdown", "b"), ("focusin", "a")], True),
        ("#far", [("pointerdown", "a"), ("pointerover", "h1"), ("pointerdown", "a")], True),
        ("#far", [("pointerover", "a"), ("pointerover", "h1")], False),  # only passes it
        ("#main", [("focusin", "a")], False),  # the whole page
        ("#nowhere", [("pointerover", "a")], False),
        ("#100%", [("pointerover", "a")], False),
        ("other.html#far", [("pointerover", "a")], False),
    ],
)
def test_a_demo_opens_before_a_link_to_it_is_followed(page, mount, address, events, opens):
    widgets = [make(COUNTER, count=traitlets.Int(count)) for count in (1, 2, 3)]
    page.add_init_script(
        "addEventListener('DOMContentLoaded', () => document.querySelector('.demo')"
        ".insertAdjacentHTML('afterend', '<div style=\"height:600vh\"></div>'))"
    )
    mount(*widgets, start=lambda page: None)
    page.evaluate(POINT_AT_LINK, [address, events])
    buttons = page.get_by_role("button")
    expect(buttons).to_have_text(["count 1", "count 2"] if opens else ["count 1"])
    assert page.evaluate("scrollY") == 0
    # The others open as always when the reader comes.
    page.evaluate("scrollTo(0, document.body.scrollHeight)")
    expect(buttons).to_have_text(["count 1", "count 2", "count 3"])


def test_a_file_that_could_not_be_loaded_is_asked_for_again(page, far_demo, tmp_path):
    expected = far_demo()
    (tmp_path / "large.js").rename(tmp_path / "away.js")
    with page.expect_event("requestfailed"), page.expect_console_message():
        page.mouse.move(5, 5)
    assert page.trouble
    page.trouble.clear()
    (tmp_path / "away.js").rename(tmp_path / "large.js")
    page.evaluate("scrollTo(0, document.body.scrollHeight)")
    expect(page.locator(".demo-live").last).to_have_text(expected)


def test_a_demo_that_is_near_but_out_of_sight_waits_for_the_reader_to_move(page, mount):
    first, second = make(COUNTER, count=traitlets.Int(1)), make(COUNTER, count=traitlets.Int(2))
    page.add_init_script(
        "addEventListener('DOMContentLoaded', () => document.querySelector('.demo')"
        ".insertAdjacentHTML('afterend', '<div style=\"height:110vh\"></div>'))"
    )
    mount(first, second, start=lambda page: None)
    assert page.locator(".demo-running").count() == 1
    page.mouse.move(5, 5)
    expect(page.get_by_role("button")).to_have_text(["count 1", "count 2"])


#: Comes back when what the host does in idle moments has begun, too.
IDLE = "() => new Promise((done) => requestIdleCallback(() => requestIdleCallback(() => done())))"


def test_a_large_demo_whose_arrays_are_missing_says_so_and_keeps_its_picture(
    page, far_demo, tmp_path
):
    far_demo()
    (tmp_path / "large.js").unlink()
    page.evaluate("scrollTo(0, document.body.scrollHeight)")
    expect(page.get_by_role("alert")).to_contain_text("its file large.js cannot be loaded")
    expect(page.get_by_role("alert")).to_contain_text("Reload the page to try again.")
    assert page.locator(".demo-figure").last.is_visible()
    # The scrolling was also the reader's first move: if the browser was idle only after the file
    # had failed, it is asked for once more, and fails again.
    page.evaluate(IDLE)
    page.wait_for_function("!document.querySelector('script[src=\"large.js\"]')")
    assert page.trouble
    page.trouble.clear()
