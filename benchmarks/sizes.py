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


SIZES = {
    "mnist": PublishedSize((28, 28, 1), 40),
    "cifar10": PublishedSize((32, 32, 3), 160),
}
