"""Where in an image the evidence for a class lies: class activation maps and Grad-CAM."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Literal

import torch
from torch import nn

from lecture_utils._inspect import LayerOutputError, evaluating, never_reached
from lecture_utils._validation import whole
from lecture_utils._validation.batches import as_logits, run_model
from lecture_utils.interpretation._activations import (
    MapReader,
    check_images,
    find_layer,
    reading_maps,
)


@dataclass(frozen=True, eq=False)
class ChannelWeights:
    """The contribution of each channel of a layer to a class activation map.

    Attributes
    ----------
    weights : torch.Tensor, shape (N, K)
        The gradient of the logit with respect to each channel, averaged over its h x w
        positions.
    activations : torch.Tensor, shape (N, K, h, w)
        The layer's feature maps.
    class_index : torch.Tensor of int, shape (N,)
        The explained class.
    scores : torch.Tensor, shape (N,)
        The logit of that class.
    """

    weights: torch.Tensor
    activations: torch.Tensor
    class_index: torch.Tensor
    scores: torch.Tensor

    @property
    def contributions(self) -> torch.Tensor:
        """Weighted feature maps, shape (N, K, h, w); their sum over channels is the signed map."""
        return self.weights[:, :, None, None] * self.activations

    def map(self, signed: bool = False) -> torch.Tensor:
        """Sum over the channels.

        Parameters
        ----------
        signed : bool
            Whether to keep evidence against the class as negative values.

        Returns
        -------
        torch.Tensor, shape (N, h, w)
        """
        total = torch.einsum("nk,nkhw->nhw", self.weights, self.activations)
        return total if signed else total.relu()

    def top(self, count: int = 8, by: Literal["weight", "contribution"] = "weight") -> torch.Tensor:
        """Find the channels that matter most.

        Parameters
        ----------
        count : int
            From 1 to K.
        by : {"weight", "contribution"}
            The largest weights, or the largest sums of weight times activation. A channel with a
            large weight that does not respond to the image contributes nothing.

        Returns
        -------
        torch.Tensor of int, shape (N, count)
            Largest first.

        Raises
        ------
        ValueError
            If the layer has fewer channels, or `by` is something else.
        """
        count = whole("count", count)
        if not 1 <= count <= self.weights.shape[1]:
            raise ValueError(f"count is {count}; the layer has {self.weights.shape[1]} channels")
        if by not in ("weight", "contribution"):
            raise ValueError(f'by is {by!r}; use "weight" or "contribution"')
        values = self.weights
        if by == "contribution":
            values = values * self.activations.sum(dim=(2, 3))
        return values.topk(count, dim=1).indices


def grad_cam(
    model: nn.Module,
    layer: str | nn.Module,
    images: torch.Tensor,
    class_index: int | Sequence[int] | torch.Tensor | None = None,
    *,
    signed: bool = False,
    channel_axis: int | None = None,
) -> torch.Tensor:
    """Compute Grad-CAM: where in the image a layer finds evidence for a class.

    Parameters
    ----------
    model : torch.nn.Module
        Maps images to logits, shape (N, classes), or to one logit for two classes, shape (N, 1) or
        (N,).
    layer : str or torch.nn.Module
        Any layer that outputs feature maps, usually the last one.
    images : torch.Tensor of float, shape (N, C, H, W)
        Normalized as the model expects.
    class_index : int, or N of them, optional
        The class to explain, for all images or for each. By default the predicted class of each
        image. With one logit, 1 is the class that a logit above 0 predicts, and 0 the other class.
    signed : bool
        Whether to keep evidence against the class as negative values.
    channel_axis : int, optional
        1 if the layer outputs (N, K, h, w), -1 if it outputs (N, h, w, K), as in a Swin
        Transformer. By default this is found by following the axes of the images through the model.

    Returns
    -------
    torch.Tensor, shape (N, h, w)
        At the layer's resolution and in units of the logit. The map is not stretched to 0..1, so
        that a map without evidence stays empty and maps can be compared.

    Raises
    ------
    ValueError
        If the layer or the class does not exist, the layer outputs no feature maps, or the model
        does not accept the images.

    Notes
    -----
    The gradient is that of the logit, not of the softmax: the latter would vanish where the model
    is confident, and would mix in all other classes. No gradient is computed below the layer, so
    late layers cost little more than a forward pass.

    References
    ----------
    Selvaraju et al., "Grad-CAM: Visual explanations from deep networks via gradient-based
    localization", arXiv:1610.02391, equations 1 and 2.

    Examples
    --------
    >>> model = nn.Sequential(nn.Conv2d(1, 4, 3), nn.Flatten(), nn.Linear(36, 2))
    >>> grad_cam(model, "0", torch.zeros(1, 1, 5, 5), 1).shape
    torch.Size([1, 3, 3])
    """
    channels = grad_cam_channels(model, layer, images, class_index, channel_axis=channel_axis)
    return channels.map(signed)


def grad_cam_channels(
    model: nn.Module,
    layer: str | nn.Module,
    images: torch.Tensor,
    class_index: int | Sequence[int] | torch.Tensor | None = None,
    *,
    channel_axis: int | None = None,
) -> ChannelWeights:
    """Compute the weights and feature maps that Grad-CAM combines.

    Parameters
    ----------
    model, layer, images, class_index, channel_axis
        As for `grad_cam`.

    Returns
    -------
    ChannelWeights

    Raises
    ------
    ValueError
        As `grad_cam` does.

    Examples
    --------
    >>> model = nn.Sequential(nn.Conv2d(1, 9, 3), nn.Flatten(), nn.Linear(81, 2))
    >>> grad_cam_channels(model, "0", torch.zeros(1, 1, 5, 5), 1).top(8).shape
    torch.Size([1, 8])
    """
    check_images(model, images)
    name, module = find_layer(model, layer)
    reader = MapReader(name, module, channel_axis)
    outputs: list[torch.Tensor] = []

    def restart(_, output):
        """Start recording the forward pass for gradients here, and not before."""
        if not output.is_floating_point():
            raise LayerOutputError(
                f"layer {name!r} outputs {output.dtype}, which has no gradient; pass the model "
                "before it was quantized"
            )
        # Inside no_grad(), which restores the previous mode when it ends.
        torch.set_grad_enabled(True)
        outputs.append(output.detach().requires_grad_())
        return outputs[-1]

    with evaluating(model), torch.inference_mode(False), torch.no_grad():
        images = images.clone() if images.is_inference() else images
        try:
            with reading_maps([reader], images, restart) as followed:
                logits = run_model(model, followed)
        finally:
            torch.set_grad_enabled(False)
        if not outputs:
            raise ValueError(never_reached(name))
        with torch.enable_grad():
            scores, chosen = class_scores(logits, class_index, len(images))
            total = scores.sum()
        gradient = None
        if total.requires_grad:
            (gradient,) = torch.autograd.grad(total, outputs[-1], allow_unused=True)
    if gradient is None:
        raise ValueError(f"the logits do not depend on layer {name!r}; use one that leads to them")
    weights = reader.maps(gradient).mean(dim=(2, 3))
    return ChannelWeights(weights, reader.maps(outputs[-1].detach()), chosen, scores.detach())


def cam(
    model: nn.Module,
    layer: str | nn.Module,
    images: torch.Tensor,
    class_index: int | Sequence[int] | torch.Tensor | None = None,
    *,
    classifier: str | nn.Module | None = None,
    signed: bool = False,
    channel_axis: int | None = None,
) -> torch.Tensor:
    """Compute the class activation map of a model with global average pooling and a dense layer.

    Parameters
    ----------
    model, images, class_index, signed, channel_axis
        As for `grad_cam`.
    layer : str or torch.nn.Module
        The layer with the last feature maps, which are then pooled.
    classifier : str or torch.nn.Module, optional
        The dense layer; by default the one that outputs the logits.

    Returns
    -------
    torch.Tensor, shape (N, h, w)
        The mean of the signed map over all positions, plus the bias, is the logit. The map is h x w
        times the map of Grad-CAM.

    Raises
    ------
    ValueError
        As `grad_cam` does, and if the logits are not simply the pooled maps times the dense layer's
        weights.

    References
    ----------
    Zhou et al., "Learning deep features for discriminative localization", arXiv:1512.04150,
    equation 2.

    Examples
    --------
    >>> pool = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten())
    >>> model = nn.Sequential(nn.Conv2d(1, 4, 3), pool, nn.Linear(4, 2))
    >>> cam(model, "0", torch.zeros(1, 1, 5, 5), 1).shape
    torch.Size([1, 3, 3])
    """
    check_images(model, images)
    name, module = find_layer(model, layer)
    named = None if classifier is None else find_layer(model, classifier)[1]
    if named is not None and not isinstance(named, nn.Linear):
        raise ValueError(_NO_DENSE_LAYER)
    reader = MapReader(name, module, channel_axis)
    outputs: dict[str, torch.Tensor] = {}
    with evaluating(model), torch.no_grad():
        with (
            _recording_dense_layers(model) as dense_outputs,
            reading_maps([reader], images, outputs.__setitem__) as followed,
        ):
            logits = run_model(model, followed)
        if name not in outputs:
            raise ValueError(never_reached(name))
        maps = reader.maps(outputs[name])
        _, chosen = class_scores(logits, class_index, len(images))
        logits = as_logits(logits, len(images))
        dense = named or _dense_layer_of(dense_outputs, logits)
        if dense is None:
            raise ValueError(_NO_DENSE_LAYER)
        _check_that_pooling_explains(name, maps, dense, logits)
        if dense.out_features == 1:
            weights = dense.weight * (2 * chosen[:, None] - 1)
        else:
            weights = dense.weight[chosen]
        total = torch.einsum("nk,nkhw->nhw", weights, maps)
    return total if signed else total.relu()


def class_scores(
    logits: object,
    class_index: int | Sequence[int] | torch.Tensor | None,
    count: int | None = None,
) -> tuple[torch.Tensor, torch.Tensor]:
    """Select the logit to explain.

    Parameters
    ----------
    logits : torch.Tensor, shape (N, classes), (N, 1) or (N,); for one image also (classes,)
    class_index : int, N of them, or None
        As for `grad_cam`.
    count : int, optional
        Number of images in the batch. By default, as many as `logits` has rows.

    Returns
    -------
    scores : torch.Tensor, shape (N,)
        With a single logit: that logit, or its negative for class 0.
    class_index : torch.Tensor of int, shape (N,)

    Raises
    ------
    ValueError
        If these are not logits, or the model has no such class.

    Examples
    --------
    >>> class_scores(torch.tensor([[2.0], [-3.0]]), None, 2)
    (tensor([2., 3.]), tensor([1, 0]))
    """
    if count is None:
        count = len(logits) if isinstance(logits, torch.Tensor) and logits.ndim else 1
    values = as_logits(logits, count)
    single = values.shape[1] == 1
    classes = 2 if single else values.shape[1]
    if class_index is None:
        chosen = (values[:, 0] > 0).long() if single else values.argmax(dim=1)
    else:
        chosen = _as_indices(class_index, count, classes).to(values.device)
    if single:
        return values[:, 0] * (2 * chosen - 1), chosen
    return values.gather(1, chosen[:, None])[:, 0], chosen


def _as_indices(class_index, count, classes):
    try:
        chosen = torch.as_tensor(class_index)
    except (TypeError, ValueError, RuntimeError) as error:
        raise ValueError(
            f"class_index is {class_index!r}; pass an integer or one per image"
        ) from error
    whole = chosen.dtype != torch.bool and not chosen.is_floating_point()
    if not whole or chosen.shape not in ((), (count,)):
        raise ValueError(
            f"class_index is {class_index!r}; pass an integer, or one for each of the {count} "
            "images"
        )
    if ((chosen < 0) | (chosen >= classes)).any():
        raise ValueError(
            f"class_index is {class_index!r}; the model has the classes 0 to {classes - 1}"
        )
    return chosen.long().expand(count)


_NO_DENSE_LAYER = "cam needs a dense layer (nn.Linear) that outputs the logits; use grad_cam"


@contextmanager
def _recording_dense_layers(
    model: nn.Module,
) -> Iterator[list[tuple[nn.Linear, torch.Tensor]]]:
    """Record which dense layers are called, in order, with their inputs and outputs."""
    calls: list[tuple[nn.Linear, torch.Tensor]] = []

    def record(module, _, output):
        calls.append((module, output))

    layers = [module for module in model.modules() if isinstance(module, nn.Linear)]
    hooks = [layer.register_forward_hook(record) for layer in layers]
    try:
        yield calls
    finally:
        for hook in hooks:
            hook.remove()


def _dense_layer_of(calls, logits):
    """Find the dense layer that output the logits; the last one called, if none did."""
    for layer, output in reversed(calls):
        if output.numel() == logits.numel() and torch.equal(output.view_as(logits), logits):
            return layer
    return calls[-1][0] if calls else None


def _check_that_pooling_explains(name, maps, dense, logits):
    problem = None
    if dense.in_features != maps.shape[1]:
        problem = (
            f"the dense layer has {dense.in_features} inputs, layer {name!r} has "
            f"{maps.shape[1]} channels"
        )
    else:
        again = dense(maps.mean(dim=(2, 3)))
        scale = max(1.0, logits.abs().max().item())
        if again.shape != logits.shape or (again - logits).abs().max() > 1e-2 * scale:
            problem = (
                f"averaging layer {name!r} and applying the dense layer does not give the logits"
            )
    if problem:
        raise ValueError(
            "cam needs a model that ends in global average pooling and one dense layer, but "
            f"{problem}; use grad_cam"
        )
