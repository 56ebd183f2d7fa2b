"""Number the figures, demos and displayed equations of a chapter, on the site and in the PDF.

A teacher can then say "figure 3.4", whichever of the two a student has. Each number is part of the
page and can be linked to: ``#figure-3-4``, ``#demo-3-1``, ``#equation-3-2``.
"""

import itertools
import re

_MARKS = re.compile(
    r'(?P<demo><div class="demo"(?= data-demo="(?!Quiz|Challenge))(?P<inside>.*?</div><script))'
    r'|(?P<passed><div class="demo" .*?</div><script)'
    r'|(?P<figure><figure class="book-figure)(?P<rest>.*?)(?P<end></figure>)'
    r'|(?P<equation><div class="math notranslate[^"]*")(?P<attributes>[^>]*)>',
    re.DOTALL,
)


def number(body, chapter):
    """Return the HTML of a chapter with numbers.

    Parameters
    ----------
    body : str
    chapter : int or str
        What stands before the dot.
    """
    counters = {kind: itertools.count(1) for kind in ("demo", "figure", "equation")}

    def mark(match):
        if match["passed"]:  # a quiz is not a figure
            return match[0]
        kind = next(kind for kind in counters if match[kind])
        count = next(counters[kind])
        anchor, label = f'id="{kind}-{chapter}-{count}"', f"{chapter}.{count}"
        if kind == "demo":
            return f'<div class="demo" {anchor} data-number="{label}"{match["inside"]}'
        if kind == "equation":
            if "id=" in match["attributes"]:
                anchor = match["attributes"].strip()
            return f'{match["equation"]} {anchor}><span class="eqno">({label})</span>'
        name = f'<span class="figure-number">Figure {label}</span>'
        rest, captioned = re.subn(r"<figcaption>", f"<figcaption>{name} ", match["rest"], count=1)
        if not captioned:
            rest += f"<figcaption>{name}</figcaption>"
        return f"<figure {anchor}{match['figure'].removeprefix('<figure')}{rest}{match['end']}"

    return _MARKS.sub(mark, body)


def _number(app, pagename, templatename, context, doctree):
    numbers = app.env.toc_secnumbers.get(pagename, {}).get("")
    if numbers and "body" in context:
        context["body"] = number(context["body"], numbers[0])


def setup(app):
    # Before lean_pages, which moves figures out of the way.
    app.connect("html-page-context", _number, priority=950)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
