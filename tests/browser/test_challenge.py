"""Challenges in a browser: judged as Python judges them, solved and failed with the controls."""

import json

import numpy as np
import pytest
from challenge_states import drawn, makers
from conftest import ROOT
from page_tools import read, violations, wait_for_fading, wait_for_frames
from playwright.sync_api import expect

from lecture_utils.challenges import at_least, equal_to
from lecture_utils.widgets import Challenge, ConvolutionLab
from lecture_utils.widgets.challenge.goal import TESTS, Condition, missing
from lecture_utils.widgets.filter_learner.training import uniform

MAKERS = makers()
every = pytest.mark.parametrize("name", MAKERS)
PREFIX = "touchable-cnns:done:"
REMEMBER = "addEventListener('lu:drawn', ({ target, detail }) => { if (detail.demo === 'challenge') target.drawn = detail; });"
NOT_SOLVED = "Not solved yet. All of these conditions must be met:"
STORED = "() => Object.keys(localStorage).filter((key) => key.startsWith('touchable-cnns'))"


@pytest.fixture
def page(new_page):
    page = new_page()
    page.add_init_script(REMEMBER)
    page.add_init_script(f"({STORED})().forEach((key) => localStorage.removeItem(key));")
    return page


def small(**changes):
    """Return a challenge that costs little to draw."""
    goal = [
        at_least("padding", 1, "Some padding", "The padding is {value}."),
        equal_to("rows", 28, "28 `rows`", "There are {value} rows."),
    ]
    rest = {
        "name": "test/small",
        "title": "Small",
        "minutes": 2,
        "answer": "Pad by 1.",
        "solution": {"padding": 1},
    }
    return Challenge(
        ConvolutionLab(), "Keep the `size`.", goal, ["One.", "Two."], **rest, **changes
    )


def card_of(page):
    return page.locator(".lu-challenge").first


def slide(card, label, value):
    card.get_by_role("slider", name=label, exact=True).fill(str(value))


# ---- the same verdict in both languages ----


@pytest.fixture(scope="module")
def goal_page(browser, serve_for_module, tmp_path_factory):
    folder = tmp_path_factory.mktemp("goal")
    (folder / "widgets").symlink_to(ROOT / "lecture_utils" / "widgets")
    (folder / "index.html").write_text('<!doctype html><link rel="icon" href="data:,"><body>')
    page = browser.new_page()
    page.goto(f"{serve_for_module(folder)}/index.html")
    yield page
    page.close()


JUDGE = """async (cases) => {
  const { holds, lack } = await import("./widgets/challenge/goal.js");
  return cases.map(([goal, readings]) =>
    goal.filter((each) => !holds(each, readings)).map((each) => lack(each, readings)));
}"""


def test_random_goals_are_judged_alike(goal_page):
    rng = np.random.default_rng(0)

    def value():
        kinds = [
            lambda: int(rng.integers(-3, 4)),
            lambda: float(rng.normal() * 10 ** rng.uniform(-3, 7)),
            lambda: float(rng.integers(-40, 40)) / 8,
            lambda: str(rng.choice(["a", "b"])),
            lambda: bool(rng.integers(2)),
            lambda: rng.normal(size=rng.integers(3, 5)).tolist(),
            lambda: None,
        ]
        return kinds[rng.integers(len(kinds))]()

    def bound(test):
        if test in ("at least", "at most"):
            return float(rng.integers(-3, 4))
        if test == "between":
            return [float(rng.integers(-3, 1)), float(rng.integers(1, 4))]
        if test == "close to":
            return rng.normal(size=3).tolist()
        scalars = [0, 1, -2, "a", True, False]
        chosen = [scalars[i] for i in rng.integers(len(scalars), size=2)]
        return chosen if test == "one of" else chosen[0]

    cases = []
    for _ in range(400):
        goal = [
            Condition(
                f"r{i}",
                test,
                bound(test),
                "label",
                f"r{i} is {{value}}.",
                digits=int(rng.integers(4)),
                tolerance=float(rng.uniform(0, 200)),
            )
            for i, test in enumerate(TESTS)
        ]
        cases.append((goal, {f"r{i}": value() for i in range(len(TESTS))}))
    arguments = [[[each.as_dict() for each in goal], readings] for goal, readings in cases]
    found = read(goal_page, JUDGE, arguments)
    expected = [missing(goal, readings) for goal, readings in cases]
    # A list stands for an array, of which only "close to" speaks.
    assert found == expected


