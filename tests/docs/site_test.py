"""The documentation site builds, and its pages load nothing from elsewhere."""

import re
import subprocess
import sys

import pytest

from tests.testing.pages import ROOT

# Elements that a browser fetches unasked; links wait for a click.
_FETCHED = re.compile(
    r"<(?:link|script|img|iframe|source)\b[^>]*\b(?:href|src)=[\"']?(?:https?:)?//[^>]*>"
)
_FETCHED_BY_STYLES = re.compile(r"(?:@import|url\()\s*[\"']?(?:https?:)?//[^;)]*")


@pytest.mark.large
def test_it_builds_without_warnings_and_fetches_nothing(tmp_path):
    pytest.importorskip("mkdocs")
    pytest.importorskip("mkdocstrings")
    site = tmp_path / "site"
    subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", site],
        cwd=ROOT,
        check=True,
        timeout=300,
    )
    pages = list(site.rglob("*.html"))
    assert len(pages) > 20
    fetched = [_FETCHED.findall(page.read_text(encoding="utf-8")) for page in pages]
    assert sum(fetched, []) == []
    styles = [path.read_text(encoding="utf-8") for path in site.rglob("*.css")]
    assert [found for s in styles for found in _FETCHED_BY_STYLES.findall(s)] == []
