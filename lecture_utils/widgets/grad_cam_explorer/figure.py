"""The static figure and table of GradCamExplorer."""

import html

import numpy as np

from lecture_utils.palette import signed_colors

from .. import _figure


def figure_html(one, photo, layer, class_names):
    """Return an image with the maps of its three likeliest classes, and a table.

    Parameters
    ----------
    one : Evidence
    photo : str
        The image's name.
    layer : str
        One of its layers.
    class_names : list of str

    Returns
    -------
    str
        HTML.
    """
    classes = one.top(5)
    limit = one.limit(layer)
    probabilities = np.exp(one.logits - one.logits.max())
    probabilities /= probabilities.sum()
    maps = one.layers[layer].cam(classes)
    tiles = [one.image, *(signed_colors(cam, limit) for cam in maps[:3])]
    names = [html.escape(class_names[c]) for c in classes]
    alt = (
        f"An image, {photo}, and three maps of {maps.shape[1]} by {maps.shape[2]} cells for "
        f"{', '.join(class_names[c] for c in classes[:3])}: red where there is evidence for the "
        "class, blue where there is evidence against it."
    )
    rows = "".join(
        f'<tr><th scope="row">{name}</th><td>{html.escape(_figure.percent(probabilities[c]))}</td>'
        f"<td>{_figure.number(one.logits[c])}</td><td>{_position(cam)}</td>"
        f"<td>{_figure.number(cam.max(), 3)}</td><td>{_figure.number(cam.min(), 3)}</td></tr>"
        for name, c, cam in zip(names, classes, maps, strict=True)
    )
    heads = (
        "Class",
        "Probability",
        "Logit",
        "Largest at row, column",
        "Strongest for",
        "Strongest against",
    )
    head = "".join(f'<th scope="col">{head}</th>' for head in heads)
    image = _figure.image_html([_figure.rgb_tile(tile) for tile in tiles], alt, colors=256)
    return (
        f"<figure>{image}<figcaption>Grad-CAM at {html.escape(layer)} for {', '.join(names[:3])}, "
        f"on one scale from {_figure.number(-limit)} (blue) to {_figure.number(limit)} (red)."
        '</figcaption></figure><div class="demo-numbers"><table>'
        f"<caption>{html.escape(photo)}: the five likeliest classes</caption>"
        f"<thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>"
    )


def _position(cam):
    return ", ".join(str(n) for n in np.unravel_index(cam.argmax(), cam.shape))
