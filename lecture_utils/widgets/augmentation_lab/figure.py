"""The static figure of AugmentationLab: images that torchvision drew, and the settings in words."""

import numpy as np

from .._figure import number

_NAMES = {
    "degrees": "largest rotation, in degrees",
    "translate": "largest translation, as a fraction of the side",
    "scale": "scale factor",
    "shear": "largest shear, in degrees",
    "crop": "area of the crop, as a fraction of the image",
    "flip": "probability of mirroring",
    "brightness": "largest change of brightness",
    "contrast": "largest change of contrast",
    "saturation": "largest change of saturation",
    "hue": "largest change of hue, in turns",
    "noise": "standard deviation of the noise",
    "erase": "probability of erasing",
    "mixup": "alpha of mixup",
}


def setting_rows(lab):
    """Return name and value of each setting that does something."""
    rows = []
    for name, words in _NAMES.items():
        value = getattr(lab, name)
        if name in ("scale", "crop"):
            if value != (1, 1):
                rows.append((words, f"{number(value[0])} to {number(value[1])}"))
        elif value:
            rows.append((words, number(value)))
    return rows or [("none", "the image stays as it is")]


def compose(settings, side):
    """Return the settings as torchvision transforms, in the order in which the page applies them.

    Parameters
    ----------
    settings : dict
        All of `presets.OFF`.
    side : int
        Of the square images.

    Returns
    -------
    torchvision.transforms.v2.Compose
        Takes uint8 tensors of shape (..., 3, side, side). Without mixup, which takes batches.
    """
    from torchvision.transforms import v2

    s, steps = settings, []
    moved = {
        "translate": (s["translate"], s["translate"]) if s["translate"] else None,
        "scale": s["scale"] if s["scale"] != (1, 1) else None,
        "shear": s["shear"] or None,
    }
    if s["degrees"] or any(moved.values()):
        bilinear = v2.InterpolationMode.BILINEAR
        steps.append(v2.RandomAffine(s["degrees"], **moved, interpolation=bilinear))
    if s["crop"] != (1, 1):
        ratio = (1 / s["ratio"], s["ratio"])
        steps.append(v2.RandomResizedCrop(side, scale=s["crop"], ratio=ratio))
    if s["flip"]:
        steps.append(v2.RandomHorizontalFlip(s["flip"]))
    colors = {name: s[name] for name in ("brightness", "contrast", "saturation", "hue")}
    if any(colors.values()):
        steps.append(v2.ColorJitter(**colors))
    if s["noise"]:
        steps.append(v2.GaussianNoise(sigma=s["noise"]))
    if s["erase"]:
        steps.append(v2.RandomErasing(s["erase"]))
    return v2.Compose(steps or [v2.Identity()])


def drawn_by_torchvision(image, settings, seed, count, other):
    """Return random versions of an image by torchvision, without touching its global generator.

    Parameters
    ----------
    image, other : ndarray of uint8, shape (side, side, 3)
        The image, and the one that mixup mixes it with.
    settings : dict
        All of `presets.OFF`.
    seed, count : int

    Returns
    -------
    list of ndarray of uint8, shape (side, side, 3)
    """
    import torch

    change = compose(settings, image.shape[0])
    tensors = [torch.tensor(np.asarray(each)).permute(2, 0, 1) for each in (image, other)]
    versions = []
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        for _ in range(count):
            version = change(tensors[0])
            if settings["mixup"]:
                alpha = torch.tensor(settings["mixup"])
                share = torch.distributions.Beta(alpha, alpha).sample()
                mixed = share * version + (1 - share) * change(tensors[1])
                version = mixed.round().to(torch.uint8)
            versions.append(version.permute(1, 2, 0).numpy())
    return versions
