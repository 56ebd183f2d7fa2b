"""Look into a model while it runs, and leave it as it was."""

from contextlib import contextmanager


@contextmanager
def evaluating(model):
    """Put a model into evaluation mode for the length of a ``with`` block."""
    training = [module for module in model.modules() if module.training]
    model.eval()
    try:
        yield model
    finally:
        for module in training:
            module.training = True


class _ReachedError(Exception):
    """Carries a layer's output out of a forward pass."""

    def __init__(self, output):
        self.output = output


def output_of(model, layer, images):
    """Run the model up to a layer and return what that puts out."""
    if layer is None:
        return model(images)
    modules = dict(model.named_modules())
    if layer not in modules:
        raise ValueError(
            f"the model has no layer {layer!r}; list(model.named_modules()) names them"
        )

    def stop(_, __, output):
        # Going on would let an in-place ReLU change what we came for.
        raise _ReachedError(output)

    hook = modules[layer].register_forward_hook(stop)
    try:
        model(images)
    except _ReachedError as reached:
        return reached.output
    finally:
        hook.remove()
    raise ValueError(f"{layer!r} is part of the model but its forward pass never comes by")
