"""Receptive fields: which part of the input one number deep in a network can see.

For windows with kernel `k`, stride `s`, padding `p` and dilation `d`, one layer after the other:
the field grows by ``d * (k - 1) * step``, its first pixel moves by ``-p * step``, and only then does
the step, the distance in the input between neighboring outputs, grow by the factor `s`.
"""

import numpy as np

from lecture_utils._validation import as_pair
from lecture_utils.geometry._sizes import output_size
from lecture_utils.geometry._types import LayerSpec, ReceptiveField, window


def receptive_field(layers, until=None):
    """Compute the theoretical receptive field after each convolution and pooling layer.

    Parameters
    ----------
    layers : sequence of LayerSpec or dict, or torch.nn.Module
        Specs (a dict holds the arguments of a `LayerSpec`), first layer first; or a network, whose
        branches are followed too. Where branches meet, the field is the smallest region that holds
        all of theirs.
    until : str, optional
        Name of the last layer of interest: a spec's name, or a module path such as
        ``"features.28"``.

    Returns
    -------
    list of ReceptiveField
        One per layer, up to `until`. In a network the list ends where a layer mixes the whole image
        (flatten, global pooling, ...).

    Raises
    ------
    ValueError
        If a spec is wrong, `until` does not exist or comes after the whole image was mixed, or
        branches meet whose steps differ.

    References
    ----------
    Araujo, Norris and Sim, "Computing receptive fields of convolutional neural networks", Distill,
    2019.

    Examples
    --------
    >>> [field.size for field in receptive_field([{"kernel": 3}] * 3)]
    [(3, 3), (5, 5), (7, 7)]
    """
    if hasattr(layers, "named_modules"):
        from lecture_utils.geometry._graph import network_fields

        return network_fields(layers, until)
    field, fields = ReceptiveField("input"), []
    for spec in as_specs(layers):
        field = field.through(spec)
        fields.append(field)
        if until is not None and spec.name == until:
            return fields
    if until is not None:
        raise ValueError(f"no layer is called {until!r}; there are {[f.name for f in fields]}")
    return fields


def seen_pixels(layers, size, output):
    """List exactly the input pixels that one output depends on.

    Unlike the region of `receptive_field` this leaves out the holes of dilated layers and all that
    lies in the padding, be it the input's or that of a layer in between.

    Parameters
    ----------
    layers : sequence of LayerSpec or dict, or torch.nn.Sequential
        First layer first; a network must be a plain chain of layers.
    size : int or pair of int
        Height and width of the input.
    output : int or pair of int
        Row and column of the output.

    Returns
    -------
    rows, columns : ndarray of int
        The output sees all pixels in these rows and columns, ``image[np.ix_(rows, columns)]``.

    Raises
    ------
    ValueError
        If a layer does not fit, `output` does not exist, or the network is not a chain.

    Examples
    --------
    >>> rows, columns = seen_pixels([{"kernel": 3, "dilation": 2}], size=7, output=(0, 2))
    >>> rows, columns
    (array([0, 2, 4]), array([2, 4, 6]))
    """
    specs = as_specs(layers)
    sizes = [as_pair(size, "size", 1)]
    for spec in specs:
        sizes.append(
            output_size(
                sizes[-1], spec.kernel, spec.stride, spec.padding, spec.dilation, spec.ceil_mode
            )
        )
    place = as_pair(output, "output")
    if place[0] >= sizes[-1][0] or place[1] >= sizes[-1][1]:
        raise ValueError(f"output is {output!r}, but the last layer puts out only {sizes[-1]}")
    seen = [np.array([p]) for p in place]
    for spec, inside in zip(reversed(specs), reversed(sizes[:-1]), strict=True):
        kernel, stride, padding, dilation = window(spec)
        for a in range(2):
            cells = dilation[a] * np.arange(kernel[a]) - padding[a]
            indices = np.unique(seen[a][:, None] * stride[a] + cells)
            seen[a] = indices[(indices >= 0) & (indices < inside[a])]
    return seen[0], seen[1]


def as_specs(layers):
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
        If an item is neither, or a network is not a plain chain.
    """
    if hasattr(layers, "named_modules"):
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
