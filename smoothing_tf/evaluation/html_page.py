"""HTML pages without external references, of one common look."""

import base64
import importlib.resources

import jinja2

_BASE = "base.html.j2"


def render_html(package: str, template: str, **values) -> str:
    """Renders a template that extends base.html.j2.

    Args:
      package: dotted name of the package that holds the template.
      template: file name of the template.
      **values: values of the template's variables, which are escaped.

    Returns:
      The page.
    """
    sources = {
        name: importlib.resources.files(owner).joinpath(name).read_text()
        for owner, name in ((__package__, _BASE), (package, template))
    }
    environment = jinja2.Environment(
        loader=jinja2.DictLoader(sources),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template(template).render(values)


def data_url(kind: str, content: bytes) -> str:
    """Embeds an image of a kind, e.g. "png" or "svg+xml", in a URL."""
    return f"data:image/{kind};base64,{base64.b64encode(content).decode()}"


__all__ = ["data_url", "render_html"]
