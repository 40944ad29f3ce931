"""Models of one two-dimensional density that are compared."""

import dataclasses

from experiments.toys.compared_model import ComparedModel

_QUICK_STEPS = 100


@dataclasses.dataclass(frozen=True)
class Study:
    """A density and the models that are compared on it.

    Attributes:
      density: a key of DENSITIES.
      bounds: [low, high] of each coordinate of the pictures.
      models: the models.
      search_steps: number of steps of the runs that choose a noise scale.
    """

    density: str
    bounds: list[list[float]]
    models: tuple[ComparedModel, ...]
    search_steps: int = 5000

    def shorten(self) -> "Study":
        """Returns the study with few steps and one noise scale, as a smoke test."""
        models = []
        for model in self.models:
            training = model.arguments["training"] | {"num_steps": _QUICK_STEPS}
            models.append(
                dataclasses.replace(
                    model,
                    arguments=model.arguments | {"training": training},
                    noise_scales=model.noise_scales[:1],
                )
            )
        return dataclasses.replace(
            self, models=tuple(models), search_steps=_QUICK_STEPS
        )
