"""Draw the preview image that a social network shows beside a link to a page.

Each card has the page's title and lead, and below them images that the page itself shows. So no two
chapters look the same, and nobody has to keep images up to date.
"""

import base64
import io
import re
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont, ImageOps

SIZE = 1200, 630
MARGIN = 64
PAPER, INK, MUTED, TEAL, ORANGE = "#fffefb", "#1d2a30", "#55646b", "#128c93", "#b1440e"
#: Height of the row of images.
ROW = 210
FONTS = Path(__file__).resolve().parents[1] / "_static" / "fonts"
_TAG = re.compile(r"<(?:img|image)\b[^>]*>")
_DATA = re.compile(r'"data:image/(?:png|webp|jpeg);base64,([^"]{700,})"')
_DEMO = re.compile(r'<div class="demo-figure">(.*?)</div><script', re.DOTALL)


def font(name, size, weight):
    """Return one of the book's fonts."""
    chosen = ImageFont.truetype(FONTS / f"{name}.woff2", size)
    chosen.set_variation_by_axes([weight])
    return chosen


def images_in(body):
    """Return the images that a page's card may show.

    The wide image of its first demo that has one, or else the first images of its figures.
    """
    for demo in _DEMO.findall(body):
        for image in _decoded(demo):
            if image.width >= 2.5 * image.height:
                return [image]
    found = {}
    for image in _decoded(body):
        if min(image.size) >= 20:
            found.setdefault(image.tobytes(), image)
        if len(found) == 8:
            break
    return list(found.values())


def _decoded(text):
    for tag in _TAG.findall(text):
        for data in _DATA.findall(tag):
            image = flattened(Image.open(io.BytesIO(base64.b64decode(data))))
            # Matplotlib stores an image upside down, and turns it.
            yield ImageOps.flip(image) if "scale(1 -1)" in tag else image


def flattened(image):
    """Return an image in RGB, with the card's paper where it is transparent."""
    image = image.convert("RGBA")
    paper = Image.new("RGBA", image.size, PAPER)
    return Image.alpha_composite(paper, image).convert("RGB")


def wrapped(text, chosen, width, most):
    """Break a text into a few lines; sentences at its end that do not fit are left out.

    A single sentence that is too long is cut at a word.
    """
    lines, words = [], text.split()
    while words:
        count = len(words)
        while count > 1 and chosen.getlength(" ".join(words[:count])) > width:
            count -= 1
        lines.append(" ".join(words[:count]))
        words = words[count:]
    if len(lines) <= most:
        return lines
    sentences = re.split(r"(?<=[.?!])\s+", text)
    if len(sentences) > 1:
        return wrapped(" ".join(sentences[:-1]), chosen, width, most)
    return [*lines[: most - 1], lines[most - 1].rstrip(",;:") + " …"] if most > 0 else []


def draw_logo(draw, x, y, cell):
    """Draw the book's logo: a window on a grid of pixels, and the one value that it becomes."""
    step = 1.15 * cell
    for row in range(5):
        for column in range(5):
            inside = 1 <= row <= 3 and 1 <= column <= 3
            color = ("#d9622b" if row == column == 2 else "#e89b79") if inside else "#cdd4d7"
            corner = x + column * step, y + row * step
            box = (*corner, corner[0] + cell, corner[1] + cell)
            draw.rounded_rectangle(box, cell / 5, color)
    arrow, middle = x + 5 * step + 0.4 * cell, y + 2 * step + cell / 2
    tip, thick = arrow + 1.4 * cell, max(2, round(cell / 4))
    draw.line((arrow, middle, tip, middle), "#7c8f98", thick)
    for side in (-1, 1):
        end = tip - 0.45 * cell, middle + side * 0.45 * cell
        draw.line((*end, tip, middle), "#7c8f98", thick)
    box = (tip + 0.6 * cell, middle - cell, tip + 2.6 * cell, middle + cell)
    draw.rounded_rectangle(box, 0.4 * cell, TEAL)


def card(label, title, lead, images):
    """Draw a card.

    Parameters
    ----------
    label : str
        Small text above the title, such as "Chapter 3".
    title, lead : str
        The lead may be empty.
    images : list of PIL.Image.Image
        Images in the row below; may be empty.

    Returns
    -------
    PIL.Image.Image
        1200 by 630 pixels.
    """
    image = Image.new("RGB", SIZE, PAPER)
    draw = ImageDraw.Draw(image)
    draw.rectangle((0, 0, SIZE[0], 12), fill=TEAL)
    width = SIZE[0] - 2 * MARGIN
    y = 52
    draw.text((MARGIN, y), label, ORANGE, font("atkinson-hyperlegible-next", 30, 600))
    y += 50
    large = font("bricolage-grotesque", 66, 700)
    for line in wrapped(title, large, width - 190, 2):
        draw.text((MARGIN, y), line, INK, large)
        y += 76
    y += 14
    small = font("atkinson-hyperlegible-next", 30, 400)
    bottom = SIZE[1] - MARGIN + 14
    room = (bottom - (ROW if images else 180) - 26 - y) // 40
    for line in wrapped(lead, small, width, room):
        draw.text((MARGIN, y), line, MUTED, small)
        y += 40
    draw_logo(draw, SIZE[0] - MARGIN - 142, 44, 14)
    if not images:
        draw_logo(draw, MARGIN, bottom - 180, 32)
    x = MARGIN
    for each in images:
        height = min(ROW, width * each.height // each.width)
        shape = each.width * height // each.height, height
        if x + shape[0] > SIZE[0] - MARGIN:
            break
        # The pixels of small images stay visible.
        method = Image.Resampling.NEAREST if each.height < 100 else Image.Resampling.LANCZOS
        image.paste(each.resize(shape, method), (x, bottom - height))
        x += shape[0] + 18
    return image
