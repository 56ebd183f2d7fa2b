"""Leave out of the pages what this book does not use, and mend what axe finds in Sphinx's HTML."""


def _drop_thebe(app, pagename, templatename, context, doctree):
    """Drop Thebe, which would run cells elsewhere; it loads two scripts on every page."""
    for key in ("script_files", "css_files"):
        context[key] = [file for file in context.get(key, []) if "thebe" not in _described(file)]


def _described(file):
    """Return the name of a script or style sheet, and the text of an inline one."""
    body = getattr(file, "attributes", {}).get("body", "")
    return f"{getattr(file, 'filename', file)} {body}".lower()


def _name_references_as_items(app, pagename, templatename, context, doctree):
    """Make each reference an item of its list: ARIA has retired Sphinx's role for them."""
    body = context.get("body", "")
    context["body"] = body.replace('role="doc-biblioentry"', 'role="listitem"')


def setup(app):
    app.connect("html-page-context", _name_references_as_items)
    app.connect("html-page-context", _drop_thebe, priority=900)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
