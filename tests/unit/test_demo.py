"""The base of all demos: arrays that travel, and what is left in the page."""

import numpy as np
import pytest
import traitlets

from lecture_utils.widgets import Quiz, __all__
from lecture_utils.widgets._demo import FIGURE_MIME, ArrayTrait, Demo


class Holder(Demo):
    numbers = ArrayTrait("float32", ndim=2)

    def figure_html(self):
        return "<p>numbers</p>"


def test_an_array_goes_to_the_browser_and_comes_back_equal():
    numbers = np.random.default_rng(0).normal(size=(4, 3)).astype("float32")
    holder = Holder(numbers=numbers)
    message = holder.get_state("numbers")["numbers"]
    assert message["shape"] == [4, 3]
    other = Holder()
    other.set_state({"numbers": {**message, "data": memoryview(message["data"])}})
    np.testing.assert_array_equal(other.numbers, numbers)


@pytest.mark.parametrize("shape", [(0, 0), (0, 5), (1, 1)])
def test_empty_and_tiny_arrays_travel(shape):
    holder = Holder(numbers=np.zeros(shape))
    assert holder.get_state("numbers")["numbers"]["shape"] == list(shape)


def test_arrays_are_copies_that_cannot_change_unnoticed():
    numbers = np.ones((2, 2))
    holder = Holder(numbers=numbers)
    numbers[0, 0] = 5
    assert holder.numbers[0, 0] == 1
    with pytest.raises(ValueError, match="read-only"):
        holder.numbers[0, 0] = 5


def test_only_a_change_is_told():
    holder, changes = Holder(numbers=np.ones((2, 2))), []
    holder.observe(lambda change: changes.append(change["new"].tolist()), "numbers")
    holder.numbers = np.ones((2, 2))
    holder.numbers = np.zeros((2, 2))
    holder.numbers = np.zeros((3, 2))
    assert changes == [[[0, 0], [0, 0]], [[0, 0]] * 3]


@pytest.mark.parametrize("bad", ["words", [[1, 2], [3]], np.ones(3), None])
def test_what_is_no_array_of_numbers_is_refused(bad):
    holder = Holder(numbers=np.ones((2, 2)))
    with pytest.raises(traitlets.TraitError, match="numbers must"):
        holder.numbers = bad
    assert holder.numbers.shape == (2, 2)


def test_a_type_that_cannot_travel_is_refused():
    with pytest.raises(ValueError, match="complex128"):
        ArrayTrait("complex128")


def test_the_page_gets_a_live_view_and_a_figure():
    holder = Holder()
    data, _ = holder._repr_mimebundle_()
    view = data["application/vnd.jupyter.widget-view+json"]
    assert data[FIGURE_MIME]["model_id"] == view["model_id"]
    assert data[FIGURE_MIME]["html"] == "<p>numbers</p>"


def test_every_demo_can_be_imported_by_name():
    import lecture_utils.widgets as widgets

    for name in __all__:
        assert issubclass(getattr(widgets, name), Demo)
    with pytest.raises(AttributeError, match="ConvolutionLab"):
        widgets.ConvolutionLap  # noqa: B018


GOOD = {"question": "1 < 2?", "options": [("yes", "`1` is less.", True), ("no", "It is.")]}


def test_the_quiz_leaves_questions_and_answers_in_the_page():
    page = Quiz([GOOD]).figure_html()
    assert "1 &lt; 2?" in page
    assert "<details>" in page
    assert "<code>1</code> is less." in page


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ([("yes", "why", True)], "1 option"),
        ([("yes", "why"), ("no", "why")], "no correct option"),
        ([("yes", " ", True), ("no", "why")], "no explanation"),
    ],
)
def test_a_question_that_cannot_be_answered_is_refused(options, message):
    with pytest.raises(ValueError, match=f"question 2.*{message}"):
        Quiz([GOOD, {"question": "?", "options": options}])
