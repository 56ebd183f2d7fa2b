"""Build on a network that was trained on something else: embed pictures, attach a head, freeze, train gently.

Three ways, in the same few lines::

    model = attach_head(pretrained.load("efficientnet_lite0"), num_classes=1)
    freeze(model, until="head")       # feature extraction: only the new head learns
    freeze(model, until="stage6")     # partial fine-tuning: the last stages learn, too
    freeze(model, until=None)         # end-to-end fine-tuning: everything learns
    Trainer(...).fit(Classifier(model, task="binary", backbone_rate=0.1), data)

What is frozen gives the same numbers for a picture in every epoch, so `embed` and `EmbeddedDataModule` compute them
once (see `embedding`).
"""

import lazy_loader

# PyTorch is imported with the first name that needs it, not with the package: see __init__.pyi.
__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
