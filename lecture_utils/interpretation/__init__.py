"""Look into a trained model: what its filters respond to, activation maximization, and evidence.

A layer is named by its module path, such as ``"features.stage3"`` (``model.named_modules`` lists
them), or is the module itself. Images are what the model takes, already normalized, as a tensor
(N, C, H, W) on the model's device. No function changes the model: evaluation mode is on only while
it runs, gradients of the weights stay as they were, hooks are removed.
"""

import lazy_loader

# PyTorch is imported with the first name that needs it, not with the package: see __init__.pyi.
__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
