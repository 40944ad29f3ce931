"""Choice of the codec for the models of a run."""

from smoothing_tf.compression.baseline_codec import BaselineCodec
from smoothing_tf.compression.bits_back_codec import BitsBackCodec
from smoothing_tf.compression.config import BASELINE, TWO_STAGE
from smoothing_tf.compression.dither_codec import DitherCodec
from smoothing_tf.compression.image_codec import ImageCodec
from smoothing_tf.models.autoregressive import AutoregressiveModel
from smoothing_tf.models.density_model import DensityModel
from smoothing_tf.models.trained import Trained
from smoothing_tf.stage import Stage


def choose_stage(trained: Trained, stage: str | None) -> str:
    """Returns the given stage, or for None that of the models that are trained."""
    if stage is not None:
        return stage
    return TWO_STAGE if trained.baseline is None else BASELINE


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
      ValueError: the data have no levels, a stage is not trained, or its model cannot
        be walked over.
    """
    num_levels = trained.num_levels
    if num_levels is None:
        raise ValueError(
            "Vectors of real numbers cannot be compressed without loss: a density gives"
            " no probabilities, and so no code lengths, until values are rounded to"
            " levels. Compress with a run on data with levels."
        )
    if stage == BASELINE:
        if trained.baseline is None:
            raise ValueError(
                "Compression with the stage baseline needs a run that has one. Train it"
                " with --stages=baseline, or use --stage=two_stage."
            )
        baseline = _check_autoregressive(Stage.BASELINE, trained.baseline)
        return BaselineCodec(baseline, num_levels)
    two_stage = trained.two_stage
    _check_autoregressive(Stage.SMOOTHED, two_stage.smoothed)
    _check_autoregressive(Stage.REVERSE, two_stage.reverse)
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
