"""DrawADigit in Chromium: strokes, sliders and hovering, every number compared with PyTorch's."""

import numpy as np
import pytest
import torch
from conftest import ROOT
from page_tools import (
    fingers,
    on_drawn,
    pixels,
    read,
    settled_box,
    swipe,
    violations,
    wait_for_fading,
    wait_for_frames,
)
from playwright.sync_api import expect
from torch import nn

from lecture_utils import datasets, models, runs
from lecture_utils.widgets import DrawADigit
from lecture_utils.widgets.draw_a_digit import center, move
from lecture_utils.widgets.draw_a_digit.layers import describe

LISTEN = on_drawn(
    "DrawADigit",
    """const { input, logits, probabilities, unit, ink, engine, value, field, parts, read } = detail;
    target.drawn = () => ({
      input, logits, probabilities, unit, engine, value, field, read, ink, activations: detail.activations(), parts,
    });""",
)


def network(build=models.gap_cnn, seed=0):
    """A network with random weights, far enough from zero for differences to show."""
    torch.manual_seed(seed)
    model = build().eval()
    with torch.no_grad():
        for module in model:
            if isinstance(module, nn.BatchNorm2d):
                for values in (module.weight, module.bias, module.running_mean):
                    values.normal_()
                module.running_var.uniform_(0.5, 2)
            elif hasattr(module, "weight"):
                module.weight.mul_(2)
    return model


def digits(count=4, seed=0):
    rng = np.random.default_rng(seed)
    ink = np.kron(rng.random((count, 7, 7)) > 0.6, np.ones((4, 4)))
    return (255 * ink * rng.random((count, 28, 28))).astype(np.uint8), rng.integers(0, 10, count)


class Page:
    """The demo on a page, as a reader and as a test see it."""

    def __init__(self, page, demo):
        self.page, self.demo = page, demo
        self.root = page.locator(".lu-draw-a-digit")
        self.field = self.root.get_by_role("application", name="Draw a digit here")

    def drawn(self):
        """Everything that the page computed, when everything asked for is painted."""
        wait_for_frames(self.page)
        drawn = read(self.root, "(root) => root.drawn()")
        drawn["ink"] = np.reshape(drawn["ink"].astype(float), (280, 280))
        drawn["input"] = np.reshape(np.float32(drawn["input"]), (28, 28))
        return drawn

    def check(self):
        """Compare all activations, logits and probabilities with torch's; return what is drawn."""
        drawn = self.drawn()
        x = torch.tensor(drawn["input"])[None, None]
        outputs = []
        with torch.no_grad():
            for module in self.demo._model:
                x = module(x)
                if isinstance(module, nn.BatchNorm2d):
                    outputs.pop()
                if not isinstance(module, nn.Dropout):
                    outputs.append(x.flatten().numpy())
        assert len(outputs) == len(drawn["activations"])
        for ours, theirs in zip(drawn["activations"], outputs, strict=True):
            scale = max(1, np.abs(theirs).max())
            np.testing.assert_allclose(ours, theirs, atol=1e-5 * scale)
        np.testing.assert_allclose(drawn["logits"], outputs[-1], atol=1e-4)
        np.testing.assert_allclose(drawn["probabilities"], x[0].softmax(0), atol=1e-5)
        best = int(x.argmax())
        expect(self.root.locator(".digit-verdict")).to_contain_text(f"predicts {best}, with")
        logit = self.root.locator(".digit-logit").nth(best).inner_text()
        assert float(logit.replace("\N{MINUS SIGN}", "-")) == pytest.approx(
            outputs[-1][best], abs=0.051
        )
        drawn["outputs"] = outputs
        return drawn

    def place(self, x, y):
        """The place on the screen of a point given as fractions of the field."""
        self.field.scroll_into_view_if_needed()
        box = settled_box(self.field)
        return box["x"] + x * box["width"], box["y"] + y * box["height"]

    def stroke(self, *points):
        """Draw a line by mouse through points given as fractions of the field."""
        at = [self.place(*point) for point in points]
        self.page.mouse.move(*at[0])
        self.page.mouse.down()
        for point in at[1:]:
            self.page.mouse.move(*point, steps=4)
        self.page.mouse.up()

    def slide(self, name, value):
        self.root.get_by_role("slider", name=name, exact=True).fill(str(value))

    def choose(self, index):
        radio = self.root.get_by_role("group", name="Examples").get_by_role("radio").nth(index)
        radio.check(force=True)