@every
def test_the_page_and_python_say_the_same_of_random_settings(name, mount, page):
    challenges = []
    # One of these costs seconds to make.
    for settings in drawn(name, count=1 if name.startswith("chapter_9.lost") else 4):
        challenge = MAKERS[name]()
        for trait, value in settings.items():
            challenge.demo.set_trait(trait, value)
        challenges.append(challenge)
    challenges.append(MAKERS[name]())
    shown = mount(*challenges).locator(".lu-challenge")
    for i, challenge in enumerate(challenges):
        expected = list(challenge.check().missing)
        page.wait_for_function(
            "({ card, expected }) => JSON.stringify(card.drawn?.missing) === JSON.stringify(expected)",
            arg={"card": shown.nth(i).element_handle(), "expected": expected},
        )


# ---- solved and failed by hand ----


def press_dilations(card, values):
    for row, value in enumerate(values, 1):
        card.get_by_role("spinbutton", name=f"Layer {row}, dilation").fill(str(value))


def type_weights(card, weights):
    """Type a kernel into its cells."""
    cells = card.get_by_role("gridcell")
    for at, weight in enumerate(np.ravel(weights)):
        cells.nth(at).click()
        card.page.keyboard.type(str(weight))
        card.page.keyboard.press("Enter")


def out_channels(card, by_layer):
    """Type numbers of outgoing channels, by number of the layer."""
    for number, count in by_layer.items():
        card.get_by_label(f"out of layer {number}, Conv2d", exact=True).fill(str(count))


def press(card, *names):
    for name in names:
        card.get_by_role("button", name=name, exact=True).click()


def add(card, after, kind):
    card.get_by_role("combobox", name="Add after").select_option(after)
    press(card, kind)


def dilate(card, number, dilation):
    card.get_by_text("All settings", exact=True).click()
    card.get_by_label(f"dilation of layer {number}, Conv2d", exact=True).fill(str(dilation))


def go_to_epoch(card, epoch):
    card.get_by_role("slider", name="Epoch of the crosshair").focus()
    card.page.keyboard.press("Home")
    for _ in range(epoch - 1):
        card.page.keyboard.press("ArrowRight")


def regularize(card, method, strength):
    """Choose a row of the dot plot, and then a strength."""
    row = card.locator(".regularization-row", has_text=method).first
    row.locator("input").check(force=True)
    group = card.get_by_role("group", name=f"Strength of {method}", exact=True)
    group.get_by_role("radio", name=strength, exact=True).check(force=True)


def bottleneck(card):
    """Build 1x1, three 3x3 and 1x1 from one convolution, with the controls."""
    for _ in range(4):
        add(card, "end", "Conv2d")
    for number, (count, kernel, padding) in enumerate(
        [(16, 1, 0), (16, 3, 1), (16, 3, 1), (16, 3, 1), (64, 1, 0)], 1
    ):
        for label, value in (("out", count), ("kernel", kernel), ("padding", padding)):
            card.get_by_label(f"{label} of layer {number}, Conv2d", exact=True).fill(str(value))


def choose_network(card, name):
    card.get_by_role("combobox", name="Network to select").select_option(name)


def choose_class(card, name):
    likeliest = card.locator(".cam-likeliest").first
    likeliest.get_by_role("radio", name=name).first.check(force=True)


