"""ResponseQuiz in Chromium: questions are the recording's, and answers are scored."""

import numpy as np
import pytest
from page_tools import on_drawn, pixels, read, violations, wait_for_fading
from playwright.sync_api import expect

from lecture_utils.statistics import wilson
from lecture_utils.widgets import ResponseQuiz

CATS = "cats-vs-dogs/augmented"


class Page:
    """The quiz on a page; a test knows the answers."""

    def __init__(self, mount, page, quiz):
        page.add_init_script(on_drawn("ResponseQuiz"))
        mount(quiz)
        self.page, self.quiz = page, quiz
        self.root = page.locator(".lu-response-quiz")
        self.choices = self.root.locator(".quiz-choice")

    def drawn(self, **expected):
        self.page.wait_for_function("(root) => root.drawn", arg=self.root.element_handle())
        for name, value in expected.items():
            self.page.wait_for_function(
                "([root, name, value]) => root.drawn?.[name] === value",
                arg=[self.root.element_handle(), name, value],
            )
        return read(self.root, "(root) => root.drawn")

    def check(self):
        """Compare the images with Python's; return which side is right."""
        drawn = self.drawn()
        shown = [pixels(self.choices.nth(i).locator("canvas"))[..., :3] for i in (0, 1)]
        for pair in range(3):
            images = self.quiz.question(drawn["layer"], drawn["filter"], pair)
            if alike(shown[0], images["pair"][0]) and alike(shown[1], images["pair"][1]):
                right = 0
                break
            if alike(shown[0], images["pair"][1]) and alike(shown[1], images["pair"][0]):
                right = 1
                break
        else:
            raise AssertionError("these two are no recorded pair")
        references = self.root.locator(".quiz-references canvas")
        assert references.count() == 4
        for i, image in enumerate(images[drawn["condition"]]):
            assert alike(pixels(references.nth(i))[..., :3], image)
        return right


def alike(one, other):
    # Decoders may round the colors of a compressed image a little differently.
    return one.shape == other.shape and np.abs(one - other.astype(int)).mean() < 3


@pytest.fixture
def quiz(mount, page):
    return Page(mount, page, ResponseQuiz(CATS))


def own_scores(quiz):
    return quiz.root.locator(".quiz-scores tbody tr").first.locator("td").all_inner_texts()


def test_answers_are_scored_by_condition(quiz):
    scores = {"synthesized": [0, 0], "examples": [0, 0]}
    sides = set()
    for number in range(6):
        drawn = quiz.drawn(number=number, chosen=None)
        right = quiz.check()
        sides.add(right)
        choice = right if number != 1 else 1 - right
        quiz.choices.nth(choice).click()
        quiz.drawn(chosen=choice)
        scores[drawn["condition"]][0] += number != 1
        scores[drawn["condition"]][1] += 1
        verdict = quiz.root.locator(".quiz-answer").inner_text()
        assert verdict.startswith("Correct" if number != 1 else "Not this time")
        assert verdict.endswith(f"the image on the {('left', 'right')[right]}.")
        values = [text.rpartition(" ")[2] for text in quiz.choices.all_inner_texts()]
        first, second = (float(v.replace("\N{MINUS SIGN}", "-")) for v in values)
        assert (first > second) == (right == 0)
        quiz.choices.nth(1 - choice).evaluate("(button) => button.click()")  # too late
        assert quiz.drawn()["chosen"] == choice
        quiz.root.get_by_role("button", name="Next question").click()
    assert [answered for _, answered in scores.values()] == [3, 3]
    assert sides == {0, 1}
    for text, (correct, answered) in zip(own_scores(quiz), scores.values(), strict=True):
        low, high = wilson(correct, answered)
        assert text.strip() == (
            f"{correct} of {answered}: {100 * correct / answered:.0f}% "
            f"({100 * low:.0f}% to {100 * high:.0f}%)"
        )


def test_keys(quiz):
    page = quiz.page
    right = quiz.check()
    quiz.choices.nth(right).focus()
    page.keyboard.press("Enter")
    quiz.drawn(chosen=right)
    page.keyboard.press("Enter")  # the focus is on "Next question"
    quiz.drawn(number=1, chosen=None)
    quiz.check()
    assert page.evaluate("document.activeElement.className") == "quiz-choice"


def test_programs_and_what_python_sets(mount, page):
    quiz = ResponseQuiz(CATS, seed=5)
    quiz.scores = {"synthesized": [3, 4], "examples": [8, 9]}
    shown = Page(mount, page, quiz)
    shown.check()
    assert own_scores(shown)[0].startswith("3 of 4: 75%")
    rows = shown.root.locator(".quiz-scores tbody tr")
    assert rows.count() == 1 + len(quiz.observers)
    for i, scores in enumerate(quiz.observers.values(), 1):
        texts = rows.nth(i).locator("td").all_inner_texts()
        for text, (correct, answered) in zip(texts, scores.values(), strict=True):
            assert text.startswith(f"{correct} of {answered}: ")


def test_damaged_images_are_said(mount, page):
    quiz = ResponseQuiz(CATS)
    quiz.deferred = dict.fromkeys(quiz.deferred, b"no image")
    mount(quiz)
    expect(page.get_by_text("The images of this question cannot be shown")).to_be_visible()


def test_images_that_fail_later_take_the_last_question_away(mount, page):
    quiz = Page(mount, page, ResponseQuiz(CATS))
    layer = quiz.drawn()["layer"]
    quiz.choices.first.click()
    quiz.drawn(chosen=0)
    page.evaluate(
        """() => {
          window.decode = createImageBitmap;
          window.createImageBitmap = () => Promise.reject(new Error("it is broken"));
        }"""
    )
    page.keyboard.press("Enter")  # the focus is on "Next question"
    expect(quiz.root.get_by_text("The images of this question cannot be shown")).to_be_visible()
    expect(quiz.root.locator(".lu-title").first).to_have_text("Question 2")
    for part in (".quiz-references", ".quiz-choices"):
        expect(quiz.root.locator(part)).to_be_hidden()
    expect(quiz.root.locator(".quiz-answer")).to_have_text("")
    expect(quiz.root.get_by_role("button", name="Next question")).to_be_focused()
    page.evaluate("() => { window.createImageBitmap = window.decode; }")
    page.keyboard.press("Enter")
    assert quiz.drawn(number=2)["layer"] != layer
    quiz.check()
    expect(quiz.root.locator(".quiz-references")).to_be_visible()
    expect(quiz.choices.first).to_be_focused()


def test_accessibility(mount, page):
    page.set_viewport_size({"width": 390, "height": 900})
    page.emulate_media(reduced_motion="reduce")
    shown = Page(mount, page, ResponseQuiz(CATS))
    right = shown.check()
    names = [shown.choices.nth(i).get_attribute("aria-label") for i in (0, 1)]
    assert names[0].startswith("Left: ") and names[1].startswith("Right: ")
    for step in ("asked", "answered"):
        if step == "answered":
            shown.choices.nth(right).click()
            shown.drawn(chosen=right)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        for theme in ("light", "dark"):
            page.evaluate("theme => { document.documentElement.dataset.theme = theme; }", theme)
            wait_for_fading(page)
            assert violations(page, ".lu-response-quiz") == []
