"""RegularizationLab: what regularization methods do for a small network, by strength and budget."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import traitlets
from numpy.typing import NDArray

from lecture_utils._validation import check_name
from lecture_utils.runs import regularization

from .._demo import ArrayTrait, Demo
from .._traits import Whole, one_of
from .data import QUANTITIES, gather
from .figure import lab_html

if TYPE_CHECKING:
    from lecture_utils.runs import Run

__all__ = ["RegularizationLab"]


class RegularizationLab(Demo):
    """Regularization methods side by side: accuracies within a budget of epochs, and curves.

    All methods are dots on one axis, each with one of its strengths. The chosen method comes with
    its curves, beside those without regularization, and with the numbers of every seed. In a live
    notebook, all traits are in sync both ways.

    Parameters
    ----------
    runs : dict of list of Run, optional
        What `lecture_utils.runs.regularization.recorded` returns, which is also the default.
        Methods, strengths and seeds may be missing.
    method : str
        One of `lecture_utils.runs.regularization.METHODS`: the method whose curves are drawn. If it
        is not recorded, the first recorded method takes its place.
    strength : str, optional
        The strength of that method. By default, as for all other methods, the one with the highest
        mean validation accuracy within the budget.
    budget : int
        How many epochs training may take: one of `lecture_utils.runs.regularization.BUDGETS`.
    quantity : {"accuracy", "loss"}
        What the curves show.

    Attributes
    ----------
    strengths : dict of str
        Strengths that were chosen by hand, by method.

    Raises
    ------
    ValueError, traitlets.TraitError
        If nothing is recorded, or a setting cannot be shown; the message names the value.
    FileNotFoundError
        If a run lacks the readouts made during training.

    Examples
    --------
    >>> lab = RegularizationLab(method="dropout", budget=150)
    >>> lab.shown["dropout"]
    'medium'
    """

    extra_styles = ("_shared/ui/curves/curves.css",)

    entries = traitlets.List(traitlets.Dict()).tag(sync=True)
    budgets = traitlets.List(traitlets.Int()).tag(sync=True)
    score_names = traitlets.List(traitlets.Unicode()).tag(sync=True)
    # Runs in the order of the entries and their seeds; (runs, budgets, scores).
    scores = ArrayTrait("float64", ndim=3)
    # Accuracy and loss: (2, runs, epochs) and (2, runs, clean epochs); NaN where a run has none.
    validation = ArrayTrait("float32", ndim=3)
    clean_epochs = traitlets.List(traitlets.Int()).tag(sync=True)
    clean = ArrayTrait("float32", ndim=3)
    # By budget and method, the strength that is best on the validation photos.
    chosen = traitlets.List(traitlets.Dict()).tag(sync=True)
    source = traitlets.Dict().tag(sync=True)
    method = traitlets.Unicode().tag(sync=True)
    strengths = traitlets.Dict().tag(sync=True)
    budget = Whole(60, min=1).tag(sync=True)
    quantity = traitlets.Enum(QUANTITIES, "accuracy").tag(sync=True)

    def __init__(
        self,
        runs: Mapping[tuple[str, str], list[Run]] | None = None,
        *,
        method: str = "augmentation",
        strength: str | None = None,
        budget: int = 60,
        quantity: str = "accuracy",
    ):
        check_name("method", method, regularization.METHODS)
        recorded = gather(regularization.recorded() if runs is None else runs)
        by_hand = {} if strength is None else {method: strength}
        methods = list(recorded["chosen"][0])
        if method not in methods:
            if strength is not None:
                raise ValueError(f"{method} is not recorded; use one of {', '.join(methods)}")
            method = next((each for each in methods if each != "none"), methods[0])
        super().__init__(
            **recorded, method=method, strengths=by_hand, budget=budget, quantity=quantity
        )

    @traitlets.validate("method")
    def _check_method(self, proposal):
        return one_of(proposal, dict.fromkeys(entry["method"] for entry in self.entries))

    @traitlets.validate("budget")
    def _check_budget(self, proposal):
        if proposal["value"] not in self.budgets:
            raise traitlets.TraitError(
                f"budget is {proposal['value']}; use one of {', '.join(map(str, self.budgets))}"
            )
        return proposal["value"]

    @traitlets.validate("strengths")
    def _check_strengths(self, proposal):
        for method, strength in proposal["value"].items():
            known = [each["strength"] for each in self.entries if each["method"] == method]
            if strength not in known:
                recorded = f"use one of {', '.join(known)}" if known else "no strength is recorded"
                raise traitlets.TraitError(f"the strength of {method} is {strength!r}; {recorded}")
        return proposal["value"]

    @property
    def shown(self) -> dict[str, str]:
        """The strength with which each method is shown, by method."""
        return {**self.chosen[self.budgets.index(self.budget)], **self.strengths}

    def numbers(self, method: str) -> NDArray[np.float64]:
        """Return what a method with the strength shown reaches within the budget.

        Returns
        -------
        ndarray, shape (seeds, scores)
            The columns are those of `score_names`.
        """
        return self.scores[self._rows(method), self.budgets.index(self.budget)]

    def readings(self) -> dict[str, Any]:
        """Return how far the method is ahead, for the smallest and the largest budget, and its gap.

        All are means over the seeds, in percentage points of accuracy. ``ahead_first`` and
        ``ahead_last`` compare its validation accuracy with that of no regularization, and are None
        if that is not recorded. ``gap_last`` is its accuracy on the training photos as they are,
        minus that on the validation photos, within the largest budget.
        """
        validation = self._means("validation_accuracy", self.method)
        training = self._means("train_accuracy", self.method)
        ahead = [None, None]
        if any(entry["method"] == "none" for entry in self.entries):
            ahead = (validation - self._means("validation_accuracy", "none")).tolist()
        return {
            "ahead_first": ahead[0],
            "ahead_last": ahead[-1],
            "gap_last": float(training[-1] - validation[-1]),
        }

    def figure_html(self) -> str:
        """Return the dots and the curves as a figure, and all numbers as tables."""
        return lab_html(self)

    def _means(self, score, method):
        """Mean over the seeds, in percent, for each budget."""
        scores = self.scores[self._rows(method), :, self.score_names.index(score)]
        return 100 * scores.mean(axis=0)

    def _rows(self, method):
        """Where the seeds of a method are among all runs."""
        entry = self._entry(method)
        return slice(entry["first"], entry["first"] + len(entry["seeds"]))

    def _entry(self, method):
        key = (method, self.shown[method])
        return next(each for each in self.entries if (each["method"], each["strength"]) == key)
