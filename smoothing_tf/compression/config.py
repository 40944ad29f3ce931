"""Settings of the codec."""

import dataclasses

from smoothing_tf.limits import MAX_SEED
from smoothing_tf.settings import setting, validate

MIN_GRID = 0.01
BASELINE, TWO_STAGE = "baseline", "two_stage"


@dataclasses.dataclass(frozen=True)
class CompressionConfig:
    """Settings of the encoder; the decoder reads them from the file."""

    stage: str | None = setting(
        None,
        "Model to code with: baseline, P(x), or two_stage, p(x~) P(x|x~) by bits-back"
        " coding, or by universal quantization if the noise is uniform. 'auto' is"
        " baseline where the run has one.",
        choices=(BASELINE, TWO_STAGE),
        none_name="auto",
    )
    batch_size: int = setting(
        100,
        "Images that are coded together. With --stage=baseline they are a block of the"
        " file, which can be decoded without the others.",
        minimum=1,
    )
    grid: float = setting(
        0.25,
        "Width of the cells that x~ is rounded to for bits-back coding, in standard"
        " deviations of the noise.",
        minimum=MIN_GRID,
        maximum=4.0,
    )
    seed: int = setting(
        0,
        "Seed of the bits that the first image borrows, and of the dither.",
        minimum=0,
        maximum=MAX_SEED,
    )
    num_threads: int = setting(
        1,
        "Threads of TensorFlow's operations. The decoder uses as many, since sums are"
        " rounded differently with another number of them.",
        minimum=1,
        maximum=1024,
    )
    verify: bool = setting(
        True, "Decode what was encoded and compare, before the file is written."
    )

    def __post_init__(self):
        validate(self)
