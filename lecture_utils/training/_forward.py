"""Run a user's model on bytes or floats of any precision, in the best memory layout for it."""

from __future__ import annotations

from contextlib import nullcontext
from typing import Any
from weakref import WeakSet

import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

from lecture_utils._inspect import Snapshot
from lecture_utils._validation.batches import as_model_dtype, is_out_of_memory, run_model
from lecture_utils.training._data_modules import channels_first, to_unit_range

#: Layers that behave differently in training and in prediction, whether their parameters are
#: trained or not.
CHANGEABLE = (nn.modules.batchnorm._NormBase, nn.modules.dropout._DropoutNd)

# Models that failed with the channels last, as ``x.view(len(x), -1)`` does, or would give different
# results, as ``x.as_strided(...)`` does.
_CONTIGUOUS: WeakSet[nn.Module] = WeakSet()
# Models found not to read memory with strides of their own.
_WATCHED: WeakSet[nn.Module] = WeakSet()


def apply_model(model: nn.Module, inputs: Tensor) -> Any:
    """Run a model on a batch from a data set.

    Convolutions are fastest with the channels last in memory. A model that fails in this layout,
    because it calls ``view`` on a feature map, gets the ordinary layout instead: the failed attempt
    is undone (including statistics of batch normalization and random numbers) and repeated. If both
    attempts fail, the error is that of the ordinary layout. A model that calls ``as_strided`` in
    its
    first run also gets the ordinary layout: it would not fail, but compute something else.

    Parameters
    ----------
    model : nn.Module
        Already in the right mode and on the right device. If it does not work with the channels
        last, its weights are converted to the ordinary layout.
    inputs : tensor of uint8 or float, shape (N, ...)
        Bytes become floats from 0 to 1; floats are converted to the type of the model's weights.

    Returns
    -------
    Whatever the model returns.

    Raises
    ------
    ValueError
        If the model does not accept the inputs.
    """
    inputs = as_model_dtype(model, to_unit_range(inputs))
    if inputs.ndim != 4:
        return run_model(model, inputs)
    if model in _CONTIGUOUS:
        return run_model(model, channels_first(inputs))
    channels_last = inputs.contiguous(memory_format=torch.channels_last)
    before = Snapshot(model)
    # Compiled code is not watched, because that would compile it once more.
    first_time = model not in _WATCHED and not hasattr(model, "_orig_mod")
    try:
        with _Watch() if first_time else nullcontext() as watch:
            # A copy, because the first layer may work in place.
            outputs = model(channels_last.clone())
    except Exception as error:  # a model's own checks may raise anything
        if is_out_of_memory(error):
            raise
    else:
        if watch is None or not watch.reads_memory:
            _WATCHED.add(model)
            return outputs
    before.restore()
    lay_out(model, torch.contiguous_format)
    outputs = run_model(model, channels_first(inputs))
    _CONTIGUOUS.add(model)
    return outputs


class _Watch(TorchFunctionMode):
    """Records whether a tensor is read with strides chosen by the caller."""

    reads_memory = False

    def __torch_function__(self, func, types, args=(), kwargs=None):
        self.reads_memory |= func in _BY_STRIDES
        return func(*args, **(kwargs or {}))


_BY_STRIDES = (torch.as_strided, Tensor.as_strided, Tensor.as_strided_)


def use_channels_last(model: nn.Module) -> None:
    """Arrange a model's weights with the channels last, unless the model fails in that layout."""
    if model not in _CONTIGUOUS:
        lay_out(model, torch.channels_last)


def lay_out(model: nn.Module, memory_format: torch.memory_format) -> None:
    """Change the memory layout of a model's weights, if their sizes are known already."""
    if any(nn.parameter.is_lazy(parameter) for parameter in model.parameters()):
        return
    # Weights copied in inference mode could no longer be trained.
    with torch.inference_mode(False):
        model.to(memory_format=memory_format)
