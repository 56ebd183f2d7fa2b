"""FilterLearner in Chromium: every control is moved, and every step is compared with PyTorch's."""

import io

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from conftest import ROOT
from page_tools import (
    on_drawn,
    play_until,
    read,
    settled_box,
    violations,
    wait_for_fading,
    wait_for_frames,
)
from PIL import Image
from playwright.sync_api import expect

from lecture_utils.convolution import KERNELS
from lecture_utils.widgets import FilterLearner

LISTEN = on_drawn(
    "FilterLearner",
    """const { task, step, weights, velocity, gradient, update, positions, loss, losses, distance } = detail;
  const keep = (values) => [...values];
  target.drawn = {
    step, loss, distance, losses: losses.length, floor: task.floor, eigenvalues: keep(task.curvature.eigenvalues),
    weights: keep(weights), velocity: keep(velocity), gradient: keep(gradient), update: keep(update),
    positions: keep(positions), responses: keep(task.responses), image: keep(task.image), size: [task.h, task.w],
    target: keep(task.target), k: task.k,
  };
  window.drawings = (window.drawings ?? 0) + 1;""",
)


class Page:
    """The learner on a page, as a reader and as a test see it."""

    def __init__(self, page):
        self.page = page
        self.root = page.locator(".lu-filter-learner")

    def button(self, name):
        return self.root.get_by_role("button", name=name, exact=True)

    def step(self, times=1):
        for _ in range(times):
            self.button("Step").click()
        return self.drawn()

    def drawn(self):
        """Everything that the page computed, when everything asked for is painted."""
        wait_for_frames(self.page)
        drawn = read(self.root, "(root) => root.drawn")
        k = drawn["k"]
        for name in ("weights", "velocity", "gradient", "update", "target"):
            drawn[name] = np.reshape(drawn[name], (k, k))
        drawn["image"] = np.reshape(drawn["image"], drawn["size"])
        return drawn

    def number(self, name):
        text = self.root.locator(f'[data-number="{name}"]').inner_text()
        return float(text.replace("\N{MINUS SIGN}", "-").replace("∞", "inf"))

    def slide(self, name, value):
        self.root.get_by_role("slider", name=name).fill(str(value))

    def type(self, name, value):
        self.root.get_by_role("spinbutton", name=name).fill(str(value))

    def choose(self, name):
        self.root.get_by_role("radio", name=name, exact=True).check(force=True)
        return self.drawn()

    def message(self):
        return self.root.locator(".lu-message")

    def check(self, rate, momentum):
        """Compare loss, gradient and the coming update with autograd; return what is drawn."""
        drawn = self.drawn()
        image = torch.tensor(drawn["image"])[None, None]
        weight = torch.tensor(drawn["weights"])[None, None].requires_grad_()
        responses = torch.tensor(drawn["responses"], dtype=torch.float64)
        errors = F.conv2d(image, weight).flatten() - responses
        errors[drawn["positions"]].square().mean().backward()
        gradient = weight.grad[0, 0].numpy()
        np.testing.assert_allclose(drawn["gradient"], gradient, atol=1e-5, rtol=1e-5)
        update = -rate * (momentum * drawn["velocity"] + gradient)
        np.testing.assert_allclose(drawn["update"], update, atol=1e-5, rtol=1e-5)
        assert drawn["loss"] == pytest.approx(errors.square().mean().item(), rel=1e-6, abs=1e-12)
        assert self.number("loss") == pytest.approx(drawn["loss"], rel=6e-3, abs=1e-12)
        assert self.number("step") == drawn["step"]
        distance = np.linalg.norm(drawn["weights"] - drawn["target"])
        assert self.number("distance") == pytest.approx(distance, rel=6e-3)
        patches = F.unfold(image, drawn["k"])[0]
        values = torch.linalg.eigvalsh(2 * patches @ patches.T / patches.shape[1]).numpy()
        assert self.number("largest") == pytest.approx(values[-1], rel=1e-3)
        assert self.number("smallest") == pytest.approx(values[0], rel=1e-3, abs=1e-9)
        assert self.number("stable") == pytest.approx(2 * (1 + momentum) / values[-1], rel=1e-3)
        return drawn


