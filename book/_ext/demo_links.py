"""Say on paper where a demo lives: its address as a link, and as a QR code.

What is printed of a demo is a still image with its numbers (``figure_html``). A reader of a printed
page, or of the PDF, points a phone at the code and has the demo itself. On the screen,
``book.css`` hides both.
"""

import html
import re

import segno
from repository import site_url

_DEMO = re.compile(
    r'<div class="demo" id="(?P<anchor>demo-[\w-]+)" data-number="(?P<number>[\w.]+)"[^>]*>'
    r'<div class="demo-figure">'
)


def qr_code(address):
    """Return a QR code as SVG; its address stands beside it as text."""
    code = segno.make(address, error="m", micro=False)
    svg = code.svg_inline(border=0, omitsize=True, svgclass="qr", lineclass=None)
    return svg.replace("<svg ", '<svg aria-hidden="true" ', 1)


def link(number, address):
    """Return what stands above a demo's image on paper."""
    shown = html.escape(re.sub("^https?://", "", address))
    return (
        f'<div class="demo-link"><p><strong>Demo {number}</strong> is interactive. '
        f'Try it at <a href="{html.escape(address)}">{shown}</a></p>{qr_code(address)}</div>'
    )


def add_links(body, page):
    """Add a link to each numbered demo of a page with this address."""
    return _DEMO.sub(lambda demo: demo[0] + link(demo["number"], f"{page}#{demo['anchor']}"), body)


def _add(app, pagename, templatename, context, doctree):
    if "body" in context:
        page = site_url() + app.builder.get_target_uri(pagename)
        context["body"] = add_links(context["body"], page)


def setup(app):
    # After numbering, and before lean_pages moves the image out of the way.
    app.connect("html-page-context", _add, priority=955)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
