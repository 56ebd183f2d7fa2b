"""All evidence as the arrays that travel to the browser; `data.js` reads them."""

import numpy as np

from .packing import (
    as_jpeg,
    half_bytes,
    index_bytes,
    ranged_bytes,
    signed_bytes,
    sparse_bytes,
)

#: How many channels are shown.
TOP = 8
#: For this many classes of each image, the page shows all layers and occlusion.
LIKELIEST = 12


def listed_classes(evidence):
    """Return the classes that are among the likeliest of any image, in ascending order."""
    return sorted({int(c) for one in evidence for c in one.top(LIKELIEST)})


def pack(evidence):
    """Turn evidence into traits.

    Parameters
    ----------
    evidence : list of Evidence
        One per image, all with the same layers.

    Returns
    -------
    dict
        Traits of `GradCamExplorer` by name: arrays of bytes and what is needed to read them.
    """
    *inner, final = evidence[0].layers
    listed = listed_classes(evidence)
    traits = {"listed": listed, "logits": np.stack([one.logits for one in evidence])}
    jpegs = [as_jpeg(one.image) for one in evidence]
    traits |= {"jpeg_sizes": [len(jpeg) for jpeg in jpegs], "jpegs": np.concatenate(jpegs)}

    # The last layer, for all classes: their maps, and the channels that matter most.
    maps = np.stack([_flat(one.layers[final].cam(slice(None))) for one in evidence])
    traits["maps"], traits["map_scales"] = signed_bytes(maps)
    weights = evidence[0].layers[final].weights
    effects = [_top(np.abs(weights) * _strength(one.layers[final].maps)) for one in evidence]
    orders = np.stack([*effects, _top(weights)])
    traits["top_channels"] = index_bytes(orders)
    chosen = np.take_along_axis(weights[None], orders, axis=2)
    traits["top_weights"], traits["top_scales"] = signed_bytes(chosen)
    sparse = [sparse_bytes(one.layers[final].maps) for one in evidence]
    traits["last_masks"] = np.stack([mask for mask, _, _ in sparse])
    traits["last_values"] = np.concatenate([values for _, values, _ in sparse])
    traits["last_steps"] = [step for _, _, step in sparse]

    # The layers inside, for the listed classes: all channels and all weights.
    packed = [[_inner(one.layers[name], listed) for one in evidence] for name in inner]
    flat = [parts for layer in packed for parts in layer]
    for index, name in enumerate(("inner_maps", "inner_ranges", "inner_weights")):
        empty = np.zeros(0, np.float32 if name == "inner_ranges" else np.uint8)
        traits[name] = np.concatenate([empty, *(parts[index].ravel() for parts in flat)])
    traits["falls"] = half_bytes(np.stack([one.falls[listed] for one in evidence]))
    traits["layers"] = [
        {
            "name": name,
            "channels": len(layer.maps),
            "rows": layer.maps.shape[1],
            "columns": layer.maps.shape[2],
            "error": max(
                _error(one, name, listed, final, traits, i) for i, one in enumerate(evidence)
            ),
        }
        for name, layer in evidence[0].layers.items()
    ]
    traits["fall_shape"] = list(evidence[0].falls.shape[1:])
    return traits


def _flat(maps):
    return maps.reshape(len(maps), -1)


def _strength(maps):
    """Return the mean magnitude of each channel."""
    return np.abs(_flat(maps)).mean(axis=1)


def _top(values):
    return np.argsort(-values, axis=1, kind="stable")[:, :TOP]


def _inner(layer, listed):
    data, ranges = ranged_bytes(_flat(layer.maps))
    return data, ranges, half_bytes(layer.weights[listed])


def _error(one, name, listed, final, traits, index):
    """Measure how far the maps in the browser are off, as a share of the image's scale."""
    layer = one.layers[name]
    if name == final:
        exact = _flat(layer.cam(slice(None)))
        decoded = (traits["maps"][index] - 128.0) * traits["map_scales"][index][:, None]
    else:
        exact = _flat(layer.cam(listed))
        data, ranges, _ = _inner(layer, listed)
        weights = layer.weights[listed].astype(np.float16).astype(np.float32)
        decoded = weights @ (ranges[:, :1] + data * ranges[:, 1:])
    return float(np.abs(decoded - exact).max() / one.limit(name))
