"""Build on a trained network: embed images, attach a head, freeze, and train with small steps.

Three strategies in a few lines::

    model = attach_head(pretrained.load("efficientnet_lite0"), num_classes=1)
    freeze(model, until="head")       # feature extraction: train only the new head
    freeze(model, until="stage6")     # partial fine-tuning: the last stages, too
    freeze(model, until=None)         # end-to-end fine-tuning: everything
    Trainer(...).fit(Classifier(model, task="binary", backbone_lr_scale=0.1), data)

For a given image, frozen layers compute the same output in every epoch, so `embed` and
`EmbeddedDataModule` compute it only once.
"""

import lazy_loader

# PyTorch is imported with the first name that needs it, not with the package: see __init__.pyi.
__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
