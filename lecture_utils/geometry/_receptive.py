"""Receptive fields: which part of the input one activation deep in a network can see.

For windows with kernel `k`, stride `s`, padding `p` and dilation `d`, one layer after the other:
the field grows by ``d * (k - 1) * jump``, its first pixel moves by ``-p * jump``, and only then
does the jump, the distance in the input between neighboring outputs, grow by the factor `s`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from lecture_utils._validation import as_pair
from lecture_utils.geometry._sizes import output_size
from lecture_utils.geometry._types import LayerSpec, ReceptiveField, window

if TYPE_CHECKING:
    from torch import nn
    from typing_extensions import TypeIs


def receptive_field(
    layers: Sequence[LayerSpec | Mapping[str, Any]] | nn.Module, until: str | None = None
) -> list[ReceptiveField]:
    """Compute the theoretical receptive field after each convolution and pooling layer.

    Parameters
    ----------
    layers : sequence of LayerSpec or dict, or torch.nn.Module
        Specs (a dict holds the arguments of a `LayerSpec`), first layer first; or a model, whose
        branches are followed too. Where branches meet, the field is the smallest region that holds
        all of theirs.
    until : str, optional
        Name of the last layer of interest: a spec's name, or a module path such as
        ``"features.28"``.

    Returns
    -------
    list of ReceptiveField
        One per layer, up to `until`. In a model the list ends where a layer mixes the whole image
        (flatten, global pooling, ...).

    Raises
    ------
    ValueError
        If a spec is wrong, `until` does not exist or comes after the whole image was mixed, or
        branches meet whose jumps differ.

    References
    ----------
    Araujo, Norris and Sim, "Computing receptive fields of convolutional neural networks", Distill,
    2019.

    Examples
    --------
    >>> [field.size for field in receptive_field([{"kernel": 3}] * 3)]
    [(3, 3), (5, 5), (7, 7)]
    """
    if _is_model(layers):
        from lecture_utils.geometry._graph import model_fields

        return model_fields(layers, until)
    field, fields = ReceptiveField("input"), []
    for spec in as_specs(layers):
        field = field.after(spec)
        fields.append(field)
        if until is not None and spec.name == until:
            return fields
    if until is not None:
        raise ValueError(f"no layer is called {until!r}; there are {[f.name for f in fields]}")
    return fields


def seen_pixels(
    layers: Sequence[LayerSpec | Mapping[str, Any]] | nn.Module,
    size: int | tuple[int, int],
    output: int | tuple[int, int],
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """List exactly the input pixels that one output depends on.

    Unlike the region of `receptive_field` this leaves out the holes of dilated layers and all that
    lies in the padding, be it the input's or that of a layer in between.

    Parameters
    ----------
    layers : sequence of LayerSpec or dict, or torch.nn.Sequential
        First layer first; a model must be a plain chain of layers.
    size : int or pair of int
        Height and width of the input.
    output : int or pair of int
        Row and column of the output.

    Returns
    -------
    rows, columns : ndarray of int
        The output depends on all pixels in these rows and columns,
        ``image[np.ix_(rows, columns)]``.

    Raises
    ------
    ValueError
        If a layer does not fit, `output` does not exist, or the model is not a chain.

    Examples
    --------
    >>> rows, columns = seen_pixels([{"kernel": 3, "dilation": 2}], size=7, output=(0, 2))
    >>> rows, columns
    (array([0, 2, 4]), array([2, 4, 6]))
    """
    specs = as_specs(layers)
    sizes = [as_pair(size, "size", 1)]
    for spec in specs:
        arguments = (spec.kernel, spec.stride, spec.padding, spec.dilation, spec.ceil_mode)
        sizes.append(output_size(sizes[-1], *arguments))
    position = as_pair(output, "output")
    if position[0] >= sizes[-1][0] or position[1] >= sizes[-1][1]:
        raise ValueError(f"output is {output!r}, but the last layer puts out only {sizes[-1]}")
    seen = [np.array([p]) for p in position]
    for spec, inside in zip(reversed(specs), reversed(sizes[:-1]), strict=True):
        kernel, stride, padding, dilation = window(spec)
        for a in range(2):
            cells = dilation[a] * np.arange(kernel[a]) - padding[a]
            indices = np.unique(seen[a][:, None] * stride[a] + cells)
            seen[a] = indices[(indices >= 0) & (indices < inside[a])]
    return seen[0], seen[1]


def as_specs(layers: Sequence[LayerSpec | Mapping[str, Any]] | nn.Module) -> list[LayerSpec]:
    """Turn specs, dicts or a chain of modules into a list of `LayerSpec`.

    Parameters
    ----------
    layers : sequence of LayerSpec or dict, or torch.nn.Module

    Returns
    -------
    list of LayerSpec

    Raises
    ------
    ValueError
        If an item is neither, or a model is not a plain chain.
    """
    if _is_model(layers):
        from lecture_utils.geometry._graph import chain_specs

        return chain_specs(layers)
    specs = []
    for item in layers:
        try:
            specs.append(item if isinstance(item, LayerSpec) else LayerSpec(**item))
        except TypeError as error:
            raise ValueError(
                f'{item!r} is no layer; write a LayerSpec or a dict such as {{"kernel": 3}}'
            ) from error
    return specs


def _is_model(layers: object) -> TypeIs[nn.Module]:
    """Tell whether these are layers of PyTorch, without importing it to find out."""
    return hasattr(layers, "named_modules")
