"""What the networks of vectors may choose for their hidden layers."""

from smoothing_tf.settings import setting


def activation_setting() -> str:
    """The field of a model's hyper-parameters that names its nonlinearity."""
    return setting(
        "relu",
        "Nonlinearity after each hidden layer.",
        choices=("elu", "gelu", "relu", "silu"),
    )
