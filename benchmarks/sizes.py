"""The sizes of the published networks."""

from typing import NamedTuple


class PublishedSize(NamedTuple):
    """The sizes of a published network.

    Reference: Meng et al., "Improved Autoregressive Modeling with Distribution
    Smoothing", ICLR 2021.
    """

    event_shape: tuple[int, int, int]
    num_filters: int
    num_resnet: int = 5


# That of configs/digits_pixelcnnpp.cfg, which is ours.
DIGITS = PublishedSize((8, 8, 1), 32, 2)

SIZES = {
    "mnist": PublishedSize((28, 28, 1), 40),
    "cifar10": PublishedSize((32, 32, 3), 160),
}
