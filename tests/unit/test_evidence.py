"""A claim passes or stops, and says why."""

import numpy as np
import pytest
import torch

from lecture_utils.evidence import ClaimError, claim

SCORES = np.array([0.5, 0.25])


@pytest.mark.parametrize(
    "true", [True, np.bool_(True), torch.tensor(True), np.array([True]), SCORES.mean() > 0.3]
)
def test_what_is_true_passes_in_silence(true, capsys):
    assert claim(true, "It is true.") is None
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize("false", [False, np.bool_(False), torch.tensor(False), SCORES[0] < 0.3])
def test_what_is_false_stops_with_the_sentence(false):
    with pytest.raises(ClaimError, match=r"^It is false\."):
        claim(false, "It is false.")


def test_the_message_shows_the_condition_and_its_values():
    scores, limit, count = SCORES, 0.4, 3
    with pytest.raises(ClaimError) as error:
        claim(
            scores.mean() > limit + 2 * 0.1 and all(x > limit for x in scores) and count == 3,
            "The first is ahead.",
        )
    lines = [line.strip() for line in str(error.value).splitlines()]
    assert lines[0] == "The first is ahead."
    assert lines[1].startswith("scores.mean() > limit + 2 * 0.1 and all(")
    assert set(lines[2:]) == {
        "scores.mean() = 0.375",
        "limit + 2 * 0.1 = 0.6",
        "limit = 0.4",
        "count = 3",
        "scores = array([0.5 , 0.25])",
    }


def test_a_long_value_is_cut_and_a_failing_part_is_left_out():
    values = list(range(1000))
    with pytest.raises(ClaimError) as error:
        claim(condition=any(v > 1000 for v in values) or len(values) < 2, sentence="Long.")
    lines = str(error.value).splitlines()
    assert "    len(values) = 1000" in lines
    assert max(map(len, lines)) < 250


def test_where_there_is_no_source_the_sentence_is_still_told():
    with pytest.raises(ClaimError, match=r"^No source\.$"):
        eval("claim(1 > 2, 'No source.')", {"claim": claim})


@pytest.mark.parametrize("condition", [1, 0.5, None, "yes", [], np.float64(1), torch.tensor(1.0)])
def test_what_is_no_truth_value_is_refused(condition):
    with pytest.raises(TypeError, match="a claim needs a truth value"):
        claim(condition, "It is something.")


@pytest.mark.parametrize("condition", [SCORES > 0, torch.ones(2) > 0, np.array([], bool)])
def test_several_truth_values_are_refused(condition):
    with pytest.raises(TypeError, match=r"shape \(\d,\); a claim needs one truth value"):
        claim(condition, "They are all true.")


@pytest.mark.parametrize("sentence", ["", " ", None, 3])
def test_a_claim_has_a_sentence(sentence):
    with pytest.raises(ValueError, match="give the statement made in the text"):
        claim(True, sentence)
