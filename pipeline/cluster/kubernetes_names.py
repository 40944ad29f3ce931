"""Checks of names, labels, quantities and paths, as Kubernetes defines them.

Reference: https://kubernetes.io/docs/concepts/overview/working-with-objects/names/ and
https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/.
"""

import re

from components.pods import is_below, is_plain

_LABEL = r"[a-z0-9]([-a-z0-9]*[a-z0-9])?"
_SUBDOMAIN = rf"{_LABEL}(\.{_LABEL})*"
_QUALIFIED = r"[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?"
# Of the units of Kubernetes, those that kfp compiles as well. Neither takes the other's
# spelling of 1000 bytes.
_MEMORY_UNITS = ("Mi", "Gi", "Ti", "Pi", "Ei", "Ki", "M", "G", "T", "P", "E")
_TAINT_EFFECTS = ("NoSchedule", "PreferNoSchedule", "NoExecute")
# Kubeflow mounts its own volumes there.
_PATHS_OF_KUBEFLOW = (
    "/gcs",
    "/s3",
    "/minio",
    "/.local",
    "/.cache",
    "/.config",
    "/kfp-launcher",
)
# The Dockerfile puts the code there.
_PATH_OF_CODE = "/opt/smoothing_tf"


def check_name(flag: str, what: str, name: str, *, max_length: int = 253) -> str:
    """Checks the name of an object such as a claim or a secret; returns it.

    Args:
      flag: the flag that gives the name, for the message.
      what: what the name is of, for the message.
      name: a DNS subdomain.
      max_length: 63 for a namespace, which has no dots either.

    Raises:
      ValueError: Kubernetes allows no such name.
    """
    is_label = max_length == 63
    pattern = _LABEL if is_label else _SUBDOMAIN
    if len(name) > max_length or not re.fullmatch(pattern, name):
        raise ValueError(
            f"`{flag}` names the {what} {name!r}; use at most {max_length} lower-case"
            f" letters, digits{' and' if is_label else ','} hyphens"
            f"{'' if is_label else ' and dots'}, with a letter or a digit at both ends."
        )
    return name


def check_label_key(flag: str, what: str, key: str) -> str:
    """Checks a label, the key of a taint or an extended resource; returns it."""
    prefix, slash, name = key.rpartition("/")
    is_valid = (
        len(name) <= 63
        and re.fullmatch(_QUALIFIED, name)
        and (not slash or (len(prefix) <= 253 and re.fullmatch(_SUBDOMAIN, prefix)))
    )
    if not is_valid:
        raise ValueError(
            f"`{flag}` names the {what} {key!r}; write it as NAME or DOMAIN/NAME, e.g."
            " nvidia.com/gpu."
        )
    return key


def check_accelerator(flag: str, name: str) -> str:
    """Checks the name of an extended resource such as nvidia.com/gpu; returns it."""
    if "/" not in name:
        raise ValueError(
            f"`{flag}` names the resource {name!r}; the name of an accelerator has a"
            " domain, e.g. nvidia.com/gpu."
        )
    return check_label_key(flag, "resource", name)


def check_label_value(flag: str, what: str, value: str) -> str:
    """Checks the value of a label or of a taint, which may be empty; returns it."""
    if value and (len(value) > 63 or not re.fullmatch(_QUALIFIED, value)):
        raise ValueError(
            f"`{flag}` gives the {what} the value {value!r}; a value has at most 63"
            " letters, digits, hyphens, dots and underscores."
        )
    return value


def check_secret_key(flag: str, key: str) -> str:
    """Checks a key in a secret; returns it."""
    if not re.fullmatch(r"[-._A-Za-z0-9]+", key):
        raise ValueError(
            f"`{flag}` names the key {key!r} of a secret; a key consists of letters,"
            " digits, hyphens, dots and underscores."
        )
    return key


def check_variable(flag: str, name: str) -> str:
    """Checks the name of an environment variable; returns it."""
    if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", name):
        raise ValueError(
            f"`{flag}` names the environment variable {name!r}; write letters, digits"
            " and underscores, not beginning with a digit."
        )
    return name


def check_cpu(flag: str, text: str) -> str:
    """Checks a number of CPUs such as 8, 0.5 or 500m; returns it."""
    match = re.fullmatch(r"(\d+)m|(\d+(\.\d{1,3})?)", text)
    if not match or float(match[1] or match[2]) == 0:
        raise ValueError(
            f"`{flag}` gives cpu={text}; write a number of CPUs such as 8 or 0.5, or of"
            " thousandths such as 500m."
        )
    return text


def check_memory(flag: str, text: str) -> str:
    """Checks an amount of memory such as 32Gi; returns it."""
    match = re.fullmatch(r"(\d+)([A-Za-z]*)", text)
    if not match or int(match[1]) == 0 or match[2] not in _MEMORY_UNITS:
        raise ValueError(
            f"`{flag}` gives memory={text}; write an integer and one of the units"
            f" {', '.join(_MEMORY_UNITS)}, e.g. 32Gi."
        )
    return text


def check_count(flag: str, what: str, text: str, minimum: int) -> int:
    """Checks a number written in decimal digits; returns it."""
    if not re.fullmatch(r"\d{1,6}", text) or int(text) < minimum:
        raise ValueError(
            f"`{flag}` gives {what} as {text!r}; write an integer, at least {minimum}."
        )
    return int(text)


def check_effect(flag: str, effect: str) -> str:
    """Checks the effect of a taint; returns it."""
    if effect not in _TAINT_EFFECTS:
        raise ValueError(
            f"`{flag}` names the effect {effect!r} of a taint; it is one of"
            f" {', '.join(_TAINT_EFFECTS)}."
        )
    return effect


def check_mount_path(flag: str, path: str) -> str:
    """Checks where a volume is mounted in the container; returns the path.

    Raises:
      ValueError: the path is not absolute, is the root, contains `..` or the like, or
        would hide what Kubeflow or the image keeps there.
    """
    if not path.startswith("/"):
        raise ValueError(
            f"`{flag}` mounts a volume at {path!r}; write an absolute path, e.g."
            " /models."
        )
    if not is_plain(path):
        raise ValueError(
            f"`{flag}` mounts a volume at {path!r}; write a path below / without //, /."
            " or /.. and without a slash at the end."
        )
    for taken in (*_PATHS_OF_KUBEFLOW, _PATH_OF_CODE):
        hides_code = taken == _PATH_OF_CODE and is_below(taken, path)
        if path == taken or hides_code:
            owner = "our code" if taken == _PATH_OF_CODE else "Kubeflow's own files"
            raise ValueError(
                f"`{flag}` mounts a volume at {path}, over {owner}; mount it elsewhere,"
                " e.g. at /models."
            )
    return path
