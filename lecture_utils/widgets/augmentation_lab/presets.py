"""Settings to start from; the names are those of `lecture_utils.augmentation.Augment`."""

#: Nothing happens.
OFF = {
    "degrees": 0.0,
    "translate": 0.0,
    "scale": (1.0, 1.0),
    "shear": 0.0,
    "crop": (1.0, 1.0),
    "ratio": 4 / 3,
    "flip": 0.0,
    "brightness": 0.0,
    "contrast": 0.0,
    "saturation": 0.0,
    "hue": 0.0,
    "noise": 0.0,
    "erase": 0.0,
    "mixup": 0.0,
}

PRESETS = {
    "the lecture's": {
        **OFF,
        "degrees": 40.0,
        "shear": 20.0,
        "crop": (0.8, 1.2),
        "flip": 0.5,
        "brightness": 0.2,
        "contrast": 0.2,
        "saturation": 0.2,
    },
    "photos": {
        **OFF,
        "degrees": 15.0,
        "crop": (0.5, 1.0),
        "flip": 0.5,
        "brightness": 0.3,
        "contrast": 0.3,
        "saturation": 0.3,
        "hue": 0.05,
        "erase": 0.25,
    },
    "digits": {**OFF, "degrees": 10.0, "translate": 0.08, "scale": (0.9, 1.1), "shear": 8.0},
    "nothing": OFF,
}

#: Smallest and largest value of each setting; of both ends where it is a pair.
LIMITS = {
    "degrees": (0, 180),
    "translate": (0, 0.5),
    "scale": (0.3, 2),
    "shear": (0, 60),
    "crop": (0.05, 1.5),
    "ratio": (1, 3),
    "flip": (0, 1),
    "brightness": (0, 1),
    "contrast": (0, 1),
    "saturation": (0, 1),
    "hue": (0, 0.5),
    "noise": (0, 0.5),
    "erase": (0, 1),
    "mixup": (0, 1),
}