@pytest.fixture
def open_learner(mount, page):
    def show(learner=None, page=page):
        page.add_init_script(LISTEN)
        mount(learner or FilterLearner(), page=page)
        return Page(page)

    return show


@pytest.mark.parametrize("seed", range(5))
def test_gradient_and_update_are_those_of_autograd_and_python(open_learner, seed):
    rng = np.random.default_rng(seed)
    k = int(rng.choice([3, 5]))
    settings = {
        "learning_rate": float(10 ** rng.uniform(-3, -1.7)),
        "batch": [1, 16, 64, 256, "all"][seed],
        "noise": float(rng.uniform(0, 1)),
        "momentum": float(rng.uniform(0, 0.95)),
        "seed": int(rng.integers(2**32)),
        "centered": bool(seed % 2),
    }
    learner = FilterLearner(rng.random(rng.integers(8, 65, 2)), rng.normal(size=(k, k)), **settings)
    page = open_learner(learner)
    for step in range(4):
        drawn = page.check(settings["learning_rate"], settings["momentum"])
        assert drawn["step"] == step
        assert drawn["positions"] == learner.positions.tolist()
        np.testing.assert_allclose(drawn["responses"], learner.responses, atol=1e-6)
        np.testing.assert_allclose(drawn["weights"], learner.weights, atol=1e-6)
        np.testing.assert_allclose(drawn["gradient"], learner.gradient, atol=1e-5)
        page.button("Step").click()
        learner.train()


def test_whoever_only_presses_run_sees_the_sobel_kernel(open_learner):
    page = open_learner()
    assert page.number("distance") > 1
    # A run that has nothing left to learn would end by itself.
    assert play_until(page.button("Run"), "root.drawn.distance < 0.005") == "Pause"
    expect(page.root.get_by_text("Learned!")).to_be_visible()
    drawn = page.check(0.5, 0.9)
    np.testing.assert_allclose(drawn["weights"], KERNELS["sobel x"], atol=1e-2)
    told = f"Step {drawn['step']}: loss"
    expect(page.root.get_by_role("status").filter(has_text=told)).to_have_count(1)
    cells = page.root.get_by_role("table", name="Student weights").locator("td").all_inner_texts()
    assert [round(float(cell.replace("\N{MINUS SIGN}", "-"))) for cell in cells] == [
        -1,
        0,
        1,
        -2,
        0,
        2,
        -1,
        0,
        1,
    ]
    steps = page.drawn()["step"]
    wait_for_frames(page.page, 10)
    assert page.drawn()["step"] == steps


def test_300_steps_at_once_with_reduced_motion(new_page, open_learner):
    page = open_learner(page=new_page(reduced_motion="reduce"))
    page.button("Run").focus()
    page.page.keyboard.press("Enter")
    drawn = page.check(0.5, 0.9)
    assert drawn["step"] == 300
    assert drawn["distance"] < 1e-2
    python = FilterLearner()
    python.train(300)
    np.testing.assert_allclose(drawn["weights"], python.weights, atol=1e-6)


def test_every_slider_changes_the_next_step(open_learner):
    page = open_learner()
    page.slide("Learning rate", -1)
    page.slide("Momentum", 0.3)
    page.check(0.1, 0.3)
    page.step(2)
    page.type("Learning rate", 0.25)
    page.check(0.25, 0.3)
    page.type("Learning rate", 1e9)
    page.root.get_by_role("spinbutton", name="Learning rate").press("Enter")
    page.check(100, 0.3)
    page.slide("Learning rate", -2)
    page.root.get_by_role("slider", name="Learning rate").press("ArrowRight")
    page.check(0.011, 0.3)
    for name, count in (
        ("1 output pixels", 1),
        ("256 output pixels", 256),
        ("All output pixels", 676),
    ):
        assert len(page.choose(name)["positions"]) == count
        page.check(0.011, 0.3)
    assert page.drawn()["step"] == 2
    page.slide("Teacher’s noise", 0.4)
    drawn = page.check(0.011, 0.3)
    assert drawn["step"] == 0
    assert drawn["floor"] == pytest.approx(FilterLearner(noise=0.4).noise_floor, rel=1e-6)
    expect(page.root.get_by_text("noise floor")).to_be_visible()
    page.root.get_by_role("checkbox", name="Center the image").check()
    drawn = page.check(0.011, 0.3)
    assert abs(drawn["image"].mean()) < 1e-6


