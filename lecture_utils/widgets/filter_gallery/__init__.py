"""FilterGallery: what maximizes filters, how priors change it, and what real images do."""

from __future__ import annotations

import html
from typing import Any

import numpy as np
import traitlets
from numpy.typing import NDArray

from lecture_utils.interpretation.recordings import SWEEPS

from .. import _figure
from .._demo import Demo
from .._recorded import as_traits, load_recordings, smooth_tile
from .._sprites import unpack_tiles
from .._traits import Whole

_KINDS = ("optima", "minimum", "neuron", "swept")


class FilterGallery(Demo):
    """Look into the filters of a network: synthesized images, priors, and images of a data set.

    Everything was recorded; see `lecture_utils.interpretation.recordings`. Images are loaded layer
    by layer, when they are needed. In a live notebook, all traits are in sync both ways.

    Parameters
    ----------
    *names : str
        Names of recordings, such as "efficientnet_lite0"; by default all that are recorded.
    model, layer : str, optional
        Where to start; by default in the first layer of the first recording.
    filter : int, optional
        Number of the filter that is shown large; by default the first that was recorded.
    objective : {"channel", "neuron", "logit"}, optional
        What is maximized: the mean of the filter's map, or its value in the middle. For the layer
        "classes", it is always the logit.
    setting : int, optional
        Index of the settings of the priors in `recordings.settings`; 0 is the default.

    Attributes
    ----------
    recordings : dict of str to lecture_utils.interpretation.recordings.Recording

    Raises
    ------
    ValueError, FileNotFoundError, traitlets.TraitError
        If a network, layer, filter, objective or setting was not recorded.

    Examples
    --------
    >>> gallery = FilterGallery("efficientnet_lite0", layer="stage4.1")
    >>> gallery.objective
    'channel'
    """

    networks = traitlets.List().tag(sync=True)
    deferred = traitlets.Dict().tag(sync=True)
    model = traitlets.Unicode().tag(sync=True)
    layer = traitlets.Unicode().tag(sync=True)
    filter = Whole(0).tag(sync=True)
    objective = traitlets.Unicode("channel").tag(sync=True)
    setting = Whole(0).tag(sync=True)

    def __init__(
        self,
        *names: str,
        model: str | None = None,
        layer: str | None = None,
        filter: int | None = None,
        objective: str | None = None,
        setting: int | None = None,
    ):
        self.recordings = load_recordings(names)
        networks: list[dict[str, Any]] = []
        deferred: dict[str, bytes] = {}
        for recording in self.recordings.values():
            numbers, images = as_traits(recording)
            networks.append(numbers)
            deferred |= images
        start = next(iter(self.recordings)) if model is None else model
        super().__init__(networks=networks, deferred=deferred, model=start)
        chosen = {"layer": layer, "filter": filter, "objective": objective, "setting": setting}
        for name, value in chosen.items():
            if value is not None:
                self.set_trait(name, value)

    @traitlets.validate("model")
    def _check_model(self, proposal):
        return _one_of(proposal, list(self.recordings))

    @traitlets.validate("layer")
    def _check_layer(self, proposal):
        return _one_of(proposal, [each["label"] for each in self._layers])

    @traitlets.validate("filter")
    def _check_filter(self, proposal):
        return _one_of(proposal, self._entry["channels"])

    @traitlets.validate("objective")
    def _check_objective(self, proposal):
        return _one_of(proposal, self._objectives)

    @traitlets.validate("setting")
    def _check_setting(self, proposal):
        return _one_of(proposal, range(len(self._network["settings"])))

    @traitlets.observe("model", "layer")
    def _follow(self, change):
        if self.layer not in [each["label"] for each in self._layers]:
            self.layer = self._layers[0]["label"]
        if self.filter not in self._entry["channels"]:
            self.filter = self._entry["channels"][0]
        if self.objective not in self._objectives:
            self.objective = self._objectives[0]

    @property
    def _network(self):
        return next(each for each in self.networks if each["name"] == self.model)

    @property
    def _layers(self):
        return self._network["layers"]

    @property
    def _entry(self):
        return next(each for each in self._layers if each["label"] == self.layer)

    @property
    def _objectives(self):
        return ["logit"] if self._entry["names"] else ["channel", "neuron"]

    def images(self, kind: str) -> NDArray[np.uint8]:
        """Return synthesized images of the chosen layer.

        Parameters
        ----------
        kind : {"optima", "minimum", "neuron", "swept"}

        Returns
        -------
        ndarray of uint8, shape (filters, images, H, W, 3)
            "swept" has fewer filters, and as many images as there are settings.
        """
        if kind not in _KINDS:
            raise ValueError(f"kind is {kind!r}; use one of {', '.join(map(repr, _KINDS))}")
        entry = self._entry
        count = sum(len(row) for rows in entry["tiles"].values() for row in rows)
        sheet = self.recordings[self.model].sheet(self._layers.index(entry))
        numbers = np.array(entry["tiles"][kind], int)
        return unpack_tiles(sheet, entry["sheet"], count)[numbers]

    def pool(self) -> NDArray[np.uint8]:
        """Return the images of the data set, uint8 (N, H, W, 3)."""
        pool = self._network["pool"]
        data = self.recordings[self.model].pool()
        return unpack_tiles(data, pool["sheet"], len(pool["names"]))

    def figure_html(self) -> str:
        """Return images that maximize and minimize the chosen filter, and all activations."""
        entry, pool = self._entry, self.pool()
        at = entry["channels"].index(self.filter)
        name = _name(entry, at)
        most, least = (entry["examples"]["whole"][key] for key in ("most", "least"))
        images = [
            self.images("optima")[at, 0],
            self.images("minimum")[at, 0],
            pool[most[at][0][0]],
            pool[least[at][0][0]],
        ]
        tiles = [smooth_tile(each) for each in images]
        subject = f"class “{name}”" if entry["names"] else f"{name} of {self.layer}"
        alt = (
            f"{subject}: synthesized images with a high and with a low activation, "
            "then the images of the data set with the highest and the lowest activation."
        )
        heads = ("Filter", "Synthesized, highest", "Neuron", "Synthesized, lowest", "Data, highest",
                 "Data, lowest")  # fmt: skip
        rows = [
            _figure.table_row(
                _name(entry, i),
                [
                    _figure.number(max(entry["optima"][i])),
                    _figure.number(entry["neuron"][i]) if entry["neuron"] else "",
                    _figure.number(entry["minimum"][i]),
                    _figure.number(most[i][0][1]),
                    _figure.number(least[i][0][1]),
                ],
            )
            for i in range(len(entry["channels"]))
        ]
        measure = "Logit" if entry["names"] else "Mean activation"
        caption = f"{measure}, {self.layer} of {self._network['title']}"
        return (
            f"<figure>{_figure.image_html(tiles, alt)}"
            f"<figcaption>{html.escape(alt)}</figcaption></figure>"
            f'<div class="demo-numbers">{_figure.table(caption, heads, rows)}'
            f"{self._swept_table()}</div>"
        )

    def _swept_table(self):
        entry, settings = self._entry, self._network["settings"]
        names = [_name(entry, i) for i in range(len(entry["swept"]))]
        rows = [
            _figure.table_row(
                f"{prior.replace('_', ' ')} {_figure.number(strength)}",
                [
                    _figure.number(values[settings.index({**settings[0], prior: strength})])
                    for values in entry["swept"]
                ],
            )
            for prior, strengths in SWEEPS.items()
            for strength in strengths
        ]
        return _figure.table("Activation with one prior changed", ["Prior", *names], rows)


def _name(entry, at):
    return entry["names"][at] if entry["names"] else f"filter {entry['channels'][at]}"


def _one_of(proposal, recorded):
    if proposal["value"] not in recorded:
        raise traitlets.TraitError(
            f"{proposal['trait'].name} is {proposal['value']!r}; recorded are "
            f"{', '.join(map(str, recorded))}"
        )
    return proposal["value"]
