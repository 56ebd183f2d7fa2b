"""The stages of a network and the cost of each boundary, counted on the modules themselves."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

from lecture_utils.architectures import load, title
from lecture_utils.profiling import activation_memory, step_memory
from lecture_utils.runs._transfer_recipes import NETWORK, STRATEGIES

if TYPE_CHECKING:
    from torch import nn

    from lecture_utils.transfer import TransferNetwork

HEAD = "head"
#: Photos in a training step.
BATCH_SIZE = 32
#: First stage that "partial fine-tuning" trains: the last blocks of convolutions.
PARTIAL = {
    NETWORK: STRATEGIES["partial"],
    "resnet18": "layer4",
    "resnet50": "layer4",
    "vgg16": "block5",
    "inception_v3": "Mixed_7a",
}


@cache
def describe(name: str, image_size: int | None = None) -> dict[str, Any]:
    """Describe a network that `lecture_utils.architectures.load` knows; see `describe_model`.

    Parameters
    ----------
    name : str
    image_size : int, optional
        Height and width of the images; by default the size that the network was made for.
    """
    model, shape = load(name)
    if image_size is not None:
        shape = (shape[0], image_size, image_size)
    return describe_model(name, model, shape, heading=title(name), partial=PARTIAL.get(name))


def describe_model(
    name: str,
    model: nn.Module,
    shape: Sequence[int],
    *,
    heading: str | None = None,
    partial: str | None = None,
) -> dict[str, Any]:
    """Describe a network as a row of stages.

    Parameters
    ----------
    name : str
    model : torch.nn.Module
        A network that `lecture_utils.transfer.attach_head` takes. It stays as it is.
    shape : tuple of int
        Of one image, (3, H, W).
    heading : str, optional
        The network's name for readers. Without it, the network is the reader's own.
    partial : str, optional
        The first stage that partial fine-tuning trains; by default the last before the head that
        has parameters.

    Returns
    -------
    dict
        ``name``, ``title``, ``own``, ``size``, ``features`` (inputs of the head), ``ways`` (from
        the names of the strategies to stages), ``constant`` (bytes of weights and statistics before
        the head) and ``stages``: dicts with ``name``, ``parameters`` (of the head: for one output)
        and ``kept``, the bytes of one image that the backward pass needs if this stage is the first
        that is trained.

    Raises
    ------
    ValueError
        If no head can be attached to the network.
    """
    from lecture_utils.transfer import attach_head

    # "meta" has shapes and no numbers, so that counting costs neither time nor memory.
    with_head = attach_head(model, 1).to("meta")
    stages = [
        {
            "name": stage,
            "parameters": sum(p.numel() for p in getattr(with_head, stage).parameters()),
            "kept": kept_for_backward(with_head, stage, shape),
        }
        for stage in with_head.stages
    ]
    before_head = [
        tensor
        for stage in with_head.stages[:-1]
        for module in [with_head.get_submodule(stage)]
        for tensor in (*module.parameters(), *module.buffers())
    ]
    statistics = with_head.get_submodule("normalize").buffers()
    learning = [stage["name"] for stage in stages if stage["parameters"]]
    ways = {
        "feature extraction": HEAD,
        "partial fine-tuning": partial or learning[max(0, len(learning) - 2)],
        "end to end": learning[0],
    }
    return {
        "name": name,
        "title": heading or name,
        "own": heading is None,
        "size": list(shape),
        "features": stages[-1]["parameters"] - 1,
        "ways": ways,
        "constant": sum(4 * tensor.numel() for tensor in (*before_head, *statistics)),
        "stages": stages,
    }


def costs(network: dict[str, Any], train_from: str, outputs: int) -> tuple[int, int]:
    """Count the cost of a boundary.

    Parameters
    ----------
    network : dict
        As `describe_model` returns it.
    train_from : str
        The first stage that is trained.
    outputs : int
        Outputs of the new head.

    Returns
    -------
    trainable : int
        Parameters that are trained.
    memory : int
        Bytes of one training step with Adam and `BATCH_SIZE` photos, as
        `lecture_utils.profiling.training_memory` counts them.
    """
    names = [stage["name"] for stage in network["stages"]]
    at = names.index(train_from)
    head = outputs * (network["features"] + 1)
    trainable = head + sum(stage["parameters"] for stage in network["stages"][at:-1])
    activations = BATCH_SIZE * network["stages"][at]["kept"]
    return trainable, step_memory(network["constant"] + 4 * head, trainable, activations)


def kept_for_backward(model: TransferNetwork, train_from: str, shape: Sequence[int]) -> int:
    """Count the bytes of one image for the backward pass of a model that is frozen up to a stage.

    Parameters
    ----------
    model : lecture_utils.transfer.TransferNetwork
        On the device "meta". It is frozen up to `train_from`.
    train_from : str
        The first stage that is trained.
    shape : tuple of int
        Of one image, (C, H, W).

    Returns
    -------
    int
        See `lecture_utils.profiling.activation_memory`.
    """
    from lecture_utils.transfer import freeze

    # As the recorded runs do, with the statistics of batch normalization held everywhere.
    freeze(model, train_from, freeze_bn_stats=True)
    return activation_memory(model, shape)
