"""Tell search engines and social networks what a page is: descriptions, addresses, previews.

``sphinxext-opengraph`` writes the tags. This adds what it cannot know: the address of the site
(``repository.site_url``), which also makes Sphinx name each page's canonical address, and a preview
image for each page (``preview_cards.py``). The sitemap is written here, too: ``sphinx-sitemap``
lists only the pages that the last build has written, which after a small change are not all.
"""

import re
import textwrap
from html import escape, unescape
from pathlib import Path
from xml.etree import ElementTree

import preview_cards
from repository import site_url

FOLDER = "_static/cards"
_PARAGRAPH = re.compile(r"<p\b[^>]*>(.*?)</p>", re.DOTALL)
_LEAD = re.compile(r'<div class="lead[^"]*">\s*<p>(.*?)</p>', re.DOTALL)


def sitemap(addresses):
    """Return a sitemap of these addresses, as bytes."""
    root = ElementTree.Element("urlset", xmlns="http://www.sitemaps.org/schemas/sitemap/0.9")
    for address in sorted(addresses):
        ElementTree.SubElement(ElementTree.SubElement(root, "url"), "loc").text = address
    ElementTree.indent(root)
    return ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)


def lead_of(body):
    """Return the words of a page's lead paragraph, or an empty text."""
    found = _LEAD.search(body)
    return _words(found[1]) if found else ""


def description_of(body, most=200):
    """Return what a page says about itself: its lead, or else its first paragraph.

    It consists of whole words, and is cut to a maximum number of letters. In the API reference, the
    line that names chapters comes first and is passed by.
    """
    body = re.sub(r'<div class="api-chapters.*?</div>', "", body, flags=re.DOTALL)
    paragraphs = filter(None, map(_words, _PARAGRAPH.findall(body)))
    words = lead_of(body) or next(paragraphs, "")
    return textwrap.shorten(words, most, placeholder=" …")


def _words(text):
    return " ".join(unescape(re.sub(r"<[^>]*>", "", text)).split())


def _configure(app, config):
    config.html_baseurl = config.ogp_site_url = site_url()
    config.ogp_site_name = config.html_title or config.project
    config.ogp_social_cards = {"enable": False}  # ours show something of the chapter


def _describe(app, pagename, templatename, context, doctree):
    """Set what sphinxext-opengraph would get from elsewhere: the description and the image."""
    if doctree is None:
        return
    body, meta = context.get("body", ""), dict(context.get("meta") or {})
    if description := description_of(body):
        meta["og:description"] = description
        context["metatags"] += f'<meta name="description" content="{escape(description)}" />\n'
    if not pagename.startswith("book/api/"):
        meta |= _preview(app, pagename, context, body)
    context["meta"] = meta


def _preview(app, pagename, context, body):
    """Draw the page's card, and return the fields that name it."""
    title = re.sub(r"^\d+\.\s*", "", _words(context["title"]))
    numbers = app.env.toc_secnumbers.get(pagename, {}).get("")
    if pagename == app.config.root_doc:
        label = "An interactive textbook"
    else:
        label = f"Chapter {numbers[0]}" if numbers else app.config.ogp_site_name
    card = preview_cards.card(label, title, lead_of(body), preview_cards.images_in(body))
    name = f"{FOLDER}/{pagename.replace('/', '-')}.jpg"
    path = Path(app.outdir) / name
    path.parent.mkdir(parents=True, exist_ok=True)
    card.save(path, quality=88)
    return {
        "og:image": site_url() + name,
        "og:image:alt": f"{title}: the beginning of the page, with images from it.",
        "og:image:width": str(card.width),
        "og:image:height": str(card.height),
    }


def _ask_for_large_preview(app, pagename, templatename, context, doctree):
    if 'property="og:image"' in context.get("metatags", ""):
        context["metatags"] += '<meta name="twitter:card" content="summary_large_image" />\n'


def _write_sitemap(app, exception):
    if exception or app.builder.format != "html":
        return
    addresses = [site_url() + app.builder.get_target_uri(name) for name in app.env.found_docs]
    (Path(app.outdir) / "sitemap.xml").write_bytes(sitemap(addresses))


def setup(app):
    app.setup_extension("sphinxext.opengraph")
    app.connect("config-inited", _configure)
    app.connect("html-page-context", _describe, priority=400)  # before opengraph
    app.connect("html-page-context", _ask_for_large_preview, priority=600)
    app.connect("build-finished", _write_sitemap)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
