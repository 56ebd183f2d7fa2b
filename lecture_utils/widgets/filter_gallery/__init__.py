"""FilterGallery: activation maximization from noise, and the images that activate filters most."""

from __future__ import annotations

import html

import numpy as np
import traitlets
from numpy.typing import NDArray

from lecture_utils import runs
from lecture_utils.interpretation import recordings

from .. import _figure
from .._demo import ArrayTrait, Demo
from .._sprites import unpack_tiles
from .._traits import Whole

KINDS = (*recordings.METHODS, "examples")
# What the trait `networks`, and so the JavaScript, calls them.
_KEYS = {"pixel": "plain", "fourier": "strong", "examples": "examples"}


class FilterGallery(Demo):
    """Show images that maximize the activation of single filters: synthesized, and from a data set.

    A slider goes from the random start to the result; the lecture's ascent on pixels is beside the
    one on Fourier amplitudes. All this was recorded, see `lecture_utils.interpretation.recordings`.
    In a live notebook all traits are in sync both ways.

    Parameters
    ----------
    *networks : str
        Names of recordings, by default all: "cats-vs-dogs/augmented" and "efficientnet_lite0".
    network, layer : str, optional
        Where to start; by default in the first layer of the first network.
    filter : int, optional
        Number of the filter that is shown large; by default the first that was recorded.
    step : int, optional
        After how many steps of the ascent; by default at its end.

    Attributes
    ----------
    recordings : dict of str to lecture_utils.interpretation.recordings.Recording

    Raises
    ------
    ValueError, FileNotFoundError, traitlets.TraitError
        If a network, layer, filter or step was not recorded.

    Examples
    --------
    >>> gallery = FilterGallery("efficientnet_lite0", layer="stage 4")
    >>> gallery.step
    200
    """

    networks = traitlets.List().tag(sync=True)
    sprites = ArrayTrait("uint8", ndim=1)
    network = traitlets.Unicode().tag(sync=True)
    layer = traitlets.Unicode().tag(sync=True)
    filter = Whole(0).tag(sync=True)
    step = Whole(0).tag(sync=True)

    def __init__(
        self,
        *networks: str,
        network: str | None = None,
        layer: str | None = None,
        filter: int | None = None,
        step: int | None = None,
    ):
        names = list(networks or recordings.available())
        if len(set(names)) < len(names):
            raise ValueError(f"networks are {names}; name each once")
        self.recordings = {name: recordings.load(name) for name in names}
        data, parts = [], []
        for recording in self.recordings.values():
            data.append(_as_data(recording, parts))
        start = names[0] if network is None else network
        super().__init__(
            networks=data, sprites=np.frombuffer(b"".join(parts), np.uint8), network=start
        )
        if layer is not None:
            self.layer = layer
        self.step = self._plan["frames"][-1] if step is None else step
        if filter is not None:
            self.filter = filter

    @traitlets.validate("network")
    def _check_network(self, proposal):
        return _one_of(proposal, list(self.recordings))

    @traitlets.validate("layer")
    def _check_layer(self, proposal):
        return _one_of(proposal, [each["label"] for each in self._layers])

    @traitlets.validate("filter")
    def _check_filter(self, proposal):
        return _one_of(proposal, self._entry["channels"])

    @traitlets.validate("step")
    def _check_step(self, proposal):
        return _one_of(proposal, self._plan["frames"])

    @traitlets.observe("network", "layer")
    def _follow(self, change):
        if self.layer not in [each["label"] for each in self._layers]:
            self.layer = self._layers[0]["label"]
        if self.filter not in self._entry["channels"]:
            self.filter = self._entry["channels"][0]
        if self.step not in self._plan["frames"]:
            self.step = self._plan["frames"][-1]

    @property
    def _plan(self):
        return self.recordings[self.network].card["plan"]

    @property
    def _layers(self):
        return self.recordings[self.network].card["layers"]

    @property
    def _entry(self):
        return next(each for each in self._layers if each["label"] == self.layer)

    def images(self, kind: str) -> NDArray[np.uint8]:
        """Return the images of the chosen layer.

        Parameters
        ----------
        kind : {"pixel", "fourier", "examples"}

        Returns
        -------
        ndarray of uint8, shape (filters, frames or examples, H, W, 3)
        """
        recording, entry = self.recordings[self.network], self._entry
        counts = len(entry["channels"]), len(entry[kind]["activations"][0])
        data = recording.sprite(self._layers.index(entry), kind)
        tiles = unpack_tiles(data, entry[kind]["layout"], counts[0] * counts[1])
        return tiles.reshape(*counts, *tiles.shape[1:])

    def figure_html(self) -> str:
        """Return start, both results and an example of the chosen filter, and all activations."""
        entry = self._entry
        at = entry["channels"].index(self.filter)
        pixel, fourier, examples = (self.images(kind)[at] for kind in KINDS)
        images = (pixel[0], pixel[-1], fourier[-1], examples[0])
        tiles = [_figure.rgb_tile(each) for each in images]
        name = _name(entry, at)
        alt = (
            "Noise, the results of gradient ascent on pixels and on Fourier amplitudes for "
            f"{name} of {self.layer}, and the image of the data set that activates it most."
        )
        steps = self._plan["frames"][-1]
        heads = ("Filter", "Start", f"Pixels, {steps} steps", f"Fourier, {steps} steps")
        head = "".join(f'<th scope="col">{each}</th>' for each in heads)
        rows = "".join(
            f'<tr><th scope="row">{html.escape(_name(entry, i))}</th>'
            + "".join(
                f"<td>{_figure.number(value)}</td>"
                for value in (p["pixel"][0], p["pixel"][-1], p["fourier"][-1])
            )
            + "</tr>"
            for i, p in enumerate(_by_filter(entry))
        )
        return (
            f"<figure>{_figure.image_html(tiles, alt)}"
            f"<figcaption>{html.escape(alt)}</figcaption></figure>"
            f'<div class="demo-numbers"><table><caption>Mean activation, {html.escape(self.layer)} '
            "of "
            f"{html.escape(self.recordings[self.network].card['title'])}</caption>"
            f"<thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>"
        )


def _as_data(recording, parts):
    """Return what the browser needs of a recording; put its sprites at the end of `parts`."""
    card, layers = recording.card, []
    for number, entry in enumerate(card["layers"]):
        sprites = [recording.sprite(number, kind) for kind in KINDS]
        parts += sprites
        sizes = {_KEYS[kind]: len(sprite) for kind, sprite in zip(KINDS, sprites, strict=True)}
        renamed = {_KEYS.get(key, key): value for key, value in entry.items()}
        layers.append({**renamed, "bytes": sizes})
    return {
        "name": recording.name,
        "title": card["title"],
        "frames": card["plan"]["frames"],
        "layers": layers,
        "data": card["data"],
        "known": recording.name not in runs.RECIPES,
        "outdated": _is_outdated(recording),
    }


def _is_outdated(recording):
    """Tell whether the network has been trained anew since its filters were recorded."""
    if recording.name not in runs.RECIPES:
        return False
    return runs.load(recording.name).card["weights_sha256"] != recording.card["weights"]


def _by_filter(entry):
    for i in range(len(entry["channels"])):
        yield {method: entry[method]["activations"][i] for method in recordings.METHODS}


def _name(entry, at):
    return entry["names"][at] if entry["names"] else f"filter {entry['channels'][at]}"


def _one_of(proposal, known):
    if proposal["value"] not in known:
        raise traitlets.TraitError(
            f"{proposal['trait'].name} is {proposal['value']!r}; recorded are "
            f"{', '.join(map(str, known))}"
        )
    return proposal["value"]
