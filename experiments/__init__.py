"""Experiments that `experiments.reproduce` runs, by name."""

from experiments.experiment import Experiment

EXPERIMENTS: dict[str, Experiment] = {
    "theorem1": Experiment("experiments.theory.theorem1", is_concurrent=True),
    "proposition1": Experiment("experiments.theory.proposition1", is_concurrent=True),
    "receptive_field": Experiment("experiments.theory.receptive_field"),
    "ring": Experiment("experiments.theory.ring", is_concurrent=True),
    "spikes": Experiment("experiments.toys.spikes", is_concurrent=True),
    "rings": Experiment(
        "experiments.toys.made_comparison", "rings", is_concurrent=True
    ),
    "olympics": Experiment(
        "experiments.toys.made_comparison", "olympics", is_concurrent=True
    ),
    "checkerboard": Experiment(
        "experiments.toys.realnvp_comparison", "checkerboard", is_concurrent=True
    ),
    "olympics_realnvp": Experiment(
        "experiments.toys.realnvp_comparison", "olympics_realnvp", is_concurrent=True
    ),
    "breast_cancer": Experiment(
        "experiments.tables.comparison", "breast_cancer", is_concurrent=True
    ),
    "wine": Experiment("experiments.tables.comparison", "wine", is_concurrent=True),
    "digits": Experiment("experiments.images.digits", num_seeds=3),
    "compounding": Experiment(
        "experiments.images.compounding", accepts_config=True, num_seeds=3
    ),
    "columns": Experiment("experiments.images.columns", needs_config=True, num_seeds=3),
    "conditioning": Experiment("experiments.images.conditioning", needs_config=True),
    "precision": Experiment(
        "experiments.images.precision", needs_config=True, num_seeds=3
    ),
}

__all__ = ["EXPERIMENTS"]
