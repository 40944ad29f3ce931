"""The signatures of a two-stage model."""

import tensorflow as tf

from smoothing_tf.models.bound_terms import BoundTerms
from smoothing_tf.models.two_stage import TwoStageModel
from smoothing_tf.serving.bound import draw_seeds, served_bound, served_bound_iw
from smoothing_tf.serving.data_unit import DataUnit
from smoothing_tf.serving.examples import Examples, forms_of
from smoothing_tf.serving.labels import ServedLabels
from smoothing_tf.serving.request_checks import RequestChecks
from smoothing_tf.serving.row_seeds import row_seeds
from smoothing_tf.serving.sampler_signatures import SamplerSignatures
from smoothing_tf.serving.shared_two_stage import SharedTwoStage
from smoothing_tf.serving.signature import Signatures, input_of


class TwoStageSignatures(SamplerSignatures):
    """Makes the signatures of a two-stage model.

    Args:
      two_stage: the model.
      unit: unit of the data.
      labels: labels of the model.
      limit: largest number of rows of a request, or of rows times particles or draws.
    """

    def __init__(
        self,
        two_stage: TwoStageModel,
        unit: DataUnit,
        labels: ServedLabels,
        limit: int,
    ):
        super().__init__(labels, limit)
        self._two_stage, self._unit = two_stage, unit
        self._event_shape = two_stage.event_shape
        self._shared = SharedTwoStage(two_stage, labels)

    def all(self, *, inpainting: bool) -> Signatures:
        """Returns name -> signature, with or without `inpaint`."""
        signatures = {**self.samplers(), "denoise": self._denoise()}
        if self._two_stage.has_single_step:
            signatures["single_step_denoise"] = self._single_step_denoise()
        forms = forms_of(self._unit)
        for form in forms:
            signatures[f"bound{form.suffix}"] = self._bound(form)
            signatures[f"bound_iw{form.suffix}"] = self._bound_iw(form)
        if inpainting:
            # Pixels rather than levels, where there are both: clients have pictures.
            signatures["inpaint"] = self._inpaint(forms[-1])
        return signatures

    def _draw(self, checks, num_samples, seed, label):
        label = self._labels.check(checks, label, num_samples, may_be_unknown=True)
        seed, label = checks.release(seed, label)
        label = self._labels.complete(label, num_samples, seed)
        own = () if label is None else (label,)
        smoothed_seeds = row_seeds(seed, num_samples, "two-step smoothed")
        smoothed = self._shared.sample_smoothed(smoothed_seeds, *own)
        reverse_seeds = row_seeds(seed, num_samples, "two-step reverse")
        x = self._shared.sample_reverse(smoothed, reverse_seeds, *own)
        outputs = {
            "smoothed": self._unit.floats(smoothed),
            "samples": self._unit.samples(x),
        }
        if label is not None:
            outputs["label"] = label
        if self._two_stage.has_single_step:
            single_step = self._shared.single_step(smoothed, *own)
            outputs["single_step"] = self._unit.floats(single_step)
        return outputs

    def _denoise(self):
        specs = [self._x_smoothed_spec, input_of("seed"), *self._labels.spec]

        @tf.function(input_signature=specs, autograph=False)
        def denoise(x_smoothed, seed, label=None):
            checks = RequestChecks(self._limit)
            x_smoothed = self._check_smoothed(checks, x_smoothed)
            num_rows = tf.shape(x_smoothed)[0]
            seed = checks.check_seed(seed, num_rows)
            label = self._labels.check(checks, label, num_rows)
            x_smoothed, seed, label = checks.release(x_smoothed, seed, label)
            x = self._shared.sample_reverse(
                self._unit.to_model(x_smoothed),
                row_seeds(seed, num_rows),
                *(() if label is None else (label,)),
            )
            return {"samples": self._unit.samples(x)}

        return denoise

    def _single_step_denoise(self):
        specs = [self._x_smoothed_spec, *self._labels.spec]

        @tf.function(input_signature=specs, autograph=False)
        def single_step_denoise(x_smoothed, label=None):
            checks = RequestChecks(self._limit)
            x_smoothed = self._check_smoothed(checks, x_smoothed)
            label = self._labels.check(checks, label, tf.shape(x_smoothed)[0])
            x_smoothed, label = checks.release(x_smoothed, label)
            single_step = self._shared.single_step(
                self._unit.to_model(x_smoothed), *(() if label is None else (label,))
            )
            return {"single_step": self._unit.floats(single_step)}

        return single_step_denoise

    @property
    def _x_smoothed_spec(self) -> tf.TensorSpec:
        return tf.TensorSpec(None, self._unit.dtype, "x_smoothed")

    def _check_smoothed(self, checks, x_smoothed):
        x_smoothed = checks.check_rows("x_smoothed", x_smoothed, self._event_shape)
        checks.check_finite("x_smoothed", x_smoothed)
        self._unit.check_range(checks, "x_smoothed", x_smoothed)
        return x_smoothed

    def _bound(self, form: Examples):
        specs = [form.spec, input_of("seed"), *self._labels.spec]

        @tf.function(input_signature=specs, autograph=False)
        def bound(examples, seed, label=None):
            checks = RequestChecks(self._limit)
            given = self._check_examples(checks, form, examples, seed, label)
            terms_of = self._terms_of(form, *checks.release(*given))
            return served_bound(terms_of(0), self._unit, self._event_shape)

        return bound

    def _bound_iw(self, form: Examples):
        specs = [form.spec, input_of("seed"), input_of("num_draws")]
        specs += self._labels.spec

        @tf.function(input_signature=specs, autograph=False)
        def bound_iw(examples, seed, num_draws, label=None):
            checks = RequestChecks(self._limit)
            given = self._check_examples(checks, form, examples, seed, label)
            num_rows = tf.shape(given[0])[0]
            num_draws = checks.check_counts("num_draws", num_draws, num_rows)
            *given, num_draws = checks.release(*given, num_draws)
            terms_of = self._terms_of(form, *given)
            return served_bound_iw(terms_of, num_draws, self._unit, self._event_shape)

        return bound_iw

    def _check_examples(self, checks, form, examples, seed, label):
        examples = checks.check_rows(form.name, examples, self._event_shape)
        form.check_values(checks, examples)
        num_rows = tf.shape(examples)[0]
        seed = checks.check_seed(seed, num_rows)
        return examples, seed, self._labels.check(checks, label, num_rows)

    def _terms_of(self, form, examples, seed, label):
        """Returns number of a draw -> its terms."""
        x = form.to_model(examples, tf.float64)
        seeds = row_seeds(seed, tf.shape(x)[0])
        own = () if label is None else (label,)
        return lambda draw: BoundTerms(
            *self._shared.terms(x, draw_seeds(seeds, draw), *own)
        )

    def _inpaint(self, form: Examples):
        shape = self._event_shape
        is_image = len(shape) == 3
        specs = [
            form.spec,
            tf.TensorSpec(None, tf.uint8, "mask"),
            input_of("num_particles"),
            input_of("seed"),
            *self._labels.spec,
        ]

        @tf.function(input_signature=specs, autograph=False)
        def inpaint(examples, mask, num_particles, seed, label=None):
            checks = RequestChecks(self._limit)
            examples = checks.check_rows(form.name, examples, shape)
            num_rows = tf.shape(examples)[0]
            mask_shape = shape[:2] if is_image else shape
            mask = checks.check_rows("mask", mask, mask_shape, num_rows)
            rule = "`mask` must hold only 1 (known) and 0 (missing)"
            checks.check_values(mask <= 1, mask, rule)
            known = tf.equal(mask[..., None] if is_image else mask, 1)
            known = tf.broadcast_to(known, tf.shape(examples))
            form.check_values(checks, examples, known)
            counts = checks.check_counts("num_particles", num_particles, num_rows)
            seed = checks.check_seed(seed, num_rows)
            label = self._check_inpainted_label(checks, label, counts, num_rows)
            examples, known, counts, seed, label = checks.release(
                examples, known, counts, seed, label
            )
            x = form.to_model(examples, tf.float32)
            drawn = self._shared.inpaint(
                tf.where(known, x, tf.zeros_like(x)),
                known,
                row_seeds(seed, num_rows),
                counts,
                *(() if label is None else (label,)),
            )
            samples = self._unit.samples(drawn["x"])
            outputs = {
                "smoothed": self._unit.floats(drawn["x_smoothed"]),
                # Known values come back as they were, without the rounding of the way.
                "samples": tf.where(known, examples, samples),
            }
            return outputs if label is None else outputs | {"label": drawn["label"]}

        return inpaint

    def _check_inpainted_label(self, checks, label, num_particles, num_rows):
        label = self._labels.check(checks, label, num_rows, may_be_unknown=True)
        if label is not None:
            checks.check_values(
                (label >= 0) | (num_particles > 1),
                label,
                "`label` must be a class where `num_particles` is 1, because one"
                " particle does not infer it",
            )
        return label