@pytest.fixture
def open_demo(mount, page):
    def show(demo=None, page=page):
        page.add_init_script(LISTEN)
        demo = demo or DrawADigit(network(), digits())
        mount(demo, page=page)
        return Page(page, demo)

    return show


@pytest.mark.parametrize("name", ["gap", "flatten", "strong", "dense"])
def test_every_layer_is_torchs_for_examples_shifts_and_rotations(open_demo, name):
    rng = np.random.default_rng(len(name))
    images, labels = digits()
    page = open_demo(DrawADigit(network(models.NETWORKS[name]), (images, labels)))
    for index in range(len(images)):
        page.choose(index)
        drawn = page.check()
        np.testing.assert_allclose(drawn["input"], images[index] / 255, atol=1e-6)
        right, down = rng.integers(-28, 29, 2) / 2
        degrees = int(rng.integers(-180, 181))
        page.slide("Shift right", right)
        page.slide("Shift down", down)
        page.slide("Rotate", degrees)
        drawn = page.check()
        expected = move(images[index] / 255, right, down, degrees)
        np.testing.assert_allclose(drawn["input"], expected, atol=1e-5)
        page.root.get_by_role("button", name="Put it back").click()


ODD = {
    "padding and strides": lambda: nn.Sequential(
        nn.Conv2d(1, 5, (3, 5), stride=(2, 1), padding=(1, 0)),
        nn.Sequential(nn.BatchNorm2d(5), nn.ReLU()),
        nn.MaxPool2d((2, 3), stride=(1, 2)),
        nn.Conv2d(5, 13, 2, bias=False),
        nn.Identity(),
        nn.Flatten(),
        nn.Linear(13 * 12 * 10, 17),
        nn.ReLU(),
        nn.Linear(17, 10, bias=False),
    ),
    "pooling first": lambda: nn.Sequential(
        nn.MaxPool2d(3, stride=2),
        nn.ReLU(),
        nn.Conv2d(1, 3, 2),
        nn.AdaptiveAvgPool2d((1, 1)),
        nn.Flatten(),
        nn.Linear(3, 10),
    ),
}


@pytest.mark.parametrize("name", ODD)
def test_networks_of_odd_sizes(open_demo, name):
    page = open_demo(DrawADigit(ODD[name](), digits(1), right=1.5))
    drawn = page.drawn()
    np.testing.assert_allclose(drawn["logits"], page.demo.logits, atol=1e-5)
    for ours, theirs in zip(drawn["activations"], page.demo.activations(), strict=True):
        np.testing.assert_allclose(ours, theirs.ravel(), atol=1e-5)


def test_a_stroke_is_centered_as_mnist_does_and_read(open_demo):
    page = open_demo()
    page.stroke((0.2, 0.2), (0.5, 0.1), (0.4, 0.6), (0.7, 0.5))
    drawn = page.check()
    assert 0.02 < drawn["ink"].mean() < 0.5
    np.testing.assert_allclose(drawn["input"], center(drawn["ink"]), atol=0.006)
    page.stroke((0.8, 0.8), (0.9, 0.9))
    longer = page.check()
    assert longer["ink"].sum() > drawn["ink"].sum()
    np.testing.assert_allclose(longer["input"], center(longer["ink"]), atol=0.006)
    page.root.get_by_role("checkbox", name="Center it as MNIST does").uncheck()
    plain = page.check()
    blocks = longer["ink"].reshape(28, 10, 28, 10).mean(axis=(1, 3))
    np.testing.assert_allclose(plain["input"], blocks, atol=0.006)
    page.root.get_by_role("checkbox", name="Center it as MNIST does").check()
    page.root.get_by_role("button", name="Undo").click()
    np.testing.assert_allclose(page.check()["input"], drawn["input"], atol=1e-6)
    page.root.get_by_role("button", name="Clear").press("Enter")
    assert not page.check()["ink"].any()
    expect(page.root.get_by_role("button", name="Clear")).to_be_focused()
    expect(page.root.locator(".digit-truth")).to_contain_text("The field is empty")
    expect(page.root.get_by_role("button", name="Clear")).to_be_disabled()


