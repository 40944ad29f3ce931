"""Meaning of the elements of flags for one node; see node_elements.py."""

import dataclasses
from collections.abc import Iterator, Sequence

from pipeline.cluster import kubernetes_names as names
from pipeline.cluster.node_elements import elements_of_node
from pipeline.cluster.node_needs import Toleration


@dataclasses.dataclass(frozen=True)
class Resources:
    """Resources of a node, as `NodeNeeds` describes them."""

    cpu: str | None = None
    memory: str | None = None
    accelerator: str | None = None
    count: int = 0


def resources(elements: Sequence[str], node: str) -> Resources:
    """Reads `--node_resources`.

    Args:
      elements: elements of the flag.
      node: name of the node.

    Raises:
      ValueError: an element has a wrong form, an unknown resource or a wrong amount.
    """
    flag = "node_resources"
    found = Resources()
    for pairs in _pairs(flag, elements, node):
        kinds = sorted(pairs.keys() - {"cpu", "memory"})
        if len(kinds) > 1:
            raise ValueError(
                f"`{flag}` gives one node {' and '.join(kinds)}; a node has one kind of"
                " accelerator."
            )
        if "cpu" in pairs:
            cpu = names.check_cpu(flag, pairs["cpu"])
            found = dataclasses.replace(found, cpu=cpu)
        if "memory" in pairs:
            memory = names.check_memory(flag, pairs["memory"])
            found = dataclasses.replace(found, memory=memory)
        for kind in kinds:
            names.check_accelerator(flag, kind)
            count = names.check_count(flag, kind, pairs[kind], 1)
            found = dataclasses.replace(found, accelerator=kind, count=count)
    return found


def node_selector(elements: Sequence[str], node: str) -> dict[str, str]:
    """Reads `--node_selector`: label -> value. Args, errors: as `resources`."""
    flag = "node_selector"
    found: dict[str, str] = {}
    for pairs in _pairs(flag, elements, node):
        for key, value in pairs.items():
            names.check_label_key(flag, "label", key)
            found[key] = names.check_label_value(flag, f"label {key}", value)
    return found


def tolerations(elements: Sequence[str], node: str) -> tuple[Toleration, ...]:
    """Reads `--tolerations`. Args, errors: as `resources`."""
    flag = "tolerations"
    found = []
    for element in _flat(flag, elements, node, "KEY=VALUE:EFFECT"):
        taint, _, effect = element.partition(":")
        key, equals, value = taint.partition("=")
        names.check_label_key(flag, "taint", key)
        names.check_label_value(flag, f"taint {key}", value)
        names.check_effect(flag, effect)
        found.append(Toleration(key, value if equals else None, effect))
    return tuple(dict.fromkeys(found))


def retries(elements: Sequence[str], node: str) -> int:
    """Reads `--retries`. Args, errors: as `resources`."""
    flag = "retries"
    found = 0
    for group in elements_of_node(flag, elements, node, "NUMBER"):
        if len(group) > 1:
            raise ValueError(
                f"`{flag}` gives {' and '.join(group)} for the same node; give one."
            )
        for element in group:
            found = names.check_count(flag, "the number of retries", element, 0)
    return found


def claims(elements: Sequence[str], node: str) -> dict[str, str]:
    """Reads `--pvc`: path -> name of the claim. Args, errors: as `resources`."""
    found: dict[str, str] = {}
    for element in _flat("pvc", elements, node, "NAME:PATH"):
        name, _, path = element.partition(":")
        names.check_name("pvc", "claim", name)
        _mount("pvc", found, names.check_mount_path("pvc", path), name)
    return found


def secrets(
    elements: Sequence[str], node: str
) -> tuple[dict[str, str], dict[str, tuple[str, str]]]:
    """Reads `--secret`.

    Args, errors: as `resources`.

    Returns:
      (path -> name of the secret, environment variable -> (name, key in the secret)).
    """
    flag = "secret"
    files: dict[str, str] = {}
    variables: dict[str, tuple[str, str]] = {}
    for element in _flat(flag, elements, node, "NAME:PATH"):
        name, _, rest = element.partition(":")
        names.check_name(flag, "secret", name)
        if rest.startswith("/"):
            _mount(flag, files, names.check_mount_path(flag, rest), name)
            continue
        key, _, variable = rest.partition("=")
        if not (key and variable):
            raise ValueError(
                f"`{flag}` has the element {element!r}; write NAME:PATH with an"
                " absolute path, or NAME:KEY=VARIABLE."
            )
        names.check_secret_key(flag, key)
        names.check_variable(flag, variable)
        if variables.setdefault(variable, (name, key)) != (name, key):
            raise ValueError(
                f"`{flag}` gives one node two values of the variable {variable}; choose"
                " another name for one of them."
            )
    return files, variables


def _flat(flag: str, elements: Sequence[str], node: str, form: str) -> Iterator[str]:
    for group in elements_of_node(flag, elements, node, form):
        yield from group


def _pairs(flag: str, elements: Sequence[str], node: str) -> Iterator[dict[str, str]]:
    """Yields elements KEY=VALUE as dicts, those with precedence last."""
    for group in elements_of_node(flag, elements, node, "KEY=VALUE"):
        pairs: dict[str, str] = {}
        for element in group:
            key, equals, value = element.partition("=")
            if not (key and equals):
                raise ValueError(
                    f"`{flag}` has the element {element!r}; write KEY=VALUE."
                )
            if key in pairs:
                raise ValueError(
                    f"`{flag}` gives one node {key}={pairs[key]} and {key}={value};"
                    " drop one of them."
                )
            pairs[key] = value
        yield pairs


def _mount(flag: str, mounts: dict[str, str], path: str, name: str) -> None:
    if mounts.setdefault(path, name) != name:
        raise ValueError(
            f"`{flag}` mounts both {mounts[path]} and {name} at {path}; choose another"
            " path for one of them."
        )
