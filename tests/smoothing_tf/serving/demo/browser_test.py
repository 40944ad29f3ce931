"""The page works in a browser, wide and narrow, and nothing asks for the outside."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import threading

import numpy as np
import pytest
from PIL import Image

from smoothing_tf.serving import export_saved_model
from tests.testing.browser import CHROMIUM
from tests.testing.command_lines import ROOT
from tests.testing.served_models import served_model

# Width and height of a window, and whether it is that of a phone.
_WINDOWS = {"desktop": (1280, 900, False), "phone": (390, 844, True)}


@contextlib.contextmanager
def proxy():
    """Listens where requests to the outside would go; yields what has come."""
    seen = []
    with socket.create_server(("127.0.0.1", 0)) as server:

        def listen():
            with contextlib.suppress(OSError):
                while True:
                    connection, _ = server.accept()
                    with connection:
                        seen.append(connection.recv(200))

        threading.Thread(target=listen, daemon=True).start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}", seen
        server.shutdown(socket.SHUT_RDWR)


@contextlib.contextmanager
def served(directory, proxy_url, files):
    """Runs the command until Ctrl-C; yields the address that it prints."""
    files.mkdir()
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    proxies = dict.fromkeys(
        ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"), proxy_url
    )
    environment = {**os.environ, **proxies}
    environment.pop("no_proxy", None)
    environment.pop("NO_PROXY", None)
    environment["TMPDIR"] = str(files)
    command = [sys.executable, "-m", "smoothing_tf.demo", f"--model={directory}"]
    process = subprocess.Popen(
        [*command, f"--port={port}"],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        line = process.stdout.readline()
        assert line.startswith("Open http://127.0.0.1:"), line
        yield line.split()[1]
        assert list(files.glob("smoothing_tf_demo_*/**/*.png"))
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=60) == 130
        assert not list(files.rglob("*.png"))
    finally:
        process.kill()
        process.wait(timeout=60)


@contextlib.contextmanager
def window(browser, name, address, directory):
    """Opens the page; yields it and a function that stores what it looks like."""
    width, height, is_phone = _WINDOWS[name]
    context = browser.new_context(
        viewport={"width": width, "height": height},
        is_mobile=is_phone,
        has_touch=is_phone,
    )
    page = context.new_page()
    page.set_default_timeout(120_000)
    asked, errors = [], []
    page.on("request", lambda request: asked.append(request.url))
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(address)

    def look(what):
        path = directory / f"{name}_{what}.png"
        page.screenshot(path=path, full_page=True)
        # Nothing is wider than the window.
        assert page.evaluate("document.documentElement.scrollWidth") <= width

    yield page, look
    outside = [url for url in asked if not url.startswith((address, "data:", "blob:"))]
    assert outside == [] and errors == []
    context.close()


def open_tab(page, name):
    # A narrow window has some of the tabs in a menu.
    tab = page.get_by_role("tab", name=name, exact=True)
    if not tab.is_visible():
        page.locator(".overflow-menu > button").click()
        tab = page.locator(".overflow-dropdown button", has_text=name)
    tab.click()


def click(page, name):
    page.get_by_role("button", name=name, exact=True).click()


def wait_for_picture(page, caption):
    image = page.locator(f'img[alt="{caption}"]:visible')
    image.wait_for()
    page.wait_for_function("x => x.naturalWidth > 0", arg=image.element_handle())


def wait_until_idle(page):
    # A request that was just sent shows a moment later that it is processed.
    page.wait_for_timeout(2000)
    page.wait_for_function("!/processing \\|/.test(document.body.innerText)")
    page.wait_for_timeout(2000)


def paint(page):
    """Paints over pixels in the middle of the editor's picture, at a slant.

    A horizontal line would cover less than half of the pixels above and below it.
    """
    click(page, "Brush")
    box = page.locator(".image-container canvas:visible").first.bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x - 40, y - 40)
    page.mouse.down()
    page.mouse.move(x + 40, y + 40, steps=12)
    page.mouse.up()
    # The editor hands its layers over a moment later.
    page.wait_for_timeout(1500)


def use_the_page(page, look, upload):
    """Goes through all tabs."""
    wait_for_picture(page, "Two-step samples of p(x | x̃)")
    look("sample")
    open_tab(page, "Inpaint")
    with page.expect_file_chooser() as chooser:
        click(page, "Upload an image")
    chooser.value.set_files(upload)
    wait_until_idle(page)
    paint(page)
    click(page, "Inpaint")
    wait_for_picture(page, "Inpainted")
    look("inpaint")
    open_tab(page, "Denoise")
    click(page, "Use a sample")
    wait_for_picture(page, "Image")
    click(page, "Add noise and denoise")
    wait_for_picture(page, "Two-step draws of p(x | x̃)")
    look("denoise")
    open_tab(page, "Likelihood")
    with page.expect_file_chooser() as chooser:
        page.get_by_text("Click to Upload").locator("visible=true").click()
    chooser.value.set_files(upload)
    wait_for_picture(page, "Image")
    click(page, "Compute")
    wait_for_picture(page, "As the model sees it")
    for examples in ("This image", "400 test examples", "16 samples of the model"):
        page.get_by_role("cell", name=examples).first.wait_for()
    look("likelihood")


@pytest.fixture(scope="module")
def browser():
    """Chromium without a window."""
    pytest.importorskip("gradio")
    sync_api = pytest.importorskip("playwright.sync_api")
    if CHROMIUM is None:
        pytest.skip("Chromium is not installed.")
    with sync_api.sync_playwright() as playwright:
        # Containers that run as root have no sandbox.
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox"]
        )
        yield browser
        browser.close()


@pytest.fixture
def files(tmp_path):
    """The directory of temporary files."""
    return tmp_path / "files"


@pytest.fixture
def upload(tmp_path):
    """A picture that is larger than an example and in color."""
    picture = np.random.default_rng(0).integers(0, 256, (90, 60, 3), dtype=np.uint8)
    Image.fromarray(picture).save(tmp_path / "upload.png")
    return tmp_path / "upload.png"


@pytest.mark.large
@pytest.mark.timeout(1200)
def test_all_tabs_work_offline_in_wide_and_narrow_windows(
    browser, images_exported, upload, files, tmp_path
):
    with proxy() as (url, seen), served(images_exported, url, files) as address:
        for name in _WINDOWS:
            with window(browser, name, address, tmp_path) as (page, look):
                use_the_page(page, look, upload)
        assert seen == []
    assert len(list(tmp_path.glob("*_*.png"))) == 4 * len(_WINDOWS)


@pytest.mark.large
@pytest.mark.timeout(1200)
@pytest.mark.parametrize("event_shape", [(3,), (4, 4, 3), (4, 4, 2)])
def test_classes_are_chosen_and_an_error_is_shown(
    browser, event_shape, files, tmp_path
):
    trained = served_model("made", event_shape, classes=True)
    export_saved_model(trained, tmp_path / "1", inpainting=True)
    is_color = event_shape == (4, 4, 3)
    with (
        proxy() as (url, seen),
        served(tmp_path / "1", url, files) as address,
        window(browser, "desktop", address, tmp_path) as (page, look),
    ):
        caption = "Samples" if len(event_shape) == 1 else "Two-step samples of p(x | x̃)"
        wait_for_picture(page, caption)
        page.get_by_label("Class").first.click()
        page.get_by_role("option", name="owl").click()
        click(page, "Draw")
        page.wait_for_timeout(2000)
        wait_for_picture(page, caption)
        look("class")
        assert page.get_by_role("tab", name="Inpaint").count() == is_color
        if is_color:
            open_tab(page, "Inpaint")
            click(page, "Inpaint")
            page.get_by_text("There is no image yet: upload one").wait_for()
            look("error")
        assert seen == []
