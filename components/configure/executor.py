"""Configure: checks the configuration and gives every node its slice of it."""

import sys

from components.configure.cluster_limits import ClusterLimits
from components.configure.node_inputs import NodeInputs, make_node_inputs
from components.configure.run_parameters import from_parameters
from smoothing_tf.command_line import is_deliberate, message_of


def run(
    *,
    flags: str,
    seed: int,
    noise_scale: str,
    num_steps: int,
    num_samples: int,
    max_bits_per_dim: str,
    push_dir: str,
) -> NodeInputs:
    """Reads the run parameters; see `run_parameters`.

    Args:
      flags: text of a flagfile, with the settings that are not arguments here.
      seed: the run's seed.
      noise_scale: standard deviation of the noise, or "auto".
      num_steps: number of optimizer steps of the stages without a flag of their own; 0
        if both have one.
      num_samples: number of samples to draw.
      max_bits_per_dim: largest bound, in bits per dimension, of a model that is
        pushed, or "none".
      push_dir: where models are pushed to.

    Returns:
      The inputs of the other nodes: slices of the configuration, digests of the code
      and the data of this machine.

    Raises:
      SystemExit: the configuration is not valid, or does not fit the cluster; the
        message is one line.
    """
    try:
        config, settings = from_parameters(
            flags,
            seed=seed,
            noise_scale=noise_scale,
            num_steps=num_steps,
            num_samples=num_samples,
            max_bits_per_dim=max_bits_per_dim,
            push_dir=push_dir,
        )
        limits = ClusterLimits.of_this_node()
        if limits is not None:
            limits.check_push_dir(str(settings.push_dir))
            limits.check_bless_against(settings.bless_against)
            limits.check_batch_sizes(config)
        return make_node_inputs(config, settings)
    except Exception as error:
        if not is_deliberate(error):
            raise
        sys.exit(message_of(error))
