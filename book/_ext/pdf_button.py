"""Offer the PDF of the whole book in the download menu of each page.

The PDF is printed from the finished pages, so these cannot know whether there will be one. The
publishing workflow says so: ``BOOK_PDF`` is the name that the file will have beside ``index.html``.
"""

import os


def _add(app, pagename, templatename, context, doctree):
    name = os.environ.get("BOOK_PDF")
    for group in context.get("header_buttons", []) if name else []:
        if group.get("label") == "download-buttons":
            group["buttons"].append(
                {
                    "type": "link",
                    "url": context["pathto"](name, resource=True),
                    "text": "The whole book (.pdf)",
                    "tooltip": "Download the whole book",
                    "icon": "fas fa-file-pdf",
                    "label": "download-book-button",
                }
            )


def setup(app):
    # After the theme, which makes the menu.
    app.connect("html-page-context", _add, priority=900)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
