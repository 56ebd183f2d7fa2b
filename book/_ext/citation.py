"""The directive ``cite-book``: how to cite this book, from ``CITATION.cff``.

GitHub reads the same file. Addresses are those of the repository and the site that this build
belongs to, so a fork's page cites the fork.
"""

import yaml
from docutils import nodes
from docutils.parsers.rst import Directive
from repository import ROOT, repository_url, site_url


def read(path=ROOT / "CITATION.cff"):
    """Return the fields of a citation file."""
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def names(authors):
    """Return the authors' names, those of persons as "Family, Given"."""
    return [
        f"{a['family-names']}, {a['given-names']}" if "family-names" in a else a["name"]
        for a in authors
    ]


def sentence(fields, url):
    """Return the reference as a line of text."""
    year = str(fields["date-released"])[:4]
    authors = "; ".join(names(fields["authors"]))
    return f"{authors} ({year}). {fields['title']} (version {fields['version']}). {url}"


def bibtex(fields, url, repository):
    """Return the reference for BibTeX."""
    year = str(fields["date-released"])[:4]
    # Braces around what is no person's name: BibTeX would take its last word for a family name.
    authors = " and ".join(n if "," in n else f"{{{n}}}" for n in names(fields["authors"]))
    return (
        "@misc{convolutional-networks-you-can-touch,\n"
        f"  author  = {{{authors}}},\n"
        f"  title   = {{{fields['title']}}},\n"
        f"  year    = {{{year}}},\n"
        f"  version = {{{fields['version']}}},\n"
        f"  url     = {{{url}}},\n"
        f"  note    = {{Source: {repository}}},\n"
        "}"
    )


class CiteBook(Directive):
    """The reference as a sentence, and as a block to copy."""

    def run(self):
        """Return the directive's nodes."""
        self.state.document.settings.env.note_dependency(str(ROOT / "CITATION.cff"))
        fields = read()
        block = bibtex(fields, site_url(), repository_url())
        return [
            nodes.paragraph("", sentence(fields, site_url())),
            nodes.literal_block(block, block, language="bibtex"),
        ]


def setup(app):
    app.add_directive("cite-book", CiteBook)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