def test_several_steps_per_frame(open_learner):
    page = open_learner()
    page.slide("Steps per frame", 20)
    before = page.page.evaluate("window.drawings")
    # With 20 steps per frame there is soon nothing left to learn, and the run ends by itself.
    play_until(page.button("Run"), "root.drawn.step >= 200")
    drawn = page.drawn()
    frames = page.page.evaluate("window.drawings") - before
    assert drawn["step"] % 20 == 0
    assert frames <= drawn["step"] / 20 + 3
    assert drawn["losses"] == drawn["step"] + 1


def test_targets_from_the_menu_and_by_hand(open_learner):
    page = open_learner()
    page.step(3)
    for name in ("laplacian", "gaussian blur 5x5"):
        page.root.get_by_label("Target kernel").last.select_option(name)
        drawn = page.check(0.5, 0.9)
        np.testing.assert_array_equal(drawn["target"], KERNELS[name])
        assert drawn["step"] == 0
    page.root.get_by_label("Target kernel").last.select_option("identity")
    cell = page.root.get_by_role("gridcell", name="Row 0, column 0")
    cell.focus()
    page.page.keyboard.type("-1.5")
    page.page.keyboard.press("Enter")
    drawn = page.check(0.5, 0.9)
    np.testing.assert_array_equal(drawn["target"], [[-1.5, 0, 0], [0, 1, 0], [0, 0, 0]])
    page.page.keyboard.type("1e")
    page.page.keyboard.type("5")
    page.page.keyboard.press("Enter")
    expect(page.message()).to_contain_text("between −100 and 100")
    assert page.drawn()["target"][0, 0] == -1.5


def test_reset_and_other_start(open_learner):
    page = open_learner()
    first = page.drawn()["weights"]
    page.step(5)
    page.button("Reset").click()
    drawn = page.drawn()
    assert drawn["step"] == 0 and not drawn["velocity"].any()
    np.testing.assert_array_equal(drawn["weights"], first)
    page.button("New start").click()
    np.testing.assert_allclose(page.drawn()["weights"], FilterLearner(seed=1).weights, atol=1e-12)


NOTEBOOK = """async ({ base, state }) => {
  const values = {}, listeners = {};
  const array = ({ shape, dtype, hex }) => {
    const bytes = Uint8Array.from(hex.match(/../g) ?? [], (pair) => parseInt(pair, 16));
    return { shape, dtype, data: new DataView(bytes.buffer) };
  };
  const put = (name, value) => { values[name] = value?.hex === undefined ? value : array(value); };
  for (const [name, value] of Object.entries(state)) put(name, value);
  const say = (name) => (listeners[`change:${name}`] ?? []).forEach((listener) => listener());
  const model = {
    get: (name) => values[name],
    set: (name, value) => { values[name] = value; say(name); },
    on: (name, listener) => (listeners[name] ??= []).push(listener),
    off: () => {},
    save_changes: () => {},
  };
  window.receive = (name, value) => { put(name, value); say(name); };
  const el = document.body.appendChild(document.createElement("div"));
  (await import(`${base}/widgets/filter_learner/filter_learner.js`)).default.render({ model, el });
}"""


def sent(learner, *names):
    """What the notebook sends to the page: traits, with arrays as hexadecimal digits."""
    state = learner.get_state(list(names) or None)
    return {
        name: {**value, "data": None, "hex": bytes(value["data"]).hex()}
        if isinstance(value, dict) and "data" in value
        else value
        for name, value in state.items()
        if not name.startswith("_") and name not in ("layout", "tabbable", "tooltip")
    }


