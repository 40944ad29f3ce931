"""Looks at pages in headless Chromium, as wide and narrow readers see them."""

import pathlib
import shutil

import pytest

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
WIDTHS = (390, 1280)
SCHEMES = ("light", "dark")
# Elements that reach beyond the window, unless a box around them scrolls.
_CUT = """width => [...document.body.querySelectorAll("*")].filter(element => {
  const box = element.getBoundingClientRect();
  if (!box.width || box.right <= width + 1) return false;
  for (let e = element; e !== document.body; e = e.parentElement)
    if (["auto", "scroll"].includes(getComputedStyle(e).overflowX)) return false;
  return true;
}).map(element => element.outerHTML.slice(0, 120))"""
_GROUND = "() => getComputedStyle(document.body).backgroundColor"


def look_at(path: pathlib.Path, directory: pathlib.Path) -> None:
    """Opens a page at both widths in both schemes; stores a picture of each.

    It asserts that the page asks for no other file, writes no error to the console,
    follows the scheme and shows nothing beyond the window's edge.
    """
    sync_api = pytest.importorskip("playwright.sync_api")
    if CHROMIUM is None:
        pytest.skip("Chromium is not installed.")
    with sync_api.sync_playwright() as playwright:
        # Containers that run as root have no sandbox, and little shared memory.
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-dev-shm-usage"]
        )
        for width in WIDTHS:
            grounds = {
                scheme: _look(browser, path, width, scheme, directory)
                for scheme in SCHEMES
            }
            assert grounds["light"] == "rgb(255, 255, 255)" != grounds["dark"]
        browser.close()


def _look(browser, path, width, scheme, directory) -> str:
    context = browser.new_context(
        viewport={"width": width, "height": 900},
        color_scheme=scheme,
        is_mobile=width < 500,
    )
    page = context.new_page()
    page.set_default_timeout(120_000)
    asked, messages = [], []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: messages.append(message.text))
    page.on("pageerror", lambda error: messages.append(str(error)))
    page.goto(path.as_uri())
    page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
    page.screenshot(
        path=directory / f"{path.stem}_{width}_{scheme}.png", full_page=True
    )
    assert [url for url in asked if not url.startswith("data:")] == [path.as_uri()]
    assert messages == []
    assert page.evaluate(_CUT, width) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    ground = page.evaluate(_GROUND)
    context.close()
    return ground
