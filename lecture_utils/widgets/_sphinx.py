"""Write a demo into a page of the book: its static figure, and the element where it comes alive.

MyST-NB would keep only the live view of a demo, which shows nothing in print, without JavaScript or
when a script fails. This renderer, registered as an entry point in ``pyproject.toml``, writes both.
The static host (``book/_static/widget-host.mjs``) hides the figure once the demo is running.
"""

import json
from typing import ClassVar

from docutils import nodes

from ._demo import FIGURE_MIME


class DemoRenderer:
    """MyST-NB mime renderer for demos."""

    mime_priority_overrides: ClassVar = [("html", FIGURE_MIME, 1), ("dirhtml", FIGURE_MIME, 1)]

    @staticmethod
    def handle_mime(renderer, data, inline):
        """Return the demo's nodes, or None for a mime type that is not ours."""
        if inline or data.mime_type != FIGURE_MIME:
            return None
        figure = data.content if isinstance(data.content, dict) else json.loads(data.content)
        view = json.dumps({"model_id": figure["model_id"], "version_major": 2, "version_minor": 0})
        text = (
            f'<div class="demo" data-demo="{figure["label"]}">'
            f'<div class="demo-figure">{figure["html"]}</div>'
            f'<script type="application/vnd.jupyter.widget-view+json">{view}</script></div>'
        )
        return [nodes.raw("", text, format="html", classes=["output", "demo-output"])]