def choose_layer(card, label):
    card.locator(f'.lu-layer input[value="{label}"]').check(force=True)


def answer_questions(card, numbers, well):
    """Answer questions of the response quiz; the side of the larger activation is drawn."""
    for number in numbers:
        expect(card.get_by_text(f"Question {number + 1}", exact=True)).to_be_visible()
        choices = card.locator(".quiz-choice")
        expect(choices.first).to_have_attribute("aria-disabled", "false")
        right = 0 if uniform(8, number, 4)[3] < 0.5 else 1
        choices.nth(right if well else 1 - right).click()
        press(card, "Next question")


def slide_boundary(card, stage):
    """Move the boundary with the arrow keys until a stage is the first trained one."""
    slider = card.get_by_role("slider", name="Boundary")
    slider.focus()
    for _ in range(12):
        if f"{stage} and everything after it" in slider.get_attribute("aria-valuetext"):
            return
        card.page.keyboard.press("ArrowUp")
        # What the slider says changes when the boundary is drawn.
        wait_for_frames(card.page)


def choose_wrong(card, place):
    """Choose one of the misclassified images from their list."""
    buttons = card.locator(".map-wrong button")
    if not buttons.count():
        card.locator("summary", has_text="misclassified images").click()
    buttons.nth(place).click()


