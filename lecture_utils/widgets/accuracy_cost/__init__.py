"""AccuracyCost: the accuracy of networks against their cost, and the Pareto front."""

from __future__ import annotations

import dataclasses
from typing import Any

import traitlets

from lecture_utils.architectures import Published, published

from .._demo import Demo
from .choose import COSTS, WEIGHTS, chosen, front
from .figure import front_html

__all__ = ["AccuracyCost"]


class AccuracyCost(Demo):
    """All image classifiers of the installed torchvision: accuracy on ImageNet against cost.

    The numbers are those that torchvision publishes with its weights; nothing is downloaded. In a
    live notebook all traits are in sync both ways.

    Parameters
    ----------
    cost : {"macs", "parameters"}
        The horizontal axis.
    weights : {"first", "best", "all"}
        Which weights of each network: the first that were published, the best that were trained on
        ImageNet alone, or the best of all, whatever the training data.
    family : str
        Networks to highlight, such as ``"VGG"``; none if empty.
    selected : str
        The network to name first, such as ``"resnet50"``.

    Attributes
    ----------
    networks : list of dict
        Every network with each of its weights: the fields that `architectures.published` returns.
    front : list of Published
        The networks that no other network beats, from the cheapest to the most accurate.

    Raises
    ------
    traitlets.TraitError
        If a setting is unknown; the message lists the known ones.

    Examples
    --------
    >>> AccuracyCost(weights="first").front[-1].title
    'EfficientNet v2 L'
    """

    networks = traitlets.List().tag(sync=True)
    cost = traitlets.Enum(COSTS, "macs").tag(sync=True)
    weights = traitlets.Enum(tuple(WEIGHTS), "best").tag(sync=True)
    family = traitlets.Unicode("").tag(sync=True)
    selected = traitlets.Unicode("resnet50").tag(sync=True)

    def __init__(
        self,
        *,
        cost: str = "macs",
        weights: str = "best",
        family: str = "",
        selected: str = "resnet50",
    ):
        super().__init__(
            networks=[dataclasses.asdict(row) for row in published()],
            cost=cost,
            weights=weights,
            family=family,
            selected=selected,
        )

    @traitlets.validate("family", "selected")
    def _check_known(self, proposal):
        field = {"family": "family", "selected": "name"}[proposal["trait"].name]
        known = sorted({getattr(row, field) for row in published()})
        if proposal["value"] not in known and not (field == "family" and not proposal["value"]):
            raise traitlets.TraitError(
                f"{proposal['trait'].name} is {proposal['value']!r}; use one of {', '.join(known)}"
            )
        return proposal["value"]

    @property
    def front(self) -> list[Published]:
        """The networks that no other network beats with these weights, by this cost."""
        return front(chosen(published(), self.weights), self.cost)

    def readings(self) -> dict[str, Any]:
        """Return accuracy (in percent), MACs and parameters (in millions) of what is selected.

        All are 0 where the selected network has no such weights.
        """
        rows = chosen(published(), self.weights)
        row = next((row for row in rows if row.name == self.selected), None)
        return {
            "accuracy": 100 * row.accuracy if row else 0,
            "mega_macs": row.macs / 1e6 if row else 0,
            "mega_parameters": row.parameters / 1e6 if row else 0,
        }

    def figure_html(self) -> str:
        """Return the networks as a figure, and the front as a table."""
        return front_html(chosen(published(), self.weights), self.front, self.cost, self.weights)
