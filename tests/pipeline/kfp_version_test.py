"""Only the minor version of kfp that setup.py requires is parsed."""

import pathlib
import re

import kfp
import pytest

from pipeline import kfp_version

_SETUP = pathlib.Path(__file__).parents[2] / "setup.py"


def test_setup_requires_the_known_version():
    major, minor = map(int, kfp_version.KNOWN_VERSION.split("."))
    required = re.findall(r'"(kfp[\w-]*)(>=[^"]+)"', _SETUP.read_text())
    assert {name for name, _ in required} == {"kfp", "kfp-kubernetes"}
    for _, versions in required:
        assert versions == f">={major}.{minor},<{major}.{minor + 1}"


@pytest.mark.parametrize(
    "version, is_known",
    [("2.17.0", True), ("2.17.3", True), ("2.18.0", False), ("2.1.7", False)],
)
def test_which_versions_are_known(monkeypatch, version, is_known):
    monkeypatch.setattr(kfp, "__version__", version)
    assert kfp_version.is_known() == is_known
    assert f"kfp {version} is installed" in kfp_version.describe_unknown()
