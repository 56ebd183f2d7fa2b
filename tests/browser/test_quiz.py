"""Quiz in Chromium: verdicts follow what is selected, and answers stay on the page."""

import pytest
from page_tools import wait_for_frames
from playwright.sync_api import expect

from lecture_utils.widgets import Quiz

ONE = {
    "question": "2 + 2?",
    "options": [("3", "One more."), ("4", "Two and two are four.", True)],
}
SEVERAL = {
    "question": "Which are even?",
    "options": [("2", "Half is 1.", True), ("3", "It is odd."), ("4", "Half is 2.", True)],
}


@pytest.fixture
def quiz(mount, page):
    page.add_init_script("localStorage.clear()")
    return mount(Quiz([ONE, SEVERAL])).locator(".lu-quiz")


def verdict(quiz, number):
    return quiz.locator(".quiz-verdict").nth(number)


def test_radio_buttons(quiz):
    quiz.get_by_label("3").first.check()
    expect(verdict(quiz, 0)).to_have_text("Not quite. One more.")
    expect(quiz.locator("li.wrong")).to_have_count(1)
    quiz.get_by_label("4").first.check()
    expect(verdict(quiz, 0)).to_have_text("Correct. Two and two are four.")
    expect(quiz.locator("li.wrong")).to_have_count(0)
    expect(quiz.locator(".quiz-done").first).to_be_visible()


def test_a_verdict_is_about_what_is_still_selected(quiz):
    boxes = {name: quiz.get_by_role("checkbox", name=name) for name in "234"}
    told = verdict(quiz, 1)
    boxes["2"].check()
    expect(told).to_have_text("Correct so far, but there is more. Half is 1.")
    boxes["4"].check()
    expect(told).to_have_text("Correct. Half is 2.")
    boxes["3"].check()
    expect(told).to_have_text("Not quite. It is odd.")
    # Without the incorrect option, the answer is correct.
    boxes["3"].uncheck()
    expect(told).to_have_text("Correct. Half is 2.")
    expect(told).to_have_class("quiz-verdict right")
    boxes["4"].uncheck()
    expect(told).to_have_text("Correct so far, but there is more. Half is 1.")
    boxes["2"].uncheck()
    expect(told).to_have_text("")
    expect(quiz.locator("li.right, li.wrong")).to_have_count(0)
    boxes["3"].check()
    boxes["2"].check()
    expect(told).to_have_text(
        "This option is correct, but not everything you selected is. Half is 1."
    )
    boxes["2"].uncheck()
    expect(told).to_have_text("Not quite. It is odd.")


def test_a_sign_says_which_options_are_wrong(quiz):
    for name in "23":
        quiz.get_by_role("checkbox", name=name).check()
    signs = (
        quiz.locator("fieldset")
        .nth(1)
        .locator("li")
        .evaluate_all("(all) => all.map((item) => getComputedStyle(item, '::after').content)")
    )
    assert signs == ['"✓" / "correct"', '"✗" / "not correct"', "none"]


def test_answers_outlast_scrolling_and_another_theme(quiz, page):
    quiz.get_by_label("4").first.check()
    quiz.get_by_role("checkbox", name="3").check()
    # Elements that are made anew would lose this.
    quiz.locator("fieldset").first.evaluate("(element) => { element.dataset.kept = ''; }")
    for change in (
        "document.body.classList.toggle('scrolled')",
        "document.documentElement.dataset.theme = 'light'",
        "document.documentElement.dataset.theme = 'dark'",
    ):
        page.evaluate(change)
        wait_for_frames(page)
        expect(quiz.get_by_label("4").first).to_be_checked()
        expect(quiz.get_by_role("checkbox", name="3")).to_be_checked()
        expect(verdict(quiz, 0)).to_have_text("Correct. Two and two are four.")
        expect(quiz.locator("[data-kept]")).to_have_count(1)