def test_what_a_notebook_sends_back_is_no_news_but_new_weights_are(page, serve, tmp_path):
    (tmp_path / "widgets").symlink_to(ROOT / "lecture_utils" / "widgets")
    (tmp_path / "index.html").write_text('<!doctype html><link rel="icon" href="data:,"><body>')
    base = serve(tmp_path)
    page.add_init_script(LISTEN)
    page.goto(f"{base}/index.html")
    learner = FilterLearner(noise=0.1)
    page.evaluate(NOTEBOOK, {"base": base, "state": sent(learner)})
    shown = Page(page)
    shown.step(7)
    learner.train(7)
    receive = "(state) => Object.entries(state).forEach((entry) => window.receive(...entry))"
    page.evaluate(receive, sent(learner, "image", "target", "noise", "seed"))
    assert shown.drawn()["losses"] == 8  # The curve goes on.
    learner.train(20)
    page.evaluate(receive, sent(learner, "weights", "velocity", "steps"))
    drawn = shown.check(0.5, 0.9)
    np.testing.assert_allclose(drawn["weights"], learner.weights, atol=1e-12)
    assert drawn["step"] == 27 and drawn["positions"] == learner.positions.tolist()
    learner.seed = 5
    learner.reset()
    page.evaluate(receive, sent(learner, "seed", "weights", "velocity", "steps"))
    drawn = shown.check(0.5, 0.9)
    np.testing.assert_allclose(drawn["weights"], learner.weights, atol=1e-12)
    np.testing.assert_allclose(drawn["responses"], learner.responses, atol=1e-6)


def test_a_rate_that_is_too_large_diverges_into_a_sentence(open_learner):
    page = open_learner()
    page.choose("All output pixels")
    page.type("Learning rate", 12)
    page.slide("Steps per frame", 20)
    page.button("Run").click()
    expect(page.message()).to_contain_text("learning rate 12 is above 9.58")
    expect(page.message()).to_contain_text("Choose a smaller one and press Reset")
    expect(page.button("Run")).to_be_visible()
    page.type("Learning rate", 2)
    page.button("Reset").click()
    expect(page.message()).to_be_hidden()
    page.step(1)
    assert page.check(2, 0.9)["step"] == 1


def test_a_batch_of_one_diverges_earlier_and_the_page_says_why(open_learner):
    page = open_learner(FilterLearner(batch=1, learning_rate=4))
    page.slide("Steps per frame", 20)
    page.button("Run").click()
    expect(page.message()).to_contain_text("a batch of 1 does not see the average")


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("flat gray", "This image is flat"),
        ("stripes", "The patches of this image span only 6 of 9 directions"),
        ("Draw your own", "Every patch of this image is zero"),
    ],
)
def test_images_that_teach_too_little(open_learner, source, words):
    page = open_learner()
    page.choose(source)
    if source == "stripes":
        rank = np.linalg.matrix_rank(FilterLearner(source="stripes").patches)
        words = f"span only {rank} of 9 directions"
    expect(page.message()).to_contain_text(words)
    drawn = page.step(2)
    assert np.isfinite(drawn["weights"]).all()
    page.choose("cat")
    expect(page.message()).to_be_hidden()


def test_drawing_by_mouse_and_by_keyboard(open_learner):
    page = open_learner()
    page.choose("Draw your own")
    plane = page.root.get_by_role("application", name="Input")
    plane.scroll_into_view_if_needed()
    box = settled_box(plane)
    page.page.mouse.move(box["x"] + 40, box["y"] + 40)
    page.page.mouse.down()
    page.page.mouse.move(box["x"] + 120, box["y"] + 150, steps=4)
    page.page.mouse.up()
    drawn = page.check(0.5, 0.9)
    assert drawn["size"] == [28, 28] and drawn["image"].sum() > 5
    plane.focus()
    for key in ("Home", " "):
        page.page.keyboard.press(key)
    assert page.drawn()["image"][:, 0].sum() > 0.5


