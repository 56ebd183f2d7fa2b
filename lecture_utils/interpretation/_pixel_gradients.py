"""How much each pixel matters for a class: four methods that use the gradient of the logit."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import torch
from torch import nn

from lecture_utils._inspect import eager, evaluating
from lecture_utils._validation import finite, whole
from lecture_utils._validation.batches import run_model
from lecture_utils.interpretation._activations import check_images
from lecture_utils.interpretation._grad_cam import class_scores

# The layers that guided backpropagation changes. Their derivatives are never negative.
_RELUS = (nn.ReLU, nn.ReLU6)


def input_gradient(
    model: nn.Module,
    images: torch.Tensor,
    class_index: int | Sequence[int] | torch.Tensor | None = None,
) -> torch.Tensor:
    """Differentiate a class's logit with respect to the pixels.

    Parameters
    ----------
    model, images, class_index
        As for `grad_cam`.

    Returns
    -------
    torch.Tensor, shape (N, C, H, W)
        The rate of change of the logit with respect to each value.

    Raises
    ------
    ValueError
        If an argument is invalid, or the logit does not depend on the images.

    References
    ----------
    Simonyan, Vedaldi and Zisserman, "Deep inside convolutional networks: visualising image
    classification models and saliency maps", arXiv:1312.6034, section 3.

    Examples
    --------
    >>> model = nn.Sequential(nn.Flatten(), nn.Linear(16, 2))
    >>> input_gradient(model, torch.zeros(1, 1, 4, 4), 0).shape
    torch.Size([1, 1, 4, 4])
    """
    check_images(model, images)
    with _for_gradients(model):
        return _gradient(model, images, class_index)[0]


def smooth_grad(
    model: nn.Module,
    images: torch.Tensor,
    class_index: int | Sequence[int] | torch.Tensor | None = None,
    *,
    noise: float = 0.15,
    samples: int = 32,
    seed: int = 0,
) -> torch.Tensor:
    """Average the gradient over noisy copies of each image (SmoothGrad).

    Parameters
    ----------
    model, images, class_index
        As for `grad_cam`. The default class is the predicted class of the image without noise.
    noise : float
        Standard deviation of the noise, as a fraction of each image's range (largest minus smallest
        value). At least 0.
    samples : int
        Number of noisy copies of each image.
    seed : int
        Seed of the noise.

    Returns
    -------
    torch.Tensor, shape (N, C, H, W)

    Raises
    ------
    ValueError
        If an argument is invalid.

    References
    ----------
    Smilkov et al., "SmoothGrad: removing noise by adding noise", arXiv:1706.03825.

    Examples
    --------
    >>> model = nn.Sequential(nn.Flatten(), nn.Linear(16, 2))
    >>> images = torch.rand(1, 1, 4, 4)
    >>> smooth = smooth_grad(model, images, 0, samples=4)
    >>> torch.allclose(smooth, input_gradient(model, images, 0))  # the model is linear
    True
    """
    check_images(model, images)
    samples, noise = whole("samples", samples, 1), finite("noise", noise)
    if noise < 0:
        raise ValueError(f"noise is {noise!r}; use a fraction of the image's range, at least 0")
    generator = torch.Generator().manual_seed(whole("seed", seed))
    deviation = noise * (images.amax(dim=(1, 2, 3)) - images.amin(dim=(1, 2, 3)))
    with _for_gradients(model):
        _, chosen = class_scores(run_model(model, images), class_index, len(images))
        total = torch.zeros_like(images)
        for _ in range(samples):
            # Drawn on the CPU, so that a GPU gets the same noise.
            drawn = torch.randn(images.shape, generator=generator, dtype=torch.float64)
            shift = drawn.to(images) * deviation[:, None, None, None]
            total += _gradient(model, images + shift, chosen)[0]
    return total / samples


def integrated_gradients(
    model: nn.Module,
    images: torch.Tensor,
    class_index: int | Sequence[int] | torch.Tensor | None = None,
    *,
    baseline: float | torch.Tensor = 0.0,
    steps: int = 32,
) -> torch.Tensor:
    """Attribute the difference of a logit between a baseline and an image to the pixels.

    The gradient is averaged along the straight line from the baseline to the image and multiplied
    by the difference between the two.

    Parameters
    ----------
    model, images, class_index
        As for `grad_cam`. The default class is that of the image itself.
    baseline : float or torch.Tensor of a shape that broadcasts to that of the images
        An image without information, in the model's normalized units. 0 is gray if the
        normalization subtracts the mean.
    steps : int
        Number of points on the line (the midpoints of equally many parts).

    Returns
    -------
    torch.Tensor, shape (N, C, H, W)
        As the number of steps grows, the sum over all pixels approaches the logit of the image
        minus that of the baseline (completeness).

    Raises
    ------
    ValueError
        If an argument is invalid.

    References
    ----------
    Sundararajan, Taly and Yan, "Axiomatic attribution for deep networks", arXiv:1703.01365.

    Examples
    --------
    >>> model = nn.Sequential(nn.Flatten(), nn.Linear(16, 2, bias=False))
    >>> images = torch.rand(1, 1, 4, 4)
    >>> shares = integrated_gradients(model, images, 0, steps=1)
    >>> torch.allclose(shares.sum(), model(images)[0, 0])
    True
    """
    check_images(model, images)
    steps = whole("steps", steps, 1)
    try:
        start = torch.as_tensor(baseline, dtype=images.dtype, device=images.device)
        start = start.expand_as(images)
    except (TypeError, ValueError, RuntimeError) as error:
        raise ValueError(
            f"baseline is {baseline!r}; pass a number, or a tensor that fits images of shape "
            f"{tuple(images.shape)}"
        ) from error
    with _for_gradients(model):
        _, chosen = class_scores(run_model(model, images), class_index, len(images))
        total = torch.zeros_like(images)
        for step in range(steps):
            share = (step + 0.5) / steps
            total += _gradient(model, start + share * (images - start), chosen)[0]
        return (images - start) * total / steps


def guided_gradient(
    model: nn.Module,
    images: torch.Tensor,
    class_index: int | Sequence[int] | torch.Tensor | None = None,
) -> torch.Tensor:
    """Differentiate a class's logit, but let no negative gradient pass through a ReLU.

    This is guided backpropagation. It is included because it fails: its maps hardly change when the
    model's last layer gets random weights, so they do not explain a class.

    Parameters
    ----------
    model : torch.nn.Module
        Has ``nn.ReLU`` or ``nn.ReLU6`` layers; a ReLU called as a function is not changed.
    images, class_index
        As for `grad_cam`.

    Returns
    -------
    torch.Tensor, shape (N, C, H, W)

    Raises
    ------
    ValueError
        If an argument is invalid, or the model has no such layer.

    References
    ----------
    Springenberg et al., "Striving for simplicity: the all convolutional net", arXiv:1412.6806.
    Why it fails: Adebayo et al., "Sanity checks for saliency maps", arXiv:1810.03292.

    Examples
    --------
    >>> model = nn.Sequential(nn.Conv2d(1, 4, 3), nn.ReLU(), nn.Flatten(), nn.Linear(16, 2))
    >>> guided_gradient(model, torch.zeros(1, 1, 4, 4), 0).shape
    torch.Size([1, 1, 4, 4])
    """
    check_images(model, images)
    relus = [module for module in model.modules() if isinstance(module, _RELUS)]
    if not relus:
        raise ValueError(
            "the model has no nn.ReLU or nn.ReLU6 layer, so there is nothing to guide; use "
            "input_gradient"
        )

    def guide(_, __, output):
        # On a copy: an in-place layer would lose a hook on the output itself.
        copy = output.clone()
        if copy.requires_grad:
            copy.register_hook(lambda gradient: gradient.clamp(min=0))
        return copy

    hooks = []
    try:
        for module in relus:
            hooks.append(module.register_forward_hook(guide))
        with _for_gradients(model), eager():
            return _gradient(model, images, class_index)[0]
    finally:
        for hook in hooks:
            hook.remove()


@contextmanager
def _for_gradients(model: nn.Module) -> Iterator[None]:
    """Use evaluation mode, with gradients regardless of the caller's mode."""
    with evaluating(model), torch.inference_mode(False), torch.enable_grad():
        yield


def _gradient(model, images, class_index):
    """Return the gradient of each image's logit, and the class of each."""
    pixels = images.detach().clone().requires_grad_()
    scores, chosen = class_scores(run_model(model, pixels), class_index, len(images))
    total = scores.sum()
    gradient = None
    if total.requires_grad:
        (gradient,) = torch.autograd.grad(total, pixels, allow_unused=True)
    if gradient is None:
        raise ValueError("the logits do not depend on the images; pass the model itself")
    return gradient, chosen
