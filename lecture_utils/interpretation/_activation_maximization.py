"""Activation maximization: images that a channel responds to most, by gradient ascent."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from typing import Literal, get_args

import torch
from torch import nn

from lecture_utils._inspect import eager, evaluating, first_convolution, output_of
from lecture_utils._validation import as_pair, check_name, finite, is_whole, positive, whole
from lecture_utils.interpretation._activations import MapReader, check_images, find_layer, run
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
    """Images that maximize the activation of channels, and how they came about.

    Attributes
    ----------
    images : torch.Tensor, shape (N, C, H, W)
        One finished image per channel, 0 to 1.
    channels : tuple of int
        Which channel each is for.
    activations : torch.Tensor, shape (N,)
        What each finished image reaches in its channel: averaged over all positions, or in the
        middle for the objective "neuron".
    history : torch.Tensor, shape (steps, N)
        The same before each step; with the Fourier method of the moved image.
    frames : torch.Tensor, shape (F, N, C, H, W)
        The images on the way, 0 to 1.
    frame_steps : tuple of int
        After how many steps; 0 is the random start.
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
    """Change an image of noise step by step so that a channel responds to it more and more.

    Parameters
    ----------
    model : torch.nn.Module
    layer : str or torch.nn.Module
        A layer that puts out feature maps, (N, K, h, w), or logits, (N, K). Of a convolution and
        its ReLU take the convolution: where a ReLU gives 0 there is no gradient to follow.
    channel : int or sequence of int
        Which of its K channels; each of several gets an image of its own, all in one batch. A
        channel that is named several times gets as many images, see `diversity`.
    method : {"fourier", "pixel"}
        "pixel" changes the pixels themselves with Adam, starting from gray noise, and keeps them
        within 0..1. "fourier" changes the amplitudes of waves (long ones first, as in photos) in
        colors that vary independently in photos, and moves, turns and resizes the image a little
        before each step.
    objective : {"channel", "neuron"}
        Of feature maps, maximize the mean over all positions ("channel"), or the value in the
        middle of the map ("neuron"): row h // 2, column w // 2. Logits are maximized themselves.
    priors : Priors, optional
        How strong each prior of the Fourier method is. By default ``Priors()``.
    minimize : bool
        Look for the lowest activation instead of the highest.
    diversity : float
        How much images for the same channel are kept from being alike, in units of the activation:
        at 1, two images whose maps have the same correlations cost each of them all of it. See
        the notes below.
    size : int or pair of int
        Height and width of the images in pixels.
    channels : int, optional
        Of the images. By default as many as the convolution takes that an image comes to first; 3
        if the model has none.
    channel_axis : int, optional
        1 if the layer puts out (N, K, h, w), -1 if it puts out (N, h, w, K). By default this is
        told by following the axes of the images through the model.
    steps : int
        At least 0.
    learning_rate : float, optional
        Of Adam, above 0. By default 0.05.
    frames : sequence of int
        Steps after which the image is kept, 0 to `steps`.
    normalize : callable, optional
        From images with values from 0 to 1 to what the model takes, such as
        `pretrained.Pretrained.normalize`.
    seed : int
        Of the start and the movements.

    Returns
    -------
    MaximizedActivation

    Raises
    ------
    ValueError
        If the layer or the channel does not exist, an argument is none of the above, or nobody can
        tell how many channels the images have or the layer's output holds.

    Notes
    -----
    Only the part of the model up to the layer is computed, and no gradient for its weights. For a
    model in half precision, images and activations are kept in single precision: a step of the
    optimizer would be too small for the type, and not every processor can transform it.

    Diversity follows Olah et al.: what is penalized is the cosine between the Gram matrices (the
    products of all pairs of the layer's maps, summed over positions) of the images for a channel.
    It needs feature maps; logits have none, so there the images differ by their random start only.

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
    # Half precision cannot be transformed everywhere, and hardly holds a small step.
    precision = torch.float64 if dtype == torch.float64 else torch.float32
    like = torch.empty(0, device=device, dtype=precision)
    generator = torch.Generator().manual_seed(whole("seed", seed))
    prepare = normalize or (lambda images: images)
    reader = MapReader(name, module, channel_axis)

    def respond(images: torch.Tensor) -> torch.Tensor:
        """Return what the layer puts out: maps or logits."""
        inputs = prepare(images).to(dtype)
        check_images(model, inputs)
        follow = following_axes(inputs) if reader.axes is None else nullcontext(inputs)
        with follow as followed, _watching(reader, inputs), eager():
            output = run(lambda batch: output_of(model, name, batch), followed)
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
            # Penalties in units of the activation need no tuning for the network at hand.
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
        raise ValueError(f"channel is {channel!r}; pass an integer from 0, or several")
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
        raise ValueError(f"diversity is {diversity}; give a number from 0")
    return _NONE if method == "pixel" else priors or Priors()


def _input_of(model, size, channels):
    """Return how many channels images have, and the device and type that the model takes."""
    first = first_convolution(model, size, channels)
    if first is not None:
        return first[0], first[1].weight.device, first[1].weight.dtype
    weight = next((p for p in model.parameters() if p.is_floating_point()), torch.empty(0))
    return channels or 3, weight.device, weight.dtype


@contextmanager
def _watching(reader: MapReader, images: torch.Tensor) -> Iterator[None]:
    """Let a reader find the order of a layer's axes, as soon as the layer puts out maps."""

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
            f"layer {name!r} puts out {shape}; maximize_activation needs feature maps "
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
