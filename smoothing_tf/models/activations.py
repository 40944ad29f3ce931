"""The choice of nonlinearity in networks of vectors."""

from smoothing_tf.settings import setting


def activation_setting() -> str:
    """Makes the field of a model's hyper-parameters that names its nonlinearity."""
    return setting(
        "relu",
        "Nonlinearity after each hidden layer.",
        choices=("elu", "gelu", "relu", "silu"),
    )
