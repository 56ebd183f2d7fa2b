"""Look inside a trained model: what its filters respond to, activation maximization, explanations.

A layer is given by its module path, such as ``"features.stage3"`` (``model.named_modules`` lists
the paths), or as the module itself. Images are the model's normalized input, a tensor (N, C, H, W)
on the model's device. No function changes the model: it is in evaluation mode only while a function
runs, gradients of the weights are kept, and hooks are removed.
"""

import lazy_loader

# PyTorch is imported with the first name that needs it, not with the package: see __init__.pyi.
__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
