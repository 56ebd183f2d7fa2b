"""TransferExplorer: how much of a trained network to freeze, at what cost and accuracy."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import traitlets

from lecture_utils._validation import whole

from .._demo import Demo
from .._traits import Whole
from .figure import explorer_html
from .networks import HEAD, costs, describe, describe_model
from .records import check, gather, recorded_runs

if TYPE_CHECKING:
    from torch import nn

NETWORKS = ("efficientnet_lite0", "resnet18")
MEASURES = ("accuracy", "time", "memory")
MOST_OUTPUTS = 1000


class TransferExplorer(Demo):
    """A network as a row of stages, with a boundary between the frozen and the trained ones.

    Trained parameters and the memory of a training step are counted exactly at every boundary.
    Accuracy and time are those of recorded runs; where there is none, the demo says so. In a live
    notebook, all traits are in sync both ways.

    Parameters
    ----------
    *runs : str or dict
        Names of recorded runs, or dicts, as `records.gather` explains. By default all recorded runs
        that build on a trained network with all training photos.
    models : sequence of str or dict, optional
        Names that `lecture_utils.architectures.load` knows, or dicts
        ``{name: (model, (3, H, W))}``. By default EfficientNet-Lite0 and ResNet18.
    image_size : int, optional
        Height and width of the images, for the memory. By default that of the recorded runs if they
        agree, otherwise the size that each model was made for.
    model : str, optional
        Name of the one that is shown first.
    train_from : str
        The first stage that is trained; "head" for feature extraction.
    outputs : int
        Outputs of the new head, 1 to 1000.
    root : path, optional
        Folder with recorded runs, as in `lecture_utils.runs.load`.

    Attributes
    ----------
    trainable : int
        How many parameters are trained at the boundary.
    memory : int
        Bytes of a training step there.
    ticked : list of str
        Labels of runs whose curves are drawn beside those of the boundary. At first a run from
        scratch.
    measure : {"accuracy", "time", "memory"}
        The quantity on the vertical axis, against the number of trained parameters.
    epoch : int
        Where the crosshair on the curves stands, from 1.

    Raises
    ------
    ValueError, traitlets.TraitError
        If a run, network or stage is unknown, or a value is out of range.

    Examples
    --------
    >>> stages = ("head", "layer4", "stem")
    >>> [TransferExplorer(model="resnet18", train_from=stage).trainable for stage in stages]
    [513, 8394241, 11177025]
    """

    extra_styles = ("_shared/ui/curves/curves.css",)

    networks = traitlets.List(traitlets.Dict()).tag(sync=True)
    runs = traitlets.List(traitlets.Dict()).tag(sync=True)
    model = traitlets.Unicode().tag(sync=True)
    train_from = traitlets.Unicode(HEAD).tag(sync=True)
    outputs = Whole(1, min=1, max=MOST_OUTPUTS).tag(sync=True)
    ticked = traitlets.List(traitlets.Unicode()).tag(sync=True)
    measure = traitlets.Enum(MEASURES, "accuracy").tag(sync=True)
    epoch = Whole(1, min=1).tag(sync=True)
    root = traitlets.Unicode().tag(sync=True)

    def __init__(
        self,
        *runs: str | Mapping[str, Any],
        models: Sequence[str | Mapping[str, tuple[nn.Module, Sequence[int]]]] = NETWORKS,
        image_size: int | None = None,
        model: str | None = None,
        train_from: str = HEAD,
        outputs: int = 1,
        root: str | os.PathLike[str] | None = None,
    ):
        entries = gather(runs or recorded_runs(root), root)
        sizes = {run["image_size"] for run in entries if run["pretrained"] and run["image_size"]}
        if image_size is None and len(sizes) == 1:
            (image_size,) = sizes
        if image_size is not None:
            image_size = whole("image_size", image_size, 1)
        described = [each for item in models for each in _described(item, image_size)]
        names = [each["name"] for each in described]
        if not names or len(set(names)) < len(names):
            raise ValueError(f"models are {names}; give one or more, each once")
        entries = [_placed(entry, described) for entry in entries]
        super().__init__(
            networks=described,
            runs=entries,
            model=names[0] if model is None else model,
            train_from=train_from,
            outputs=outputs,
            ticked=[entry["label"] for entry in entries if not entry["pretrained"]][:1],
            root="" if root is None else str(root),
        )
        # The crosshair starts where the runs of the boundary end.
        here = [
            run for run in entries if run["model"] == self.model and run["train_from"] == train_from
        ]
        self.epoch = max(
            (len(seed["val_loss"]) for run in here for seed in run["seeds"]), default=1
        )

    @property
    def trainable(self) -> int:
        """Count the parameters that are trained at the boundary."""
        return costs(self._shown, self.train_from, self.outputs)[0]

    @property
    def memory(self) -> int:
        """Count the bytes of one training step with Adam and 32 photos.

        `lecture_utils.profiling.training_memory` counts in the same way.
        """
        return costs(self._shown, self.train_from, self.outputs)[1]

    @property
    def _shown(self):
        return next(each for each in self.networks if each["name"] == self.model)

    @traitlets.validate("model")
    def _check_model(self, proposal):
        known = [each["name"] for each in self.networks]
        if proposal["value"] not in known:
            raise traitlets.TraitError(
                f"there is no network {proposal['value']!r}; use one of {', '.join(known)}"
            )
        return proposal["value"]

    @traitlets.validate("train_from")
    def _check_train_from(self, proposal):
        if self.model not in [each["name"] for each in self.networks]:
            return proposal["value"]  # That is what is wrong, or not there yet.
        known = [each["name"] for each in self._shown["stages"] if each["parameters"]]
        if proposal["value"] not in known:
            raise traitlets.TraitError(
                f"train_from is {proposal['value']!r}; {self.model} can be trained from "
                f"{', '.join(known)}"
            )
        return proposal["value"]

    @traitlets.observe("model")
    def _follow_model(self, _):
        if self.train_from not in [each["name"] for each in self._shown["stages"]]:
            self.train_from = HEAD

    @traitlets.validate("runs")
    def _check_runs(self, proposal):
        return check(proposal["value"])

    def readings(self) -> dict[str, Any]:
        """Return the trained parameters, in millions, and the MiB of a training step."""
        return {"mega_trained": self.trainable / 1e6, "memory_mib": self.memory / 2**20}

    def figure_html(self) -> str:
        """Return what each boundary costs, and the recorded runs, as tables."""
        return explorer_html(self)


def _described(item, image_size):
    if isinstance(item, str):
        return [describe(item, image_size)]
    if not isinstance(item, dict) or not item:
        raise ValueError(f"{item!r} is not a network; give a name, or {{name: (model, (3, H, W))}}")
    return [describe_model(str(name), *pair) for name, pair in item.items()]


def _placed(entry, described):
    """Return a run with the name of the first trained stage, "" if its network is unknown."""
    for network in described:
        if network["name"] != entry["model"]:
            continue
        names = [stage["name"] for stage in network["stages"] if stage["parameters"]]
        train_from = names[0] if entry["train_from"] is None else entry["train_from"]
        if train_from not in names:
            raise ValueError(
                f"{entry['label']!r} was trained from {train_from!r} on; {network['name']} can be "
                f"trained from {', '.join(names)}"
            )
        return {**entry, "train_from": train_from}
    return {**entry, "train_from": entry["train_from"] or ""}
