from typing import NamedTuple

from kfp import dsl


# kfp needs the outputs here, where it executes the function alone. They are the fields
# of `NodeInputs`.
@dsl.component(base_image="python:3.11", install_kfp_package=False)
def configure(
    flags: str,
    seed: int,
    noise_scale: str,
    num_steps: int,
    num_samples: int,
    max_bits_per_dim: str,
    push_dir: str,
) -> NamedTuple(  # type: ignore[valid-type]
    "NodeInputs",
    [
        ("ingest_settings", str),
        ("augment_settings", str),
        ("train_smoothed_flags", list),
        ("train_reverse_flags", list),
        ("export_flags", list),
        ("generate_settings", str),
        ("evaluate_flags", list),
        ("predecessor", str),
        ("made_from", str),
        ("push_dir", str),
        ("data_digest", str),
        ("ingest_code", str),
        ("augment_code", str),
        ("train_code", str),
        ("export_code", str),
        ("generate_code", str),
        ("evaluate_code", str),
        ("push_code", str),
    ],
):
    """Checks the configuration, and gives every node its slice of it."""
    from components.runner_watch import end_with_runner

    end_with_runner()
    from components.configure import executor

    return executor.run(
        flags=flags,
        seed=seed,
        noise_scale=noise_scale,
        num_steps=num_steps,
        num_samples=num_samples,
        max_bits_per_dim=max_bits_per_dim,
        push_dir=push_dir,
    )