def test_a_file_of_the_reader_is_made_small(open_learner):
    page = open_learner()
    values = np.random.default_rng(0).integers(0, 256, (100, 200), dtype=np.uint8)
    file = io.BytesIO()
    Image.fromarray(values).save(file, "PNG")
    upload = {"name": "noise.png", "mimeType": "image/png", "buffer": file.getvalue()}
    page.root.locator("input[type=file]").set_input_files(upload)
    expect(page.root.locator(".lu-image-name")).to_contain_text("Your file")
    assert page.check(0.5, 0.9)["size"] == [32, 64]
    upload = {"name": "notes.txt", "mimeType": "text/plain", "buffer": b"no picture"}
    page.root.locator("input[type=file]").set_input_files(upload)
    expect(page.message()).to_contain_text("“notes.txt” is not an image")


def test_an_image_smaller_than_the_kernel(open_learner):
    page = open_learner(FilterLearner(np.eye(4), np.eye(5)))
    expect(page.message()).to_contain_text("The image has 4×4 pixels, too few for a 5×5 kernel")
    page.button("Step").click()
    page.root.get_by_label("Target kernel").last.select_option("sobel y")
    expect(page.message()).not_to_contain_text("too few")
    assert page.step()["step"] == 1


@pytest.mark.parametrize("batch", ["all", 64])
def test_copy_as_python_finds_the_same_kernel(new_page, open_learner, batch):
    page = new_page(reduced_motion="reduce")
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page = open_learner(FilterLearner(batch=batch), page=page)
    page.button("Run").click()
    drawn = page.drawn()
    page.button("Copy as Python").click()
    expect(page.root.get_by_text("Copied.")).to_be_visible()
    names = {"print": lambda *parts: None}
    exec(compile(page.page.evaluate("navigator.clipboard.readText()"), "copied", "exec"), names)
    learned = names["weight"].detach()[0, 0].numpy()
    # With all pixels there is nothing random left: the programs make the very same steps.
    tolerance = 1e-6 if batch == "all" else 1e-2
    np.testing.assert_allclose(learned, drawn["weights"], atol=tolerance)
    np.testing.assert_allclose(learned, KERNELS["sobel x"], atol=1e-2)


def test_copy_as_python_knows_noise_centering_and_large_kernels(new_page, open_learner):
    page = new_page()
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    settings = {"batch": 256, "noise": 0.05, "learning_rate": 4, "centered": True}
    page = open_learner(
        FilterLearner(source="cat", target="gaussian blur 5x5", **settings), page=page
    )
    page.button("Copy as Python").click()
    expect(page.root.get_by_text("Copied.")).to_be_visible()
    names = {"print": lambda *parts: None}
    exec(compile(page.page.evaluate("navigator.clipboard.readText()"), "copied", "exec"), names)
    drawn = page.drawn()
    np.testing.assert_allclose(names["image"], drawn["image"], atol=1e-7)
    np.testing.assert_array_equal(names["target"][0, 0], drawn["target"])
    errors = (F.conv2d(names["x"], names["weight"]) - names["responses"]).detach()
    assert 0.04 < errors.std() < 0.06


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_accessible(open_learner, theme):
    page = open_learner(FilterLearner(noise=0.1, batch=1))
    page.page.evaluate(f"document.documentElement.dataset.theme = '{theme}'")
    page.step(3)
    page.root.get_by_text("What can I do here?").click()
    wait_for_fading(page.page)
    assert violations(page.page, ".lu-filter-learner") == []


@pytest.mark.parametrize("width", [390, 700, 1280])
def test_nothing_hangs_over(new_page, open_learner, width):
    page = open_learner(FilterLearner(target="gaussian blur 5x5"), page=new_page(width=width))
    page.step(2)
    assert page.page.evaluate("document.documentElement.scrollWidth") <= width


def test_a_hand_that_rests_costs_nothing(open_learner):
    page = open_learner()
    page.step()
    before = page.page.evaluate("window.drawings")
    wait_for_frames(page.page, 20)
    assert page.page.evaluate("window.drawings") == before