#: For each challenge: what does not solve it, the sentence that then is there, and what does.
BY_HAND = {
    "chapter_1.same_size": (
        lambda card: slide(card, "Padding", 1),
        "The output has 26 rows.",
        lambda card: slide(card, "Padding", 2),
    ),
    "chapter_1.wide_view": (
        lambda card: slide(card, "Dilation", 4),
        "The output has 20 rows.",
        lambda card: slide(card, "Padding", 4),
    ),
    "chapter_1.find_the_kernel": (
        lambda card: card.get_by_role("combobox").select_option("sobel x"),
        "Your output is off by 209%.",
        lambda card: type_weights(card, [[-1, 0, 0], [0, 0, 0], [0, 0, 1]]),
    ),
    "chapter_2.catch_the_stripes": (
        lambda card: slide(card, "Frequency", 0.14),
        "The energy is 0.0002.",
        lambda card: slide(card, "Theta", 0.7),
    ),
    "chapter_2.one_half_only": (
        lambda card: slide(card, "Theta", 0.52),
        "The energy on the left is 4.9 times that on the right.",
        lambda card: slide(card, "Sigma", 4),
    ),
    "chapter_2.no_filter_wasted": (
        lambda card: slide(card, "Frequencies", 2),
        "The bank has 16 filters.",
        lambda card: (
            card.get_by_role("combobox", name="Envelope").select_option(""),
            slide(card, "Frequencies", 3),
        ),
    ),
    "chapter_3.two_by_two": (
        lambda card: slide(card, "Padding", 1),
        "The padding is 1.",
        lambda card: (slide(card, "Padding", 0), slide(card, "Stride", 2)),
    ),
    "chapter_3.see_far": (
        lambda card: press_dilations(card, [1, 1, 1, 1, 11]),
        "The kernels have 45 weights.",
        lambda card: (
            card.get_by_role("button", name="Remove layer 5").click(),
            press_dilations(card, [1, 2, 4, 8]),
        ),
    ),
    "chapter_3.hundred_steps": (
        lambda card: (
            card.get_by_role("checkbox", name="Center the image").check(),
            card.get_by_role("spinbutton", name="Learning rate").fill("12"),
        ),
        "After 100 steps, the distance is 0.58.",
        lambda card: (
            slide(card, "Momentum β", 0.9),
            card.get_by_role("radio", name="All output pixels").check(force=True),
            card.get_by_role("spinbutton", name="Learning rate").fill("10"),
        ),
    ),
    "chapter_4.six_or_nine": (
        lambda card: slide(card, "Rotate", 90),
        "The confidence is 66%.",
        lambda card: slide(card, "Rotate", 180),
    ),
    "chapter_4.repair_and_shrink": (
        lambda card: press(card, "Fix: add Flatten"),
        "There are 93,322 parameters in the layers that fit.",
        lambda card: (
            out_channels(card, {1: 16, 4: 16, 7: 16}),
            press(card, "Fix: use 144"),
        ),
    ),
    "chapter_4.five_thousand": (
        lambda card: (
            out_channels(card, {1: 8, 4: 16, 7: 16}),
            press(card, "Fix: use 16"),
        ),
        "The receptive field is 18×18.",
        lambda card: dilate(card, 7, 2),
    ),
    "chapter_5.which_epoch": (
        lambda card: go_to_epoch(card, 12),
        "The loss of epoch 12 is not the lowest.",
        lambda card: go_to_epoch(card, 14),
    ),
    "chapter_5.lose_nothing": (
        lambda card: slide(card, "Patience, in epochs", 10),
        "Epochs saved: 299.",
        lambda card: slide(card, "Patience, in epochs", 9),
    ),
    "chapter_5.far_and_small": (
        lambda card: (
            out_channels(card, {1: 32, 4: 32, 7: 64, 10: 64}),
            press(card, "Fix: use 64"),
            card.get_by_label("out of layer 14, Linear", exact=True).fill("64"),
            press(card, "Fix: use 64"),
        ),
        "The receptive field is 38×38.",
        lambda card: dilate(card, 10, 3),
    ),
    "chapter_6.keep_the_label": (
        lambda card: slide(card, "Mirror, probability", 0),
        "The probability of erasing is 0.25.",
        lambda card: card.get_by_role("radio", name="digits").check(force=True),
    ),
    "chapter_6.slow_starter": (
        lambda card: regularize(card, "augmentation", "medium"),
        "Within 150 epochs, the gap is 17.3 points.",
        lambda card: regularize(card, "augmentation", "strong"),
    ),
    "chapter_6.match_the_twelve": (
        lambda card: (
            slide(card, "Mirror, probability", 0.5),
            slide(card, "Brightness ±", 0.5),
            slide(card, "Noise σ", 0.2),
        ),
        "Compare what is missing.",
        lambda card: (slide(card, "Noise σ", 0), slide(card, "Erasing, probability", 1)),
    ),
    "chapter_7.cheapest": (
        lambda card: choose_network(card, "mobilenet_v2"),
        "Your network has",
        lambda card: choose_network(card, "mobilenet_v3_large"),
    ),
    "chapter_7.a_quarter": (
        lambda card: slide(card, "Bottleneck channels", 103),
        "The replacement has 25.1% of the parameters.",
        lambda card: slide(card, "Bottleneck channels", 102),
    ),
    "chapter_7.seven_by_seven": (
        lambda card: card.get_by_label("kernel of layer 1, Conv2d", exact=True).fill("5"),
        "The receptive field is 5×5.",
        bottleneck,
    ),
    "chapter_8.the_other_half": (
        lambda card: choose_class(card, "tabby"),
        "The evidence for this class is centered at 24% of the width.",
        lambda card: choose_class(card, "espresso"),
    ),
    "chapter_8.find_the_filter": (
        lambda card: (choose_layer(card, "stage5.2"), card.locator(".gallery-card").nth(3).click()),
        "It is not filter",
        lambda card: card.locator(".gallery-card").nth(10).click(),
    ),
    "chapter_8.predict_the_response": (
        lambda card: answer_questions(card, range(2), well=False),
        "Of your answers, 0% are correct.",
        lambda card: answer_questions(card, range(2, 10), well=True),
    ),
    "chapter_9.a_third_learns": (
        lambda card: slide_boundary(card, "top"),
        "0.413 million parameters are trained.",
        lambda card: slide_boundary(card, "stage7"),
    ),
    "chapter_9.most_for_the_memory": (
        lambda card: slide_boundary(card, "stage6"),
        "2.672 million parameters are trained; more are possible.",
        lambda card: (
            card.get_by_role("combobox", name="Network").select_option("resnet18"),
            slide_boundary(card, "layer4"),
        ),
    ),
    "chapter_9.lost_in_the_crowd": (
        lambda card: choose_wrong(card, 1),
        "Neighbors with the same label: 4.",
        lambda card: choose_wrong(card, 0),
    ),
}


