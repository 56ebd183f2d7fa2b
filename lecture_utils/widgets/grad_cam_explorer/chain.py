"""A network as a chain: parts that give maps, global average pooling, one linear layer."""

from dataclasses import dataclass

import torch
from torch import nn


@dataclass(frozen=True, eq=False)
class Chain:
    """A network whose parts run one after the other.

    Attributes
    ----------
    parts : dict of nn.Module
        By module path, from the image to the last maps.
    linear : nn.Linear
        From the means of the last maps to the logits.
    """

    parts: dict
    linear: nn.Linear

    def maps(self, images):
        """Return the output of each part: a dict from module paths to maps, (N, K, h, w)."""
        outputs, values = {}, images
        for name, part in self.parts.items():
            outputs[name] = values = part(values)
        return outputs

    def after(self, name=None):
        """Return the rest of the network after part `name`, by default all of it, as one module."""
        names = list(self.parts)
        rest = [self.parts[later] for later in names[names.index(name) + 1 if name else 0 :]]
        return nn.Sequential(*rest, nn.AdaptiveAvgPool2d(1), nn.Flatten(), self.linear)


def as_chain(model, images):
    """Split a network into a chain.

    Parameters
    ----------
    model : nn.Module
        In evaluation mode.
    images : Tensor, shape (N, 3, H, W)
        Images to try it on.

    Returns
    -------
    Chain

    Raises
    ------
    ValueError
        If its children, run in turn with global average pooling before the last, do not give its
        logits.

    Examples
    --------
    >>> pooling = nn.AdaptiveAvgPool2d(1), nn.Flatten()
    >>> model = nn.Sequential(nn.Conv2d(3, 4, 3), *pooling, nn.Linear(4, 2))
    >>> list(as_chain(model.eval(), torch.zeros(1, 3, 8, 8)).parts)
    ['0']
    """
    parts, linear = {}, None
    for name, child in model.named_children():
        if isinstance(child, nn.Linear):
            linear = child
        elif name == "features":
            parts |= {f"{name}.{path}": part for path, part in child.named_children()}
        elif not isinstance(child, (nn.AdaptiveAvgPool2d, nn.Dropout, nn.Flatten)):
            parts[name] = child
    if parts and linear is not None:
        chain = Chain(parts, linear)
        try:
            with torch.no_grad():
                logits, expected = chain.after()(images), model(images)
        except RuntimeError:  # shapes that do not fit
            pass
        else:
            if torch.allclose(logits, expected, rtol=1e-4, atol=1e-4):
                return chain
    raise ValueError(
        f"{type(model).__name__} is not a chain that ends in global average pooling and one linear "
        "layer; use EfficientNet-Lite0 or a ResNet"
    )
