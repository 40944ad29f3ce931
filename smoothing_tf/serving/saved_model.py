"""Exports trained models as a SavedModel that needs nothing but TensorFlow."""

import sys

import tensorflow as tf

from smoothing_tf import artifacts
from smoothing_tf.models.trained import Trained
from smoothing_tf.sampling.pictures import write_png
from smoothing_tf.serving.about import About
from smoothing_tf.serving.baseline_signatures import BaselineSignatures
from smoothing_tf.serving.layout import (
    CARD_FILE,
    DEFAULT_MAX_SAMPLES,
    METADATA_FILE,
    PICTURE_FILE,
    WARMUP_FILE,
)
from smoothing_tf.serving.metadata import make_metadata
from smoothing_tf.serving.model_card import draw_picture, model_card, picture_link
from smoothing_tf.serving.served import Served
from smoothing_tf.serving.signature import Signatures
from smoothing_tf.serving.two_stage_signatures import TwoStageSignatures
from smoothing_tf.serving.verification import verify_saved_model
from smoothing_tf.serving.warmup import warmup_requests, write_warmup
from smoothing_tf.settings import check_count


def export_saved_model(
    trained: Trained,
    directory: artifacts.Path,
    *,
    max_samples: int = DEFAULT_MAX_SAMPLES,
    inpainting: bool = False,
    about: About | None = None,
    progress: bool = False,
) -> None:
    """Writes a SavedModel, checked against the Python model before it appears.

    Signatures of a two-stage model, with n rows:

    - `sample`, also `serving_default`: num_samples int32 [], seed -> smoothed float32
      [n, ...event_shape], single_step (the same; Gaussian smoothing only), samples
      uint8 [n, ...event_shape].
    - `sample_rows`: seed int32 [n, 2] -> one sample for each seed, as `sample`.
    - `denoise`: x_smoothed float32 [n, ...event_shape], seed -> samples of p(x|x~).
    - `single_step_denoise` (Gaussian smoothing only): x_smoothed -> single_step.
    - `bound`: levels int32 [n, ...event_shape], seed -> log_smoothed, log_reverse,
      log_noise in nats and bits_per_dim of one draw of x~, float64 [n]. Their mean
      over seeds bounds the negative log-likelihood from above. `bound_pixels` takes
      `pixels` instead, as `samples` are returned.
    - `bound_iw`: levels, seed, num_draws -> bits_per_dim_iw, the bound with
      num_draws draws; `bound_iw_pixels` likewise.
    - `inpaint` (with `inpainting`): pixels, mask uint8 [n, h, w] with 1 for
      known, num_particles, seed -> smoothed, samples.

    A baseline adds `log_prob`: levels -> log_prob in nats, bits_per_dim, float64 [n];
    and `log_prob_pixels`. By itself it has `sample` and `sample_rows` as well, which
    return samples.

    seed is int32 [2], or [n, 2] with a seed for each row. A row with a seed of its own
    does not depend on the other rows, up to rounding, so that a server may join
    requests; all inputs but num_samples then have n rows. num_draws and num_particles
    are int32 [] or [n].

    uint8 samples are the grey levels round(255 i / (L - 1)). Continuous data
    (`num_levels` None) are float32 everywhere, `bound` takes them as `x` and gives
    `nats` in place of bits_per_dim. Of standardized data, all examples are float64 in
    raw units, `nats` and its terms are on the standardized scale, and `nats_raw_units`
    is the bound in raw units.

    Every signature whose networks are class-conditional takes `label` int32 [n] as
    well. Those that draw new examples return it; there, -1 draws a class from the
    training frequencies, and in `inpaint` infers it from the known values.

    Next to the model are assets.extra/smoothing.json, which describes the tensors,
    assets.extra/tf_serving_warmup_requests, README.md and, where samples can be shown,
    samples.png.

    A request that breaks a rule gets an InvalidArgumentError with one sentence that
    names input, rule and value.

    Args:
      trained: the trained models of data with at most 256 levels or of continuous data:
        both stages, a baseline or all three.
      directory: the version's directory, e.g. MODELS/name/3; see `next_version`.
      max_samples: largest number of rows of one request; for `bound_iw` and `inpaint`,
        of rows times draws or particles.
      inpainting: whether to export `inpaint` too, which needs two autoregressive
        stages. It holds both samplers once more, and an export takes half as long
        again.
      about: where the model comes from, for README.md and smoothing.json.
      progress: whether to report progress on stderr.

    Raises:
      FileExistsError: `directory` is not empty.
      OSError: it cannot be written.
      RuntimeError: the SavedModel does not compute what the model computes, or the
        model draws samples that are not finite.
      TypeError: `trained` is something else, or `directory` no path.
      ValueError: a stage is not trained, levels do not fit into uint8, the models
        cannot inpaint but `inpainting` is set, or a network does not compute in
        float32: in bfloat16 another graph rounds differently, and samples depend on
        the rounding.
    """
    served = Served.of(trained, inpainting=inpainting)
    about = about or About()
    artifacts.check_path("directory", directory)
    check_count("max_samples", max_samples)
    signatures = _signatures(served, max_samples)
    if progress:
        print(
            f"Writing the graphs of {', '.join(signatures)}; those of a large network"
            " take minutes.",
            file=sys.stderr,
        )
    module = tf.Module()
    # Only variables are tracked, so that loading needs no Python class.
    module.weights = [
        variable.value
        for model in trained.models.values()
        for variable in model.weights
    ]
    with artifacts.atomic_directory(directory) as temporary:
        try:
            tf.saved_model.save(
                module,
                str(temporary),
                signatures=signatures | {"serving_default": signatures["sample"]},
            )
        except tf.errors.OpError as error:
            raise OSError(
                f"The SavedModel could not be written to {directory}:"
                f" {error.message.splitlines()[0]}."
            ) from error
        if progress:
            print("Loading it back, to compare it with the model.", file=sys.stderr)
        loaded = verify_saved_model(
            trained, temporary, inpainting=inpainting, progress=progress
        )
        metadata = make_metadata(served, loaded, max_samples, about)
        artifacts.write_json(temporary / METADATA_FILE, metadata)
        requests = warmup_requests(served, metadata["inputs"])
        write_warmup(temporary / WARMUP_FILE, requests)
        picture = draw_picture(served, loaded["sample"], max_samples)
        sizes = [x.stat().st_size for x in temporary.rglob("*") if x.is_file()]
        card = model_card(served, about, metadata, sum(sizes))
        if picture is not None:
            write_png(temporary / PICTURE_FILE, picture)
            card += picture_link()
        artifacts.write_text(temporary / CARD_FILE, card)


def _signatures(served: Served, limit: int) -> Signatures:
    signatures: Signatures = {}
    if served.two_stage is not None:
        of_two_stage = TwoStageSignatures(
            served.two_stage, served.unit, served.labels, limit
        )
        signatures |= of_two_stage.all(inpainting=served.can_inpaint)
    if served.baseline is not None:
        of_baseline = BaselineSignatures(
            served.baseline, served.unit, served.baseline_labels, limit
        )
        is_alone = served.two_stage is None
        signatures |= of_baseline.all() if is_alone else of_baseline.likelihoods()
    return signatures
