"""Write formulas as MathML, which browsers and screen readers understand without any script.

MathJax and KaTeX would add a megabyte or a CDN to every page with a formula. ``latex2mathml`` turns
the TeX of the notebooks (which JupyterLab and Colab show with MathJax) into MathML while the book
is built.
"""

from docutils import nodes
from latex2mathml.converter import convert
from sphinx.errors import ExtensionError
from sphinx.util.math import get_node_equation_number


def to_mathml(tex, display="inline"):
    """Return a formula in TeX as a ``<math>`` element; raise ExtensionError if it is invalid."""
    try:
        return convert(tex, display=display)
    except Exception as error:  # latex2mathml has many error types, none of which names the formula
        raise ExtensionError(
            f"cannot turn this formula into MathML: {tex!r} ({error!r})"
        ) from error


def visit_inline(self, node):
    self.body.append(to_mathml(node.astext()))
    raise nodes.SkipNode


def visit_block(self, node):
    self.body.append(self.starttag(node, "div", CLASS="math notranslate"))
    if node["number"]:
        number = get_node_equation_number(self, node)
        self.body.append(f'<span class="eqno">({number})')
        self.add_permalink_ref(node, "Link to this equation")
        self.body.append("</span>")
    self.body.append(to_mathml(node.astext(), display="block"))
    self.body.append("</div>")
    raise nodes.SkipNode


def setup(app):
    app.add_html_math_renderer("mathml", (visit_inline, None), (visit_block, None))
    return {"parallel_read_safe": True, "parallel_write_safe": True}
