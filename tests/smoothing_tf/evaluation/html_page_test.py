"""Pages extend one base, and a template that lacks a value fails."""

import base64

import jinja2
import pytest

from smoothing_tf.evaluation.html_page import data_url, render_html


@pytest.mark.parametrize(
    ("package", "template"),
    [
        ("smoothing_tf.evaluation", "report.html.j2"),
        ("experiments.report", "page.html.j2"),
    ],
)
def test_a_missing_value_is_an_error(package, template):
    with pytest.raises(jinja2.UndefinedError):
        render_html(package, template)


def test_the_base_is_a_page_without_external_references():
    page = render_html("smoothing_tf.evaluation", "base.html.j2")
    assert page.startswith("<!DOCTYPE html>") and "<body>" in page
    assert "http" not in page and "url(" not in page


def test_an_image_is_embedded():
    kind, _, content = data_url("png", b"\x89PNG").partition(";base64,")
    assert kind == "data:image/png"
    assert base64.b64decode(content) == b"\x89PNG"