def test_strokes_that_leave_the_field(open_demo):
    page = open_demo()
    page.stroke((0.9, 0.5), (2.5, 0.5), (0.5, -1), (0.5, 0.5))
    drawn = page.check()
    np.testing.assert_allclose(drawn["input"], center(drawn["ink"]), atol=0.006)


def test_drawing_by_finger(new_page, open_demo):
    page = open_demo(page=new_page(width=390, height=800, has_touch=True))
    swipe(page.page, page.place(0.3, 0.2), page.place(0.5, 0.5), page.place(0.5, 0.8))
    drawn = page.check()
    rows = np.flatnonzero(drawn["ink"].max(axis=1))
    assert rows[0] < 60 and rows[-1] > 220
    np.testing.assert_allclose(drawn["input"], center(drawn["ink"]), atol=0.006)


def test_a_second_finger_draws_nothing(new_page, open_demo):
    page = open_demo(page=new_page(width=390, height=800, has_touch=True))
    fingers(
        page.page,
        {0: page.place(0.3, 0.2)},
        {0: page.place(0.3, 0.2), 1: page.place(0.8, 0.3)},
        {0: page.place(0.3, 0.2), 1: page.place(0.8, 0.7)},
        {0: page.place(0.3, 0.8), 1: page.place(0.8, 0.7)},
    )
    ink = page.check()["ink"]
    rows, columns = np.flatnonzero(ink.max(axis=1)), np.flatnonzero(ink.max(axis=0))
    assert rows[0] < 60 and rows[-1] > 220
    assert columns[-1] < 0.5 * ink.shape[1]


def test_drawing_by_keyboard(open_demo):
    page = open_demo()
    page.field.focus()
    for key in ("ArrowUp", "ArrowLeft"):
        page.page.keyboard.press(key)
    expect(page.root.locator(".digit-hint")).to_be_visible()
    keys = ["Space", "Shift+ArrowDown", "ArrowRight", "Space", "ArrowRight", "ArrowRight", "Escape"]
    for key in keys:
        page.page.keyboard.press(key)
    told = page.root.get_by_role("status").filter(has_text="The network predicts")
    expect(told).to_have_count(1)
    drawn = page.check()
    ink = drawn["ink"] >= 0.5
    rows, columns = np.flatnonzero(ink.any(axis=1)), np.flatnonzero(ink.any(axis=0))
    # From row 13 to row 18, and one cell to the right; the pen is 24 pixels wide.
    assert abs(np.ptp(rows) - 74) <= 2 and abs(np.ptp(columns) - 34) <= 2
    np.testing.assert_allclose(drawn["input"], center(drawn["ink"]), atol=0.006)


def test_a_stroke_by_mouse_lifts_the_pen_of_the_keyboard(open_demo):
    page = open_demo()
    page.field.focus()
    page.page.keyboard.press("Space")
    page.stroke((0.15, 0.15), (0.2, 0.15))
    before = page.check()["ink"]
    page.page.keyboard.press("ArrowRight")
    np.testing.assert_array_equal(page.drawn()["ink"], before)


@pytest.mark.parametrize("name", ["Clear", "Undo"])
def test_what_is_taken_away_while_it_is_drawn_is_not_gone_on_with(open_demo, name):
    page = open_demo()
    page.stroke((0.2, 0.2), (0.25, 0.2))
    page.page.mouse.move(*page.place(0.3, 0.3))
    page.page.mouse.down()
    page.root.get_by_role("button", name=name).evaluate("(button) => button.click()")
    left = page.drawn()["ink"]
    assert (left.max() > 0) == (name == "Undo")
    page.page.mouse.move(*page.place(0.8, 0.8))
    page.page.mouse.up()
    added = np.argwhere(page.check()["ink"] > left)
    # Only a dot, where the pointer is.
    assert len(added) and (added > 200).all()


