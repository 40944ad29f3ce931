"""The training step of PixelCNN++ in PyTorch, to be measured next to ours."""

import time
from typing import Any

import numpy as np
import torch

from benchmarks import measure
from benchmarks.torch_pixelcnnpp import TorchPixelCNNpp

_LEARNING_RATE, _EMA_MOMENTUM = 2e-4, 0.9995


class TorchStage:
    """The network of p(x~) in PyTorch, with an optimizer and averaged weights.

    It computes under autocast for bfloat16 and has the fused Adam. On a CPU, neither
    `torch.compile` nor channels-last tensors made the step faster.

    Args:
      model: a `PixelCNNpp` without x~, whose weights and sizes it takes.
      dtype: "float32" or "bfloat16".
      batch_size: examples per step.

    Attributes:
      batch_size: examples per step.
      num_parameters: number of weights.
      first_call: seconds of the first step.
      gib: largest resident size of the process after it.
    """

    def __init__(self, model: Any, dtype: str, batch_size: int):
        config, (height, width, channels) = model.config, model.event_shape
        self.batch_size = batch_size
        self._network = TorchPixelCNNpp(
            channels,
            config.num_filters,
            config.num_resnet,
            config.num_mixtures,
            config.dropout,
        )
        self._network.load_state_dict(torch_state(model))
        averaged = torch.optim.swa_utils
        self._averaged = averaged.AveragedModel(
            self._network, multi_avg_fn=averaged.get_ema_multi_avg_fn(_EMA_MOMENTUM)
        )
        weights = list(self._network.parameters())
        self._optimizer = torch.optim.Adam(weights, lr=_LEARNING_RATE, fused=True)
        self._is_half = dtype == "bfloat16"
        self._x = 2 * torch.rand(batch_size, channels, height, width) - 1
        self.num_parameters = sum(weight.numel() for weight in weights)
        self.first_call = self.step()
        self.gib = measure.peak_memory_gib()

    def step(self) -> float:
        """Takes an optimizer step and returns its seconds."""
        start = time.perf_counter()
        loss = -self._log_prob().mean()
        self._optimizer.zero_grad()
        loss.backward()
        self._optimizer.step()
        self._averaged.update_parameters(self._network)
        return time.perf_counter() - start

    def forward(self) -> torch.Tensor:
        """Log-likelihoods of the batch, without dropout."""
        self._network.eval()
        with torch.inference_mode():
            log_prob = self._log_prob()
        self._network.train()
        return log_prob

    def _log_prob(self):
        with torch.autocast("cpu", torch.bfloat16, enabled=self._is_half):
            return self._network(self._x)


def torch_state(model: Any) -> dict[str, torch.Tensor]:
    """Returns the weights of a PixelCNN++ under the names of the authors' code.

    The inverse of `smoothing_tf.models.load_torch_state`.
    """
    state = {}
    for name, layer in model.torch_layers():
        # [rows, columns, inputs, outputs] becomes [outputs, inputs, rows, columns].
        v = np.moveaxis(np.array(layer.v), (-1, -2), (0, 1))
        state[f"{name}.weight_v"] = v
        state[f"{name}.weight_g"] = np.reshape(layer.g, [-1] + [1] * (v.ndim - 1))
        state[f"{name}.bias"] = np.array(layer.bias)
    return {name: torch.tensor(np.ascontiguousarray(a)) for name, a in state.items()}
