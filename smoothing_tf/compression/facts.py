"""The facts that an encoder and a decoder must share."""

import base64
import contextlib
import hashlib
import os
import pathlib
import platform
from collections.abc import Sequence

import numpy as np
import tensorflow as tf

from smoothing_tf.models.density_model import DensityModel
from smoothing_tf.smoothing import Smoothing

# Instruction sets by which libraries choose their code, the later the more modern.
_INSTRUCTION_SETS = (
    *("sse2", "avx", "avx2", "avx512f", "avx512_vnni", "avx512_bf16", "amx_bf16"),
    *("asimd", "sve", "bf16"),
)
_CPU_INFO = pathlib.Path("/proc/cpuinfo")
_DIGEST_BYTES = 12
_THREADS_VARIABLE = "TF_NUM_INTRAOP_THREADS"


def model_digest(models: Sequence[DensityModel], smoothing: Smoothing | None) -> str:
    """Computes a digest of weights, architecture and noise.

    Args:
      models: the models that images are coded with.
      smoothing: the noise, if images are coded with it.
    """
    digest = hashlib.sha256()
    if smoothing is not None:
        noise = type(smoothing).__name__, smoothing.noise_scale
        digest.update(repr(noise).encode())
    for model in models:
        about = (
            type(model).__name__,
            model.event_shape,
            model.takes_x_smoothed,
            model.num_classes,
            getattr(model, "config", None),
            getattr(model, "head", None),
        )
        digest.update(repr(about).encode())
        for weight in model.weights:
            array = np.ascontiguousarray(weight)
            digest.update(f"{array.dtype}{array.shape}".encode())
            digest.update(array.tobytes())
    return base64.urlsafe_b64encode(digest.digest()[:_DIGEST_BYTES]).decode()


def compute_dtypes(models: Sequence[DensityModel]) -> str:
    """Lists the dtypes that the networks compute in, e.g. "float32"."""
    return ",".join(dict.fromkeys(model.compute_dtype for model in models))


def device_kind() -> str:
    """Names the kind of CPU, on which the same sums are rounded in the same way."""
    return " ".join(["CPU", platform.machine(), *_instruction_set()])


def check_device() -> None:
    """Checks that TensorFlow computes on the CPU.

    On a GPU the libraries choose their algorithms in each process by the time they
    take, and another algorithm rounds differently.

    Raises:
      RuntimeError: it sees a GPU.
    """
    if tf.config.get_visible_devices("GPU"):
        raise RuntimeError(
            "Images can be compressed on CPUs only: a GPU may round differently in the"
            " next process. Call tf.config.set_visible_devices([], 'GPU') before"
            " TensorFlow computes anything."
        )


def num_threads() -> int:
    """Returns the threads of TensorFlow's operations, which rounding depends on."""
    given = tf.config.threading.get_intra_op_parallelism_threads()
    variable = os.environ.get(_THREADS_VARIABLE, "")
    if not given and variable.isdecimal():
        given = int(variable)
    return given or len(os.sched_getaffinity(0))


def use_cpu(number: int) -> None:
    """Computes on the CPU alone, with this number of threads.

    It has no effect once TensorFlow has computed something.
    """
    # TensorFlow has no public function that tells whether it has.
    with contextlib.suppress(RuntimeError):
        tf.config.set_visible_devices([], "GPU")
        tf.config.threading.set_intra_op_parallelism_threads(number)


def _instruction_set() -> list[str]:
    """Finds the most modern known instruction set of the CPU, if it can be read."""
    try:
        lines = _CPU_INFO.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return []
    found = [line for line in lines if line.lower().startswith(("flags", "features"))]
    own = found[0].partition(":")[2].split() if found else []
    return [name for name in _INSTRUCTION_SETS if name in own][-1:]