def point(page, layer, channel, row, column):
    """Move the mouse onto a value of a feature map."""
    outputs = page.demo.activations()
    channels, *size = outputs[layer].shape
    rows, columns = size or (1, 1)
    cell = 28 if channels <= 16 or rows * columns > 1 else 14 if channels <= 128 else 7
    scale = max(1, (cell - (1 if cell == 7 else 2)) // max(rows, columns))
    across = min(channels, 448 // cell)
    field = page.root.locator(".digit-maps").nth(layer)
    field.scroll_into_view_if_needed()
    zoom = settled_box(field)["width"] / (across * cell)
    y = channel // across * cell + (row + 0.5) * scale
    x = channel % across * cell + (column + 0.5) * scale
    return field, {"x": x * zoom, "y": y * zoom}


@pytest.mark.parametrize("name", ["gap", "flatten", "strong"])
def test_every_kind_of_activation_is_explained(open_demo, name):
    rng = np.random.default_rng(7)
    page = open_demo(DrawADigit(network(models.NETWORKS[name]), digits(), degrees=20))
    activations = page.demo.activations()
    for layer, values in enumerate(activations):
        place = [int(rng.integers(size)) for size in values.shape]
        unit = [layer, *place, *[0] * (3 - values.ndim)]
        field, position = point(page, *unit)
        field.hover(position=position)
        drawn = page.drawn()
        assert drawn["unit"] == unit
        assert drawn["value"] == pytest.approx(values[tuple(place)], abs=1e-4)
        assert drawn["field"] == receptive_field(page.demo, layer, place)
        if drawn["parts"]:
            parts = drawn["parts"]
            inputs, weights = parts["inputs"].astype(float), parts["weights"].astype(float)
            products = np.multiply(inputs, weights).reshape(parts["channels"], -1)
            np.testing.assert_allclose(parts["shares"], products.sum(axis=1), atol=1e-4)
            total = sum(parts["shares"]) + parts["bias"]
            assert total == pytest.approx(values[tuple(place)], abs=1e-3)
            expect(page.root.locator(".digit-sum")).to_contain_text("Inputs times weights")


def receptive_field(demo, layer, place):
    """The pixels that a unit depends on, as gradients find them in a network without dead ends."""
    kinds = [type(m) for m in demo._model if not isinstance(m, nn.Dropout)]
    modules, outputs = [], -1
    for module in demo._model:
        if isinstance(module, nn.Dropout):
            continue
        outputs += not isinstance(module, nn.BatchNorm2d)
        if outputs > layer:
            break
        modules.append(linear_copy(module))
    assert len(modules) <= len(kinds)
    x = torch.ones(1, 1, 28, 28, requires_grad=True)
    nn.Sequential(*modules)(x)[0][tuple(place)].backward()
    rows = np.flatnonzero(x.grad[0, 0].abs().sum(dim=1))
    columns = np.flatnonzero(x.grad[0, 0].abs().sum(dim=0))
    top, left = int(rows[0]), int(columns[0])
    return {"top": top, "left": left, "rows": np.ptp(rows) + 1, "columns": np.ptp(columns) + 1}


def linear_copy(module):
    """The same connections with positive weights, so that nothing cancels or is cut off."""
    if isinstance(module, nn.MaxPool2d):
        return nn.AvgPool2d(module.kernel_size, module.stride)
    if isinstance(module, (nn.ReLU, nn.BatchNorm2d)):
        return nn.Identity()
    if not hasattr(module, "weight"):
        return module
    sizes = {"in_channels": 0, "out_channels": 0, "kernel_size": 0, "stride": 0, "padding": 0}
    sizes = {name: getattr(module, name, None) for name in sizes}
    copy = nn.Linear(module.in_features, module.out_features) if sizes["stride"] is None else None
    copy = copy or nn.Conv2d(**sizes)
    nn.init.constant_(copy.weight, 1)
    return copy


@pytest.mark.parametrize("width", [1280, 1043, 797])
def test_a_click_keeps_what_the_pointer_showed(open_demo, width):
    page = open_demo()
    page.page.set_viewport_size({"width": width, "height": 900})
    # Cells of one pixel, at places between whole pixels.
    for row, column in ((4, 5), (11, 8), (20, 17)):
        field, position = point(page, 0, 3, row, column)
        field.hover(position=position)
        shown = page.drawn()["unit"]
        field.click(position=position)
        page.root.locator(".digit-says").hover()
        assert page.drawn()["unit"] == shown == [0, 3, row, column]


def test_a_click_keeps_an_activation_and_the_sliders_reach_all(open_demo):
    page = open_demo()
    field, position = point(page, 0, 3, 4, 5)
    field.click(position=position)
    assert page.drawn()["unit"] == [0, 3, 4, 5]
    field, position = point(page, 1, 2, 2, 2)
    field.hover(position=position)
    assert page.drawn()["unit"] == [1, 2, 2, 2]
    page.root.locator(".digit-says").hover()
    assert page.drawn()["unit"] == [0, 3, 4, 5]
    page.root.get_by_label("Layer").select_option(label="4 Conv2d")
    assert page.drawn()["unit"] == [3, 0, 0, 0]
    for name, value in (("Map", 64), ("Row", 11), ("Column", 6)):
        page.slide(name, value)
    assert page.drawn()["unit"] == [3, 63, 10, 5]
    page.root.get_by_label("Layer").select_option(label="11 Linear")
    expect(page.root.get_by_role("slider", name="Row")).to_be_hidden()
    expect(page.root.locator(".digit-words")).to_contain_text("11 Linear, unit 1")


def test_sliders_that_move_before_a_drawing_all_count(open_demo):
    page = open_demo()
    page.root.get_by_label("Layer").select_option(label="4 Conv2d")
    page.drawn()
    page.root.get_by_role("slider", name="Map").evaluate(
        """(map) => {
          const sliders = map.closest(".digit-detail").querySelectorAll("input[type=range]");
          [64, 11, 6].forEach((value, i) => {
            sliders[i].value = String(value);
            sliders[i].dispatchEvent(new Event("input", { bubbles: true }));
          });
        }"""
    )
    assert page.drawn()["unit"] == [3, 63, 10, 5]


def test_the_field_is_painted_only_for_other_ink(open_demo):
    page = open_demo()
    page.drawn()
    page.page.evaluate(
        """() => {
          const { prototype } = CanvasRenderingContext2D;
          const put = prototype.putImageData;
          window.painted = 0;
          prototype.putImageData = function (...rest) {
            window.painted += this.canvas.closest(".digit-pad") ? 1 : 0;
            return put.apply(this, rest);
          };
        }"""
    )

    def painted():
        page.drawn()
        return page.page.evaluate("window.painted")

    page.slide("Shift right", 2)
    page.slide("Rotate", 30)
    field, position = point(page, 0, 3, 4, 5)
    field.hover(position=position)
    page.field.focus()
    page.page.keyboard.press("ArrowUp")
    assert painted() == 0
    page.stroke((0.3, 0.3), (0.6, 0.7))
    first = painted()
    assert first > 0
    page.root.get_by_role("button", name="Undo").click()
    assert painted() == first + 1
    page.stroke((0.3, 0.3), (0.6, 0.7))
    second = painted()
    page.choose(1)
    assert painted() == second + 1
    assert not np.ptp(pixels(page.field.locator("canvas"))[..., :3])  # no ink


def test_examples_that_are_read_wrongly_say_so(open_demo):
    images, _ = digits()
    model = network()
    with torch.no_grad():
        read = model(torch.tensor(images).float()[:, None] / 255).argmax(1).numpy()
    labels = read.copy()
    labels[2] = (labels[2] + 1) % 10
    page = open_demo(DrawADigit(model, (images, labels)))
    expect(page.root.locator(".lu-thumb.wrong")).to_have_count(1)
    page.choose(2)
    words = f"That is wrong: the label says {labels[2]}."
    expect(page.root.locator(".digit-truth")).to_have_text(words)
    page.choose(0)
    expect(page.root.locator(".digit-truth")).to_have_text(f"The label says {labels[0]}, too.")


@pytest.mark.parametrize("digit", ["recorded", "given", "drawn"])
def test_copy_as_python_gives_the_same_logits(new_page, open_demo, digit):
    page = new_page()
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page = open_demo(DrawADigit() if digit == "recorded" else None, page=page)
    if digit == "drawn":
        page.stroke((0.3, 0.2), (0.6, 0.9))
    page.slide("Shift right", -2.5)
    page.slide("Rotate", 33)
    drawn = page.check()
    page.root.get_by_role("button", name="Copy as Python").click()
    expect(page.root.get_by_text("Copied.")).to_be_visible()
    code = page.page.evaluate("navigator.clipboard.readText()")
    scope = {"print": lambda *_: None, "model": network()}
    assert ("runs.load" in code) == (digit == "recorded")
    exec(compile(code, "copied", "exec"), scope)
    np.testing.assert_allclose(scope["logits"], drawn["logits"], atol=1e-3)


ENGINES = """async ({ base, description, parameters, images }) => {
  const { makeNetwork } = await import(`${base}/widgets/_shared/nn/network.js`);
  return [true, false].map((simd) => {
    const network = makeNetwork(description, parameters, { simd });
    return [network.engine, images.map((image) => network.run(image).slice())];
  });
}"""


def test_without_webassembly_plain_javascript_reads(open_demo, page):
    page.add_init_script("delete window.WebAssembly")
    page = open_demo()
    page.stroke((0.3, 0.3), (0.6, 0.7))
    assert page.check()["engine"] == "JavaScript"


def test_a_network_that_overflows_says_so(open_demo):
    model = nn.Sequential(nn.Flatten(), nn.Linear(784, 20), nn.ReLU(), nn.Linear(20, 10))
    for layer in (model[1], model[3]):
        nn.init.constant_(layer.weight, 1e30)
    demo = DrawADigit(model, digits())
    assert "too large" in demo.figure_html()
    page = open_demo(demo)
    expect(page.root.locator(".digit-verdict")).to_contain_text("logits have become too large")


@pytest.fixture
def run_engines(page, serve, tmp_path):
    """Run a network on images in WebAssembly and plain JavaScript, without the demo around it."""

    def run(model, images):
        (tmp_path / "widgets").symlink_to(ROOT / "lecture_utils" / "widgets")
        (tmp_path / "index.html").write_text('<!doctype html><link rel="icon" href="data:,"><body>')
        base = serve(tmp_path)
        page.goto(f"{base}/index.html")
        layers, parameters = describe(model)
        settings = {
            "base": base,
            "description": {"input": [1, 28, 28], "layers": layers},
            "parameters": np.asarray(parameters, np.float32),
            "images": list(images.flatten(1).numpy()),
        }
        results = read(page, ENGINES, settings)
        assert [engine for engine, _ in results] == ["WebAssembly", "JavaScript"]
        return [np.array(logits) for _, logits in results]

    return run


@pytest.mark.parametrize("name", ["gap", "strong"])
def test_webassembly_and_plain_javascript_agree_with_torch(run_engines, name):
    model = network(models.NETWORKS[name])
    images = torch.rand(5, 1, 28, 28, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        expected = model(images)
    for logits in run_engines(model, images):
        np.testing.assert_allclose(logits, expected, atol=1e-4)


def test_the_recorded_network_reads_a_sample_as_torch_does(run_engines):
    """All 10,000 test images are compared in benchmarks/inference_in_browser.py."""
    model = runs.load("mnist/gap").model
    images = datasets.mnist("test", download=False).images[:300]
    images = torch.from_numpy(images)[:, None].float() / 255
    with torch.no_grad():
        expected = model(images).numpy()
    for logits in run_engines(model, images):
        assert np.abs(logits - expected).max() < 1e-3
        np.testing.assert_array_equal(logits.argmax(axis=1), expected.argmax(axis=1))


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_accessible_and_not_wider_than_the_page(new_page, open_demo, theme, width):
    page = open_demo(page=new_page(width=width, theme=theme))
    page.page.evaluate("(theme) => (document.documentElement.dataset.theme = theme)", theme)
    page.page.add_style_tag(content="html { background: Canvas; color-scheme: light dark }")
    page.stroke((0.3, 0.3), (0.7, 0.7))
    page.drawn()
    wait_for_fading(page.page)
    assert violations(page.page, ".lu-draw-a-digit") == []
    assert page.page.evaluate("document.documentElement.scrollWidth") <= width
