"""Activation maximization: images that maximize the activation of a channel, by gradient ascent."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from functools import partial
from typing import Literal, get_args

import torch
from torch import nn

from lecture_utils._inspect import eager, evaluating, first_convolution, output_of
from lecture_utils._validation import as_pair, check_name, finite, is_whole, positive, whole
from lecture_utils._validation.batches import run_model
from lecture_utils.interpretation._activations import MapReader, check_images, find_layer
from lecture_utils.interpretation._canvases import FourierCanvas, PixelCanvas
from lecture_utils.interpretation._diversity import similarity
from lecture_utils.interpretation._layout import following_axes
from lecture_utils.interpretation._priors import Priors, total_variation, transform

Method = Literal["pixel", "fourier"]
Objective = Literal["channel", "neuron"]
_LEARNING_RATE = 0.05
_NONE = Priors(fourier=0, color=0, transformations=0, total_variation=0)


@dataclass(frozen=True, eq=False)
class MaximizedActivation:
    """Images that maximize the activation of channels, and how they were computed.

    Attributes
    ----------
    images : torch.Tensor, shape (N, C, H, W)
        One finished image per channel, with values from 0 to 1.
    channels : tuple of int
        The channel of each image.
    activations : torch.Tensor, shape (N,)
        The activation of each finished image in its channel: averaged over all positions, or at the
        center for the objective "neuron".
    history : torch.Tensor, shape (steps, N)
        The activations before each step; for the Fourier method, those of the transformed image.
    frames : torch.Tensor, shape (F, N, C, H, W)
        The images during the ascent, with values from 0 to 1.
    frame_steps : tuple of int
        The number of steps before each frame; 0 is the random start.
    """

    images: torch.Tensor
    channels: tuple[int, ...]
    activations: torch.Tensor
    history: torch.Tensor
    frames: torch.Tensor
    frame_steps: tuple[int, ...]


def maximize_activation(
    model: nn.Module,
    layer: str | nn.Module,
    channel: int | Sequence[int],
    *,
    method: Method = "fourier",
    objective: Objective = "channel",
    priors: Priors | None = None,
    minimize: bool = False,
    diversity: float = 0.0,
    size: int | tuple[int, int] = 128,
    channels: int | None = None,
    channel_axis: int | None = None,
    steps: int = 128,
    learning_rate: float | None = None,
    frames: Sequence[int] = (),
    normalize: Callable[[torch.Tensor], torch.Tensor] | None = None,
    seed: int = 0,
) -> MaximizedActivation:
    """Change a noise image step by step so that it activates a channel more and more.

    Parameters
    ----------
    model : torch.nn.Module
    layer : str or torch.nn.Module
        A layer that outputs feature maps, (N, K, h, w), or logits, (N, K). Of a convolution and its
        ReLU, choose the convolution: where a ReLU gives 0, there is no gradient to follow.
    channel : int or sequence of int
        One or several of the layer's K channels; each gets its own image, all in one batch. A
        channel listed several times gets several images, see `diversity`.
    method : {"fourier", "pixel"}
        "pixel" changes the pixels themselves with Adam, starting from gray noise, and clips them to
        0..1. "fourier" changes the amplitudes of waves (mostly long ones, as in photos) in colors
        that vary independently in photos, and shifts, rotates and resizes the image a little before
        each step.
    objective : {"channel", "neuron"}
        For feature maps, maximize the mean over all positions ("channel"), or the value at the
        center of the map ("neuron"): row h // 2, column w // 2. Logits are maximized directly.
    priors : Priors, optional
        The strength of each prior of the Fourier method. By default ``Priors()``.
    minimize : bool
        Whether to minimize the activation instead.
    diversity : float
        How strongly images for the same channel are kept different, in units of the activation:
        at 1, two images whose maps have the same correlations each lose all of it. See the notes
        below.
    size : int or pair of int
        Height and width of the images in pixels.
    channels : int, optional
        Channels of the images. By default as many as the first convolution reached accepts; 3 if
        the model has no convolution.
    channel_axis : int, optional
        1 if the layer outputs (N, K, h, w), -1 if it outputs (N, h, w, K). By default this is found
        by following the axes of the images through the model.
    steps : int
        Number of steps, at least 0.
    learning_rate : float, optional
        Learning rate of Adam, above 0. By default 0.05.
    frames : sequence of int
        Numbers of steps after which the image is kept, each from 0 to `steps`.
    normalize : callable, optional
        Converts images with values from 0 to 1 to the model's input, such as
        `pretrained.Pretrained.normalize`.
    seed : int
        Seed of the start image and of the random transformations.

    Returns
    -------
    MaximizedActivation

    Raises
    ------
    ValueError
        If the layer or the channel does not exist, an argument is invalid, or the number of image
        channels or the meaning of the layer's output is unknown.

    Notes
    -----
    Only the part of the model up to the layer is computed, without gradients for its weights. For a
    model in half precision, images and activations are kept in single precision: a step of the
    optimizer would be too small for the type, and not every processor can transform it.

    Diversity follows Olah et al.: the penalty is the cosine between the Gram matrices of the images
    for a channel (the products of all pairs of the layer's maps, summed over positions). It needs
    feature maps; images for logits differ only by their random start.

    References
    ----------
    Erhan, Bengio, Courville and Vincent, "Visualizing higher-layer features of a deep network",
    2009; Olah, Mordvintsev and Schubert, "Feature visualization", Distill 2017, which the Fourier
    method follows.

    Examples
    --------
    >>> model = nn.Sequential(nn.Conv2d(3, 4, 3))
    >>> maximize_activation(model, "0", [0, 3], size=16, steps=2).images.shape
    torch.Size([2, 3, 16, 16])
    """
    name, module = find_layer(model, layer)
    wanted, steps, frame_steps = _check(channel, method, steps, learning_rate, frames)
    priors = _check_goal(method, objective, priors, diversity)
    height, width = as_pair(size, "size", minimum=1)
    channels = None if channels is None else whole("channels", channels, 1)
    count, device, dtype = _input_of(model, (height, width), channels)
    shape = (len(wanted), count, height, width)
    # Not every processor can transform half precision, and a small step is lost in it.
    precision = torch.float64 if dtype == torch.float64 else torch.float32
    like = torch.empty(0, device=device, dtype=precision)
    generator = torch.Generator().manual_seed(whole("seed", seed))
    prepare = normalize or (lambda images: images)
    reader = MapReader(name, module, channel_axis)

    def respond(images: torch.Tensor) -> torch.Tensor:
        """Return the layer's output: maps or logits."""
        inputs = prepare(images).to(dtype)
        check_images(model, inputs)
        follow = following_axes(inputs) if reader.axes is None else nullcontext(inputs)
        with follow as followed, _watching(reader, inputs), eager():
            output = run_model(model, followed, partial(output_of, model, name))
        if isinstance(output, torch.Tensor) and output.ndim == 4:
            output = reader.maps(output)
        return _checked(name, output, wanted).to(precision)

    with evaluating(model), torch.inference_mode(False), torch.enable_grad():
        if method == "pixel":
            canvas = PixelCanvas(shape, generator, like)
        else:
            canvas = FourierCanvas(shape, generator, like, priors.fourier, priors.color)
        optimizer = torch.optim.Adam([canvas.values], lr=float(learning_rate or _LEARNING_RATE))
        history, kept = [], []
        for step in range(steps):
            images = canvas.images()
            if step in frame_steps:
                kept.append(images.detach())
            output = respond(transform(images, priors.transformations, generator))
            values = _own(output, wanted, objective)
            gained = -values if minimize else values
            # Penalties in units of the activation need no tuning for a particular network.
            unit = gained.detach().clamp_min(0)
            penalty = unit * priors.total_variation * total_variation(images)
            if diversity and output.ndim == 4:
                penalty = penalty + unit * diversity * similarity(output, wanted)
            loss = (penalty - gained).sum()
            (canvas.values.grad,) = torch.autograd.grad(loss, canvas.values)
            optimizer.step()
            canvas.keep_in_range()
            history.append(values.detach())
        with torch.no_grad():
            images = canvas.images().detach()
            activations = _own(respond(images), wanted, objective)
    if steps in frame_steps:
        kept.append(images)
    return MaximizedActivation(
        images=images,
        channels=wanted,
        activations=activations,
        history=torch.stack(history) if history else activations.new_zeros((0, len(wanted))),
        frames=torch.stack(kept) if kept else images.new_zeros((0, *shape)),
        frame_steps=frame_steps,
    )


def _check(channel, method, steps, learning_rate, frames):
    several = (channel,) if is_whole(channel) or not isinstance(channel, Iterable) else channel
    channels = tuple(several)
    if not channels or not all(is_whole(each) and each >= 0 for each in channels):
        raise ValueError(f"channel is {channel!r}; pass an integer of at least 0, or several")
    channels = tuple(whole("channel", each) for each in channels)
    methods = get_args(Method)
    if method not in methods:
        raise ValueError(f"method is {method!r}; use one of {', '.join(map(repr, methods))}")
    steps = whole("steps", steps, 0)
    if learning_rate is not None:
        positive("learning_rate", learning_rate)
    if is_whole(frames) or isinstance(frames, str) or not isinstance(frames, Iterable):
        raise ValueError(f"frames is {frames!r}; pass a list of steps, such as [0, {steps}]")
    frame_steps = tuple(sorted({whole("frames", step, 0) for step in frames}))
    if frame_steps and frame_steps[-1] > steps:
        raise ValueError(f"frames is {frames!r}; pass steps from 0 to {steps}")
    return channels, steps, frame_steps


def _check_goal(method, objective, priors, diversity):
    check_name("objective", objective, get_args(Objective))
    if priors is not None and not isinstance(priors, Priors):
        raise ValueError(f"priors is {priors!r}; pass interpretation.Priors(...)")
    if priors is not None and method == "pixel":
        raise ValueError('the method "pixel" has no priors; use method="fourier"')
    if finite("diversity", diversity) < 0:
        raise ValueError(f"diversity is {diversity}; give a number of at least 0")
    return _NONE if method == "pixel" else priors or Priors()


def _input_of(model, size, channels):
    """Return the number of image channels, and the device and type that the model expects."""
    first = first_convolution(model, size, channels)
    if first is not None:
        return first[0], first[1].weight.device, first[1].weight.dtype
    weight = next((p for p in model.parameters() if p.is_floating_point()), torch.empty(0))
    return channels or 3, weight.device, weight.dtype


@contextmanager
def _watching(reader: MapReader, images: torch.Tensor) -> Iterator[None]:
    """Let a reader find the order of a layer's axes as soon as the layer outputs maps."""

    def look(_, inputs, output):
        if reader.axes is None and isinstance(output, torch.Tensor) and output.ndim == 4:
            reader.look(inputs, output, images)

    hook = reader.module.register_forward_hook(look)
    try:
        yield
    finally:
        hook.remove()


def _checked(name, output, channels):
    if not isinstance(output, torch.Tensor) or output.ndim not in (2, 4):
        shape = tuple(output.shape) if isinstance(output, torch.Tensor) else type(output).__name__
        raise ValueError(
            f"layer {name!r} outputs {shape}; maximize_activation needs feature maps "
            "(N, K, h, w) or logits (N, K)"
        )
    if max(channels) >= output.shape[1]:
        raise ValueError(
            f"channel is {max(channels)}; layer {name!r} has the channels 0 to "
            f"{output.shape[1] - 1}"
        )
    return output


def _own(output, channels, objective):
    """Return the activation of each image in its own channel."""
    own = output[torch.arange(len(channels)), list(channels)]
    if own.ndim == 1:
        return own
    if objective == "neuron":
        return own[:, own.shape[1] // 2, own.shape[2] // 2]
    return own.flatten(1).mean(dim=1)
