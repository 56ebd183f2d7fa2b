"""FilterEvolution: the filters of a first layer while they are learned, for few and many images."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import traitlets
from numpy.typing import NDArray

from .._demo import ArrayTrait, Demo
from .._traits import Whole
from .curves import gather_curves
from .evolution import gather
from .figure import evolution_html

if TYPE_CHECKING:
    from lecture_utils.runs import Run

__all__ = ["FilterEvolution"]


class FilterEvolution(Demo):
    """First-layer filters of recorded runs, snapshot by snapshot, for several training set sizes.

    A slider goes through the optimizer steps after which the filters were saved. Each set of
    filters comes with the mean cosine similarity to its initial values, so that nobody mistakes
    filters that have barely moved for learned ones. In a live notebook, all traits are in sync both
    ways.

    Parameters
    ----------
    runs : dict of Run
        From number of training images to a recorded run with snapshots: 1 to 4 of them, with the
        same steps and filters of one shape on gray images. `lecture_utils.runs.filters.evolution`
        returns such a dict.
    curves : dict, optional
        Test accuracy against the number of training images: from the label of a network to a dict
        from number of images to the accuracies, 0 to 1, one per seed (a sequence, or a dict from
        seed to accuracy). At most 6 networks.
    step : int, optional
        Where the slider starts: one of the recorded optimizer steps. By default the last one.
    selected : int
        The number of training images whose filters are enlarged; 0 for none.
    common_scale : bool
        Color all filters on one scale, instead of each on its own. Zero is white (black on a dark
        page) in both cases.

    Attributes
    ----------
    similarity : dict of list of float
        From number of training images to the mean cosine similarity of the filters with their
        initial values, one per step.

    Raises
    ------
    ValueError, traitlets.TraitError
        If runs, curves or a setting cannot be shown; the message names the value.
    FileNotFoundError
        If a run has no snapshots.

    Examples
    --------
    >>> from lecture_utils.runs import filters
    >>> curves = {"one learned layer": filters.accuracies()["one-layer"]}
    >>> FilterEvolution(filters.evolution(), curves).sizes
    [100, 1000, 50000]
    """

    extra_styles = ("_shared/ui/curves/curves.css",)

    sizes = traitlets.List(traitlets.Int()).tag(sync=True)
    steps = traitlets.List(traitlets.Int()).tag(sync=True)
    # Bytes: 128 is zero, and 255 is the largest magnitude among the filters of that moment.
    filters = ArrayTrait("uint8", ndim=5)
    largest = ArrayTrait("float64", ndim=2)
    similarities = ArrayTrait("float64", ndim=2)
    measured = traitlets.List(traitlets.Dict()).tag(sync=True)
    sources = traitlets.List(traitlets.Dict()).tag(sync=True)
    curves = traitlets.List(traitlets.Dict()).tag(sync=True)
    step = Whole(0, min=0).tag(sync=True)
    selected = Whole(0, min=0).tag(sync=True)
    common_scale = traitlets.Bool(False).tag(sync=True)

    def __init__(
        self,
        runs: Mapping[int, Run],
        curves: Mapping[str, Mapping[int, Sequence[float] | Mapping[int, float]]] | None = None,
        *,
        step: int | None = None,
        selected: int = 0,
        common_scale: bool = False,
    ):
        recorded = gather(runs)
        super().__init__(
            **recorded,
            curves=gather_curves(curves or {}),
            step=recorded["steps"][-1] if step is None else step,
            selected=selected,
            common_scale=common_scale,
        )

    @traitlets.validate("step")
    def _check_step(self, proposal):
        if proposal["value"] not in self.steps:
            raise traitlets.TraitError(
                f"step is {proposal['value']}; the filters were saved after steps "
                f"{', '.join(map(str, self.steps))}"
            )
        return proposal["value"]

    @traitlets.validate("selected")
    def _check_selected(self, proposal):
        if proposal["value"] not in (0, *self.sizes):
            raise traitlets.TraitError(
                f"selected is {proposal['value']}; use one of {', '.join(map(str, self.sizes))}, "
                "or 0 for none"
            )
        return proposal["value"]

    @property
    def similarity(self) -> dict[int, list[float]]:
        """The mean cosine similarity with the initial filters, by number of training images."""
        return dict(zip(self.sizes, self.similarities.tolist(), strict=True))

    def weights(self, size: int, step: int) -> NDArray[np.float64]:
        """Return the filters for a number of training images after a step, (K, h, w).

        Raises
        ------
        ValueError
            If there are none.
        """
        if size not in self.sizes or step not in self.steps:
            raise ValueError(
                f"there are no filters for {size} images after {step} steps; sizes are "
                f"{self.sizes} and steps {self.steps}"
            )
        at = self.sizes.index(size), self.steps.index(step)
        return (self.filters[at].astype(float) - 128) * (self.largest[at] / 127)

    def figure_html(self) -> str:
        """Return the filters at the chosen step as an image, and all numbers as tables."""
        return evolution_html(self)

    def _accuracy_near(self, size: int) -> tuple[int, float]:
        """Return the measurement that is nearest to the chosen step: its step and the accuracy."""
        entry: dict[str, Any] = self.measured[self.sizes.index(size)]
        return min(
            zip(entry["steps"], entry["accuracy"], strict=True),
            key=lambda at: abs(at[0] - self.step),
        )