@every
def test_it_says_what_is_missing_and_is_solved_by_hand(name, mount, page):
    challenge = MAKERS[name]()
    wrong, sentence, right = BY_HAND[name]
    mount(challenge)
    card = card_of(page)
    expect(card).not_to_have_class("solved")
    expect(card.locator(".challenge-verdict")).to_have_text(NOT_SOLVED)
    assert page.evaluate(STORED) == []
    wrong(card)
    expect(card.locator(".goal-lack").filter(has_text=sentence)).to_be_visible()
    assert page.evaluate(STORED) == []
    right(card)
    expect(card.locator(".challenge-verdict")).to_contain_text("Solved!")
    assert card.locator(".challenge-goal .met").count() == len(challenge.goal)
    assert page.evaluate(STORED) == [PREFIX + challenge.name]


# ---- the card ----


def test_a_solved_challenge_is_remembered_and_a_change_takes_back_the_verdict_alone(mount, page):
    challenge = small()
    mount(challenge)
    card = card_of(page)
    before = card.locator(".challenge-before")
    expect(before).to_be_hidden()
    slide(card, "Padding", 1)
    expect(card.locator(".challenge-verdict")).to_contain_text("Solved!")
    expect(before).to_be_visible()
    expect(page.get_by_role("status").filter(has_text="Small: solved.")).to_have_count(1)
    slide(card, "Padding", 3)
    expect(card.locator(".challenge-verdict")).to_have_text(NOT_SOLVED)
    expect(card.locator(".goal-lack").last).to_have_text("There are 32 rows.")
    expect(before).to_be_visible()


def test_hints_come_one_by_one_and_the_solution_unfolds(mount, page):
    mount(small())
    card = card_of(page)
    hints = card.locator(".challenge-hints li")
    more = card.get_by_role("button", name="hint")
    expect(hints).to_have_count(0)
    more.press("Enter")
    expect(hints).to_have_text(["One."])
    more.press("Enter")
    expect(hints).to_have_text(["One.", "Two."])
    expect(more).to_be_disabled()
    expect(more).to_be_focused()
    more.press("Enter")
    expect(hints).to_have_count(2)
    card.get_by_text("Solution", exact=True).click()
    expect(card.get_by_text("Pad by 1.")).to_be_visible()
    expect(card.locator(".challenge-task code")).to_have_text("size")


@pytest.mark.parametrize(
    "trouble",
    [
        "Object.defineProperty(window, 'localStorage', { get() { throw new DOMException('no'); } })",
        "Storage.prototype.setItem = () => { throw new DOMException('full', 'QuotaExceededError'); }",
        "localStorage.setItem('touchable-cnns:done:test/small', '{nonsense')",
    ],
    ids=["forbidden", "full", "nonsense"],
)
def test_storage_that_fails_breaks_nothing(new_page, mount, trouble):
    page = new_page(viewport={"width": 1280, "height": 900})
    page.add_init_script(trouble)
    mount(small(), page=page)
    card = card_of(page)
    slide(card, "Padding", 1)
    expect(card.locator(".challenge-verdict")).to_contain_text("Solved!")


def test_what_was_solved_before_is_marked_when_the_page_opens_again(new_page, mount):
    page = new_page(1280, 900, color_scheme="light")
    mount(small(), page=page)
    slide(card_of(page), "Padding", 1)
    expect(card_of(page).locator(".challenge-before")).to_be_visible()
    page.reload()
    expect(card_of(page).locator(".challenge-verdict")).to_have_text(NOT_SOLVED)
    expect(card_of(page).locator(".challenge-before")).to_be_visible()


