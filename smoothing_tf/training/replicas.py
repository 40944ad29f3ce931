"""Rules for the replicas that share a step."""

from smoothing_tf.training.training_config import TrainingConfig


def check_replicas(config: TrainingConfig, num_replicas: int) -> None:
    """Checks that replicas can share the steps of a configuration.

    Args:
      config: settings of the training.
      num_replicas: number of replicas of the strategy.

    Raises:
      ValueError: the batch or a replica's share of it cannot be divided evenly, or
        steps of several replicas are to be compiled by XLA.
    """
    if config.batch_size % num_replicas:
        raise ValueError(
            "`batch_size` must be a multiple of the number of replicas,"
            f" {num_replicas}; got {config.batch_size}."
        )
    share = config.batch_size // num_replicas
    if config.micro_batch_size is not None and share % config.micro_batch_size:
        raise ValueError(
            f"`micro_batch_size` must divide {share}, the examples of a step on each of"
            f" {num_replicas} replicas; got {config.micro_batch_size}."
        )
    if config.jit_compile and num_replicas > 1:
        raise ValueError(
            f"`jit_compile` must be false with {num_replicas} replicas: within a step"
            " they sum their gradients, which XLA does not compile for one device."
            " Drop --jit_compile, or train on one device."
        )


def num_micro_batches(config: TrainingConfig, num_replicas: int) -> int:
    """Returns the number of micro batches of a replica's share of a step."""
    share = config.batch_size // num_replicas
    return share // (config.micro_batch_size or share)
