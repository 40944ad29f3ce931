"""Choice of the codec for the models of a run."""

from collections.abc import Iterable

from smoothing_tf.compression.baseline_codec import BaselineCodec
from smoothing_tf.compression.bits_back_codec import BitsBackCodec
from smoothing_tf.compression.config import BASELINE, TWO_STAGE
from smoothing_tf.compression.dither_codec import DitherCodec
from smoothing_tf.compression.image_codec import ImageCodec
from smoothing_tf.compression.levels import check_num_levels
from smoothing_tf.models.autoregressive import AutoregressiveModel
from smoothing_tf.models.density_model import DensityModel
from smoothing_tf.models.trained import Trained
from smoothing_tf.stage import Stage


def choose_stage(trained: Trained, stage: str | None) -> str:
    """Returns the given stage, or for None that of the models that are trained."""
    if stage is not None:
        return stage
    return TWO_STAGE if trained.baseline is None else BASELINE


def stage_models(trained: Trained, stage: str) -> tuple[AutoregressiveModel, ...]:
    """Returns the models that images are coded with.

    Args:
      trained: the trained models.
      stage: BASELINE or TWO_STAGE.

    Raises:
      ValueError: the data have no levels or too many, a stage is not trained, or its
        model cannot be walked over.
    """
    check_num_levels(trained.num_levels)
    if stage == BASELINE:
        if trained.baseline is None:
            raise ValueError(
                "Compression with the stage baseline needs a run that has one. Train it"
                " with --stages=baseline, or use --stage=two_stage."
            )
        return (_check_autoregressive(Stage.BASELINE, trained.baseline),)
    two_stage = trained.two_stage
    return (
        _check_autoregressive(Stage.SMOOTHED, two_stage.smoothed),
        _check_autoregressive(Stage.REVERSE, two_stage.reverse),
    )


def count_classes(models: Iterable[DensityModel]) -> int | None:
    """Returns the number of classes that a model is conditional on, or None."""
    counts = (model.num_classes for model in models)
    return next((count for count in counts if count is not None), None)


def make_codec(
    trained: Trained, stage: str, grid: float | None, seed: int
) -> ImageCodec:
    """Makes the codec of a stage.

    Args:
      trained: the trained models.
      stage: BASELINE or TWO_STAGE.
      grid: width of the cells of x~ for bits-back coding, in standard deviations of
        the noise.
      seed: seed of the dither for universal quantization.

    Raises:
      ValueError: as for `stage_models`; or the noise cannot be coded, or the grid has
        too many cells.
    """
    models = stage_models(trained, stage)
    num_levels = check_num_levels(trained.num_levels)
    if stage == BASELINE:
        return BaselineCodec(models[0], num_levels)
    two_stage = trained.two_stage
    if two_stage.smoothing.lattice_step is not None:
        return DitherCodec(two_stage, num_levels, seed)
    if grid is None:
        raise ValueError("`grid` must be a number for noise that is not uniform.")
    return BitsBackCodec(two_stage, num_levels, grid)


def _check_autoregressive(stage: str, model: DensityModel) -> AutoregressiveModel:
    if not isinstance(model, AutoregressiveModel):
        raise ValueError(
            "Compression needs an autoregressive model, such as made or pixelcnnpp, in"
            f" stage {stage}; got {type(model).__name__}."
        )
    return model