def test_a_demo_that_cannot_start_leaves_a_sentence(mount, page):
    challenge = small()
    challenge.demo._esm = "export default { render() { throw new Error('broken on purpose'); } };"
    mount(challenge)
    alert = card_of(page).get_by_role("alert")
    expect(alert).to_contain_text("broken on purpose. Reload the page to try again.")
    # What does not need the demo is still there.
    expect(card_of(page).locator(".challenge-task")).to_have_text("Keep the size.")
    card_of(page).get_by_role("button", name="hint").click()
    expect(card_of(page).locator(".challenge-hints li")).to_have_text(["One."])
    card_of(page).get_by_text("Solution", exact=True).click()
    expect(card_of(page).get_by_text("Pad by 1.")).to_be_visible()
    assert page.trouble
    page.trouble.clear()


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing_and_nothing_sticks_out(new_page, mount, theme):
    page = new_page(390, 844, theme)
    mount(small(), page=page)
    page.evaluate(f"document.documentElement.dataset.theme = '{theme}'")
    card = card_of(page)
    slide(card, "Padding", 1)
    expect(card.locator(".challenge-verdict")).to_contain_text("Solved!")
    wait_for_fading(page)
    assert violations(page, ".lu-challenge") == []
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


@pytest.mark.parametrize(
    "name",
    ["chapter_2.no_filter_wasted", "chapter_6.keep_the_label", "chapter_8.the_other_half"],
)
def test_a_challenge_and_its_demo_alone_can_be_told_apart(name, mount, page):
    challenge = MAKERS[name]()
    mount(challenge, MAKERS[name]().demo)
    assert violations(page, "main") == []


def test_readers_who_want_calm_get_no_animation(mount, page):
    page.emulate_media(reduced_motion="reduce")
    mount(small())
    card = card_of(page)
    slide(card, "Padding", 1)
    expect(card.locator(".challenge-verdict")).to_contain_text("Solved!")
    names = page.evaluate("document.getAnimations().map(({ animationName }) => animationName)")
    assert "challenge-tick" not in names


def test_a_demo_outside_of_a_challenge_reports_nothing(mount, page):
    page.add_init_script("addEventListener('lu:readings', () => { window.reported = true; })")
    mount(ConvolutionLab())
    slide(page.locator(".lu-convolution-lab"), "Padding", 1)
    assert page.evaluate("window.reported") is None


def test_the_demo_reports_when_the_hand_rests(mount, page):
    page.add_init_script("""
      let [drawn, atOnce] = [0, false];
      window.pauses = [];
      addEventListener("lu:drawn", ({ detail, timeStamp }) => {
        if (detail.demo !== "convolution_lab") return;
        [drawn, atOnce] = [timeStamp, true];
        queueMicrotask(() => { atOnce = false; });
      });
      // That nothing comes between tells what is done at once, not how long it takes.
      addEventListener("lu:readings", ({ timeStamp }) => {
        window.pauses.push(atOnce ? 0 : timeStamp - drawn);
      });
    """)
    mount(small())
    card = card_of(page)
    expect(card.locator(".goal-lack").last).to_have_text("There are 26 rows.")
    slide(card, "Padding", 2)
    expect(card.locator(".goal-lack").last).to_have_text("There are 30 rows.")
    first, *later = page.evaluate("window.pauses")
    assert first == 0 and min(later) > 100


def test_the_two_scripts_use_the_same_keys():
    widget = (ROOT / "lecture_utils/widgets/_shared/ui/progress.js").read_text()
    site = (ROOT / "book/_static/progress.js").read_text()
    line = f"const PREFIX = {json.dumps(PREFIX)};"
    assert line in widget and line in site
