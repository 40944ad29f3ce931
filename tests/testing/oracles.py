"""Computes metrics with the packages of others; prints them as JSON.

Runs in an environment of its own, see oracles.txt. Nothing of this project is imported.

  python tests/testing/oracles.py FEATURES.npz

FEATURES.npz holds `real` and `generated`, float64 [n, d], and `logits` [n, classes], n
divisible by 10.
"""

import ast
import importlib.metadata
import importlib.util
import json
import math
import pathlib
import sys
from unittest import mock

import numpy as np
import scipy.linalg
import torch

_PACKAGES = ("pytorch-fid", "clean-fid", "torch-fidelity", "torchmetrics", "prdc")


def load_functions(module, *names, **values):
    """Runs the definitions of functions of a module without its imports.

    Some of the modules import torchvision, which these functions do not need.
    """
    package, *parts = module.split(".")
    spec = importlib.util.find_spec(package)
    path = pathlib.Path(spec.submodule_search_locations[0], *parts).with_suffix(".py")
    tree = ast.parse(path.read_text())
    tree.body = [
        node
        for node in tree.body
        if isinstance(node, ast.FunctionDef) and node.name in names
    ]
    space = {"np": np, "torch": torch, "linalg": scipy.linalg, **values}
    exec(compile(tree, str(path), "exec"), space)
    return [space[name] for name in names]


def hide_network_of_torch_fidelity():
    """Lets torchmetrics import without torchvision, which only a network needs."""
    package = mock.MagicMock()
    package.feature_extractor_inceptionv3.FeatureExtractorInceptionV3 = torch.nn.Module
    sys.modules["torch_fidelity"] = package
    for name in (
        "feature_extractor_inceptionv3",
        "helpers",
        "interpolate_compat_tensorflow",
    ):
        sys.modules[f"torch_fidelity.{name}"] = getattr(package, name)


def moments(features):
    return np.mean(features, axis=0), np.cov(features, rowvar=False)


def tensors(*arrays):
    return [torch.from_numpy(np.asarray(array)) for array in arrays]


def main(path):
    with np.load(path) as arrays:
        real, generated, logits = (arrays[x] for x in ("real", "generated", "logits"))
    of_both = (*moments(real), *moments(generated))
    frechet, kernel, score, precision_recall = {}, {}, {}, {}

    (distance,) = load_functions("pytorch_fid.fid_score", "calculate_frechet_distance")
    frechet["pytorch-fid"] = float(distance(*of_both))

    distance, kid = load_functions(
        "cleanfid.fid", "frechet_distance", "kernel_distance"
    )
    frechet["clean-fid"] = float(distance(*of_both))
    # One subset of all rows.
    kernel["clean-fid"] = kid(real, generated, num_subsets=1, max_subset_size=len(real))

    def vassert(holds, message):
        assert holds, message

    mmd2, _ = load_functions(
        "torch_fidelity.metric_kid", "mmd2", "kernel_poly", vassert=vassert
    )
    products = [(real, real), (real, generated), (generated, generated)]
    kernels = [(a @ b.T / a.shape[1] + 1.0) ** 3 for a, b in products]
    kernel["torch-fidelity"] = float(mmd2(*kernels))
    (statistics,) = load_functions(
        "torch_fidelity.metric_fid",
        "fid_statistics_to_metric",
        KEY_METRIC_FID="fid",
        vassert=vassert,
        vprint=lambda *_: None,
    )
    keys = ("mu", "sigma")
    pair = [dict(zip(keys, moments(x))) for x in (real, generated)]
    frechet["torch-fidelity"] = float(statistics(*pair, False)["fid"])
    (inception,) = load_functions(
        "torch_fidelity.metric_isc",
        "isc_features_to_metric",
        KEY_METRIC_ISC_MEAN="mean",
        KEY_METRIC_ISC_STD="std",
    )
    found = inception(*tensors(logits), splits=10, shuffle=False)
    score["torch-fidelity"] = found
    _, full = load_functions(
        "torch_fidelity.metric_prc",
        "calc_cdist_full",
        "calculate_precision_recall_full",
    )
    precision_recall["torch-fidelity"] = full(*tensors(generated, real), 3)

    hide_network_of_torch_fidelity()
    from torchmetrics.image.fid import _compute_fid
    from torchmetrics.image.inception import InceptionScore
    from torchmetrics.image.kid import poly_mmd

    frechet["torchmetrics"] = float(_compute_fid(*tensors(*of_both)))
    kernel["torchmetrics"] = float(poly_mmd(*tensors(real, generated)))
    metric = InceptionScore(feature=torch.nn.Identity(), splits=10)
    metric.update(*tensors(logits))
    torch.manual_seed(0)
    mean, _ = metric.compute()
    torch.manual_seed(0)
    order = torch.randperm(len(logits))
    score["torchmetrics"] = {"mean": float(mean), "order": order.tolist()}

    from prdc import compute_prdc

    found = compute_prdc(real_features=real, fake_features=generated, nearest_k=3)
    precision_recall["prdc"] = found["precision"], found["recall"]
    assert all(math.isfinite(value) for value in (*frechet.values(), *kernel.values()))
    result = {
        "frechet": frechet,
        "kernel": kernel,
        "score": score,
        "precision_recall": precision_recall,
        "versions": {name: importlib.metadata.version(name) for name in _PACKAGES},
    }
    print(json.dumps(result))


if __name__ == "__main__":
    main(sys.argv[1])
