"""The tabs of the page.

Every handler turns the values of components into the arguments of a function of
`tasks`, and its arrays into pictures. A form for a class comes last, if there is one.
"""

from typing import Any

import numpy as np

from smoothing_tf.serving.demo import tasks, views
from smoothing_tf.serving.demo.decoding import read_picture
from smoothing_tf.serving.demo.exported_model import ExportedModel
from smoothing_tf.serving.demo.forms import Forms
from smoothing_tf.serving.demo.uploads import enlarge, fit_picture, known_pixels

# Samples of the model whose likelihood stands next to that of an image.
_NUM_REFERENCES = 16


def add_sample(page: Any, forms: Forms) -> None:
    """Adds: draw samples by seed and class."""
    gradio, model = forms.gradio, forms.model
    with gradio.Row():
        seed = forms.seed()
        is_image = model.num_levels is not None
        most, default = (60, 18) if is_image else (2000, 500)
        number = forms.number("Samples", most=most, default=default)
        label = forms.label("sample_rows", may_be_any=True)
    button = gradio.Button("Draw", variant="primary")
    texts = list(views.captions(model).values())
    with gradio.Row():
        # Vectors share one plot.
        shown = texts if is_image else ["Samples"]
        outputs = [forms.picture(text) for text in shown]

    def draw(seed, number, label=None):
        found = views.show_samples(model, tasks.draw(model, seed, number, label))
        return found if len(found) > 1 else found[0]

    inputs = [seed, number, *label]
    forms.on_click(button, draw, inputs, outputs)
    page.load(forms.guard(draw), inputs, outputs)


def add_inpaint(forms: Forms) -> None:
    """Adds: draw a mask, and the missing pixels."""
    gradio, model = forms.gradio, forms.model
    gradio.Markdown(
        "Upload an image, or begin with a sample of the model. Then paint over the"
        " pixels that are to be drawn again."
    )
    with gradio.Row():
        with gradio.Column():
            with gradio.Row():
                upload = forms.upload_button("Upload an image")
                sample = gradio.Button("Begin with a sample")
            editor = forms.editor("Image and mask")
        with gradio.Column():
            seed = forms.seed()
            number = forms.number("Inpaintings", most=12, default=6)
            particles = forms.number("Particles of each", most=32, default=8)
            label = forms.label("inpaint", may_be_any=True)
            button = gradio.Button("Inpaint", variant="primary")
    with gradio.Row():
        outputs = [
            forms.picture("Given; missing pixels in blue"),
            forms.picture("Inpainted"),
        ]

    def inpaint(edited, seed, number, particles, label=None):
        image = _fit(model, edited and edited["background"])
        known = _known(model, edited["layers"])
        found = tasks.inpaint(model, image, known, seed, number, particles, label)
        return views.mark_missing(image, known), views.show_grid(found)

    upload.upload(
        forms.guard(lambda path: enlarge(_read(model, path))), [upload], [editor]
    )
    _offer_sample(forms, sample, seed, label, editor)
    inputs = [editor, seed, number, particles, *label]
    forms.on_click(button, inpaint, inputs, outputs)


def add_denoise(forms: Forms) -> None:
    """Adds: add noise, and compare single-step with two-step draws."""
    gradio, model = forms.gradio, forms.model
    gradio.Markdown(
        "Add noise to an image and remove it again. The model assumes noise of standard"
        f" deviation {model.noise_scale:.3g}, whatever was added."
    )
    with gradio.Row():
        with gradio.Column():
            sample = gradio.Button("Use a sample")
            upload = forms.upload("Image")
        with gradio.Column():
            deviation = forms.noise()
            seed = forms.seed()
            number = forms.number("Two-step draws", most=18, default=6)
            label = forms.label("denoise")
            button = gradio.Button("Add noise and denoise", variant="primary")
    kinds = {"given": "Given", "smoothed": "With noise, x̃"}
    if "single_step_denoise" in model.signatures:
        kinds["single_step"] = "Single-step denoised"
    kinds["samples"] = "Two-step draws of p(x | x̃)"
    with gradio.Row():
        outputs = [forms.picture(text) for text in kinds.values()]

    def denoise(path, deviation, seed, number, label=None):
        x = _read(model, path)
        x_smoothed = tasks.add_noise(model, x, deviation, seed)
        found = tasks.denoise(model, x_smoothed, seed, number, label)
        found |= {"given": x[np.newaxis], "smoothed": x_smoothed[np.newaxis]}
        return [views.show_grid(found[kind]) for kind in kinds]

    _offer_sample(forms, sample, seed, label, upload)
    inputs = [upload, deviation, seed, number, *label]
    forms.on_click(button, denoise, inputs, outputs)


def add_likelihood(forms: Forms) -> None:
    """Adds: the likelihood of an image next to that of the data."""
    gradio, model = forms.gradio, forms.model
    gradio.Markdown(
        "The bits per dimension that the model needs for an image: fewer for images"
        " like its data. About images of another kind they say little."
    )
    with gradio.Row():
        with gradio.Column():
            sample = gradio.Button("Use a sample")
            upload = forms.upload("Image")
        with gradio.Column():
            seed = forms.seed()
            draws = forms.number(
                "Draws of x̃ for each image",
                most=32,
                default=16,
                # A baseline's likelihood needs none.
                visible="bound_pixels" in model.signatures,
            )
            label = forms.label("bound_pixels") or forms.label("log_prob_pixels")
            button = gradio.Button("Compute", variant="primary")
            seen = forms.picture("As the model sees it")
    table = gradio.Markdown(min_height=120)

    def score(path, seed, num_draws, label=None):
        x = _read(model, path)
        of_image = tasks.score(model, x[np.newaxis], seed, num_draws, label)
        number = min(_NUM_REFERENCES, model.max_samples)
        samples = tasks.draw(model, seed, number, label)["samples"]
        of_samples = tasks.score(model, samples, seed, num_draws, label)
        if "bits_per_dim" in of_samples:
            # The samples are not the baseline's own.
            of_samples.pop("bits_per_dim_baseline", None)
        return enlarge(x), views.likelihood_table(model, of_image, of_samples)

    _offer_sample(forms, sample, seed, label, upload)
    inputs = [upload, seed, draws, *label]
    forms.on_click(button, score, inputs, [seen, table])


def _offer_sample(
    forms: Forms, button: Any, seed: Any, label: list[Any], image: Any
) -> None:
    """Makes a button put a sample, of the chosen class, in the place of an image."""
    model = forms.model

    def draw(seed, label=tasks.ANY_CLASS):
        return enlarge(tasks.draw(model, seed, 1, label)["samples"][0])

    forms.on_click(button, draw, [seed, *label], [image])


def _known(model: ExportedModel, layers: list[np.ndarray]) -> np.ndarray:
    """Makes the mask of an editor's layers [height, width, 4]."""
    paint = [layer[..., 3] > 0 for layer in layers]
    if np.any(paint):
        known = known_pixels(np.any(paint, axis=0), model.event_shape)
        if not known.all():
            return known
    raise ValueError(
        "Nothing is painted over. Paint over at least half of every pixel that is to"
        " be drawn again."
    )


def _read(model: ExportedModel, path: str | None) -> np.ndarray:
    return _fit(model, None if path is None else read_picture(path))


def _fit(model: ExportedModel, picture: np.ndarray | None) -> np.ndarray:
    if picture is None or model.num_levels is None:
        raise ValueError("There is no image yet: upload one, or use a sample.")
    return fit_picture(picture, model.event_shape, model.num_levels)
