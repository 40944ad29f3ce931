"""The page: its tabs, and the server that shows it.

gradio is imported when a page is built: it is an extra, and slow to import.
"""

import os
from typing import Any

from smoothing_tf import artifacts
from smoothing_tf.serving.demo import tabs
from smoothing_tf.serving.demo.exported_model import ExportedModel
from smoothing_tf.serving.demo.forms import Forms
from smoothing_tf.serving.demo.tasks import knows_noise

# Numbers of channels that browsers show and edit.
_EDITABLE = (1, 3)
# Seconds between removals of old files, and the age of uploads and pictures that are
# old.
_CACHE_INTERVAL, _MAX_AGE = 60, 3600
# Largest upload; a larger one is refused by the page.
_MAX_FILE_SIZE = "50mb"
# Environment variables with the hosts that are reached without a proxy.
_NO_PROXY = ("no_proxy", "NO_PROXY")


def check_showable(model: ExportedModel) -> None:
    """Requires an export whose examples a page can show.

    Raises:
      ValueError: its examples are continuous, but not vectors.
    """
    if model.num_levels is None and len(model.event_shape) != 1:
        shape = ", ".join(map(str, model.event_shape))
        raise ValueError(
            "The demo shows images with levels, and vectors; the examples of this"
            f" export are continuous, of shape [{shape}]. Call its signatures instead."
        )


def launch(model: ExportedModel, host: str, port: int, files: artifacts.Path) -> str:
    """Serves the page until the process ends.

    Args:
      model: the model; see `check_showable`.
      host: address of this machine from which the page can be reached.
      port: the port.
      files: directory for uploads and pictures.

    Returns:
      The address of the page.
    """
    _prepare_environment(host, files)
    import gradio

    _, address, _ = build_page(gradio, model).launch(
        server_name=host,
        server_port=port,
        share=False,
        ssr_mode=False,
        quiet=True,
        prevent_thread_lock=True,
        max_file_size=_MAX_FILE_SIZE,
        # Otherwise an error outside of `Forms.guard` shows no reason.
        show_error=True,
        footer_links=[],
        # The fonts of gradio's themes are fetched from elsewhere.
        theme=gradio.themes.Default(
            font=["system-ui", "sans-serif"], font_mono=["monospace"]
        ),
    )
    return address


def build_page(gradio: Any, model: ExportedModel) -> Any:
    """Builds the page, a `gradio.Blocks`, for what the export has.

    Args:
      gradio: the module.
      model: the model; see `check_showable`.
    """
    forms = Forms(gradio, model)
    is_editable = model.num_levels is not None and model.event_shape[-1] in _EDITABLE
    delete_cache = (_CACHE_INTERVAL, _MAX_AGE)
    with gradio.Blocks(title="smoothing_tf", delete_cache=delete_cache) as page:
        gradio.Markdown(f"# Distribution smoothing\n\n{_describe(model, is_editable)}")
        with gradio.Tab("Sample"):
            tabs.add_sample(page, forms)
        if is_editable and "inpaint" in model.signatures:
            with gradio.Tab("Inpaint"):
                tabs.add_inpaint(forms)
        if is_editable and "denoise" in model.signatures and knows_noise(model):
            with gradio.Tab("Denoise"):
                tabs.add_denoise(forms)
        if is_editable:
            with gradio.Tab("Likelihood"):
                tabs.add_likelihood(forms)
    return page


def _prepare_environment(host: str, files: artifacts.Path) -> None:
    """Sets what gradio and its libraries read when they are imported and started."""
    os.environ["GRADIO_TEMP_DIR"] = os.fspath(files)
    # Nothing is sent to the makers of gradio.
    os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
    # gradio asks its own server whether it has started, and not through a proxy.
    direct = {os.environ.get(name, "") for name in _NO_PROXY} | {host}
    os.environ.update(dict.fromkeys(_NO_PROXY, ",".join(sorted(direct - {""}))))


def _describe(model: ExportedModel, is_editable: bool) -> str:
    shape = " x ".join(map(str, model.event_shape))
    if model.num_levels is None:
        sentences = [f"Vectors of {shape} numbers: this page can only draw samples."]
    else:
        sentences = [f"Images of {shape} values with {model.num_levels} levels."]
        if not is_editable:
            sentences.append(
                "A browser cannot edit images with this number of channels: this page"
                " can only draw samples."
            )
    if model.noise_scale is not None:
        kind, scale = model.facts["smoothing"].capitalize(), model.noise_scale
        where = "" if model.num_levels is None else ", with images on [-1, 1]"
        sentences.append(f"{kind} noise with standard deviation {scale:.3g}{where}.")
    if model.num_levels is not None and "denoise" not in model.signatures:
        sentences.append("The export is a baseline, which knows no noise.")
    elif is_editable:
        if not knows_noise(model):
            sentences.append("This page cannot add such noise, and has no tab Denoise.")
        if "inpaint" not in model.signatures:
            sentences.append("It was exported without --inpainting.")
    sentences.append("The first call of a kind takes longer: it optimizes its graph.")
    return " ".join(sentences)
