"""The components of which the page's forms are made."""

import math
from collections.abc import Callable
from typing import Any

import tensorflow as tf

from smoothing_tf.serving.demo.exported_model import ExportedModel
from smoothing_tf.serving.demo.tasks import ANY_CLASS, MAX_SEED
from smoothing_tf.serving.demo.uploads import scale_of

# The color of painted pixels, that of missing ones in the pictures of results.
_PAINT = "#96aadc"
_SOURCES = ["upload", "clipboard"]


class Forms:
    """Makes components that fit a model.

    Args:
      gradio: the module.
      model: the model.
    """

    def __init__(self, gradio: Any, model: ExportedModel):
        self.gradio, self.model = gradio, model

    def seed(self) -> Any:
        return self.gradio.Number(
            0, label="Seed", precision=0, minimum=0, maximum=MAX_SEED, min_width=100
        )

    def number(self, text: str, *, most: int, default: int, visible=True) -> Any:
        """Makes a slider from 1 to `most`, or to what a request may have."""
        most = min(most, self.model.max_samples)
        return self._slider(
            *(1, most, min(default, most)),
            step=1,
            precision=0,
            label=text,
            visible=visible,
        )

    def noise(self) -> Any:
        """Makes a slider for the standard deviation of noise."""
        scale = self.model.noise_scale or 1.0
        # Three digits: steps of 0.001 for 0.3, and of 0.00001 for 0.003.
        digits = max(0, 2 - math.floor(math.log10(scale)))
        return self._slider(
            *(0.0, round(2.0 * scale, digits), round(scale, digits)),
            step=10.0**-digits,
            label="Standard deviation of the noise, images on [-1, 1]",
        )

    def _slider(self, *values: float, **settings: Any) -> Any:
        slider = self.gradio.Slider(*values, **settings)
        preprocess = slider.preprocess
        # gradio fails on a field that was cleared; `tasks` says what is wrong.
        slider.preprocess = lambda value: None if value is None else preprocess(value)
        return slider

    def label(self, signature: str, *, may_be_any: bool = False) -> list[Any]:
        """Makes a list of the classes: one component, or none if it takes no label."""
        names = self.model.class_names
        if names is None or not self.model.takes(signature, "label"):
            return []
        choices = [(name, index) for index, name in enumerate(names)]
        if may_be_any:
            choices = [("any", ANY_CLASS), *choices]
        return [self.gradio.Dropdown(choices, value=choices[0][1], label="Class")]

    def picture(self, text: str) -> Any:
        """Makes a picture that the page shows, under its caption."""
        return self._image(text, interactive=False)

    def upload(self, text: str) -> Any:
        """Makes a picture that the user gives, a path, under its caption."""
        image = self._image(text, sources=_SOURCES, height=360, type="filepath")
        # gradio decodes some formats wrongly, and its errors are long: `read_picture`
        # gets the file as it is.
        image.preprocess = lambda file: None if file is None else file.path
        return image

    def _image(self, text: str, **settings: Any) -> Any:
        # The labels and buttons of gradio lie upon the picture.
        gradio = self.gradio
        with gradio.Column(min_width=240):
            gradio.Markdown(text)
            return gradio.Image(
                show_label=False, buttons=[], alt_text=text, format="png", **settings
            )

    def upload_button(self, text: str) -> Any:
        """Makes a button that uploads a picture; its value is a path."""
        return self.gradio.UploadButton(text, file_types=["image"])

    def editor(self, text: str) -> Any:
        """Makes a picture that the user paints over.

        It takes no uploads: it would resize and blur them, and fill up those of another
        shape.
        """
        gradio = self.gradio
        height, width = self.model.event_shape[:2]
        scale = scale_of(self.model.event_shape)
        radius = max(4, scale // 2)
        return gradio.ImageEditor(
            label=text,
            format="png",
            sources=(),
            transforms=(),
            layers=False,
            canvas_size=(width * scale, height * scale),
            fixed_canvas=True,
            brush=gradio.Brush(radius, colors=[_PAINT], color_mode="fixed"),
            eraser=gradio.Eraser(radius),
        )

    def on_click(
        self, button: Any, function: Callable, inputs: list, outputs: list
    ) -> None:
        """Calls a function when a button is clicked; see `guard`."""
        button.click(self.guard(function), inputs, outputs)

    def guard(self, function: Callable) -> Callable:
        """Makes the page show one sentence for an error, e.g. for a refused request.

        The terminal shows the traceback of an error of the machine.
        """
        gradio = self.gradio

        def guarded(*values):
            try:
                return function(*values)
            except ValueError as error:
                raise gradio.Error(str(error), print_exception=False) from error
            except (MemoryError, tf.errors.ResourceExhaustedError) as error:
                raise gradio.Error(
                    "The machine ran out of memory. Ask for fewer samples, draws or"
                    " particles at a time."
                ) from error
            except (OSError, tf.errors.OpError) as error:
                reason = str(error).strip().partition("\n")[0]
                raise gradio.Error(
                    f"The request failed: {reason or type(error).__name__}"
                ) from error

        return guarded
