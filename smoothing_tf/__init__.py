"""Autoregressive modelling of smoothed distributions, with TensorFlow and Keras.

Reference: Meng et al., "Improved Autoregressive Modeling with Distribution
Smoothing", ICLR 2021, https://arxiv.org/abs/2103.15089.
"""

import importlib

from smoothing_tf import quiet

# Public name -> its module, imported when the name is first used: TensorFlow sets
# environment variables and prints when it is imported, this package does neither.
_MODULES = {
    "DataConfig": "data.dataset",
    "Dataset": "data.dataset",
    "DensityModel": "models",
    "DiscretizedLogisticMixture": "distributions",
    "Gaussian": "smoothing",
    "LogisticMixture": "distributions",
    "MADE": "models",
    "MADEConfig": "models",
    "PixelCNNpp": "models",
    "PixelCNNppConfig": "models",
    "Smoothing": "smoothing",
    "TrainingConfig": "training.training_config",
    "TwoStageModel": "models",
    "importance_weighted_bound": "models",
    "open_dataset": "data.dataset",
    "train_stage": "training.loop",
}
_SUBPACKAGES = ("data", "distributions", "layers", "models", "smoothing", "training")

__all__ = list(_MODULES)


def __getattr__(name: str):
    if name in _SUBPACKAGES:
        return importlib.import_module(f"{__name__}.{name}")
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(importlib.import_module(f"{__name__}.{_MODULES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__, *_SUBPACKAGES})


quiet.start()
