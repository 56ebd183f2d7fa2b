"""Receptive fields: the part of the input that one activation deep in a network can see.

For windows with kernel `k`, stride `s`, padding `p` and dilation `d`, layer by layer: the field
grows by ``d * (k - 1) * jump``, its first pixel moves by ``-p * jump``, and only then is the jump,
the distance in the input between neighboring outputs, multiplied by `s`. For upsampling, see
`_grids`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from lecture_utils._validation import as_pair
from lecture_utils.geometry._grids import windows
from lecture_utils.geometry._rules import Step
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
        Specs (a dict holds the arguments of a `LayerSpec`), first layer first; or a model,
        including its branches. Where branches meet, the field is the smallest region that contains
        all of theirs.
    until : str, optional
        Name of the last layer of interest: a spec's name, or a module path such as
        ``"features.28"``.

    Returns
    -------
    list of ReceptiveField
        One per layer, up to `until`. For a model, the list ends where a layer mixes the whole image
        (flatten, global pooling, normalization over positions), or where the field depends on the
        size of the image (adaptive pooling).

    Raises
    ------
    ValueError
        If a spec is invalid, `until` does not exist or comes after the whole image was mixed,
        branches with different jumps meet, or there is no rule for a layer on the way.

    Notes
    -----
    In a model, 1-D layers count as one row. Upsampling (by a factor), transposed convolutions and
    ``PixelShuffle`` give fractional jumps: see `ReceptiveField`. Where padding reflects or
    replicates the image, outputs near the border see those pixels instead of the outside.

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

    Unlike the region of `receptive_field`, the result leaves out the holes of dilated layers, and
    everything in the padding, whether of the input or of a layer in between.

    Parameters
    ----------
    layers : sequence of LayerSpec or dict, or torch.nn.Sequential
        First layer first; a model must be a simple chain of layers.
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
    steps = _as_steps(layers)
    sizes = [as_pair(size, "size", 1)]
    for step in steps:
        sizes.append(step.sizes(sizes[-1]))
    position = as_pair(output, "output")
    if position[0] >= sizes[-1][0] or position[1] >= sizes[-1][1]:
        raise ValueError(f"output is {output!r}, but the last layer outputs only {sizes[-1]}")
    seen = [{p} for p in position]
    for step, inside in zip(reversed(steps), reversed(sizes[:-1]), strict=True):
        for a, grid in enumerate((step.rows, step.columns)):
            cells = {cell for place in seen[a] for cell in grid.at(place)}
            seen[a] = set(_inside(cells, inside[a], step.border))
    rows, columns = (np.array(sorted(cells), dtype=np.intp) for cells in seen)
    return rows, columns


def _inside(cells: set[int], size: int, border: str) -> Iterator[int]:
    """Replace padding that repeats pixels by those pixels, and drop any other padding."""
    for cell in cells:
        if 0 <= cell < size:
            yield cell
        elif border == "replicate":
            yield 0 if cell < 0 else size - 1
        elif border == "reflect":
            yield -cell if cell < 0 else 2 * (size - 1) - cell


def _as_steps(layers: Sequence[LayerSpec | Mapping[str, Any]] | nn.Module) -> list[Step]:
    if _is_model(layers):
        from lecture_utils.geometry._graph import chain_steps

        return chain_steps(layers)
    return [_step_of(spec) for spec in as_specs(layers)]


def _step_of(spec: LayerSpec) -> Step:
    rows, columns = (windows(*axis) for axis in zip(*window(spec), strict=True))
    arguments = (spec.kernel, spec.stride, spec.padding, spec.dilation, spec.ceil_mode)
    return Step(spec.name, rows, columns, lambda size: output_size(size, *arguments))


def as_specs(layers: Sequence[LayerSpec | Mapping[str, Any]]) -> list[LayerSpec]:
    """Convert specs and dicts to a list of `LayerSpec`.

    Parameters
    ----------
    layers : sequence of LayerSpec or dict

    Returns
    -------
    list of LayerSpec

    Raises
    ------
    ValueError
        If an item is neither.
    """
    specs = []
    for item in layers:
        try:
            specs.append(item if isinstance(item, LayerSpec) else LayerSpec(**item))
        except TypeError as error:
            raise ValueError(
                f'{item!r} is not a layer; write a LayerSpec or a dict such as {{"kernel": 3}}'
            ) from error
    return specs


def _is_model(layers: object) -> TypeIs[nn.Module]:
    """Return whether these are PyTorch layers, without importing PyTorch."""
    if isinstance(layers, type):
        raise ValueError(
            f"layers is the class {layers.__name__}; pass a model, {layers.__name__}(...), or a "
            "list of specs"
        )
    return hasattr(layers, "named_modules")
