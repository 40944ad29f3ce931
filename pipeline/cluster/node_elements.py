"""The syntax of flags whose elements belong to single nodes of the pipeline.

    --node_resources=memory=8Gi,train:cpu=8,memory=32Gi

An element that begins with `NODE:` belongs to that node, and so do those after it, up
to the next `NODE:`. The elements before the first one belong to every node.
"""

from collections.abc import Mapping, Sequence

NODES = (
    "configure",
    "ingest",
    "augment",
    "train_smoothed",
    "train_reverse",
    "export",
    "generate",
    "evaluate",
    "push",
)
ALL = "all"
# Name in a flag -> its nodes. A name with fewer nodes wins over one with more.
_GROUPS: Mapping[str, Sequence[str]] = {
    ALL: NODES,
    "train": ("train_smoothed", "train_reverse"),
    **{node: (node,) for node in NODES},
}


def elements_of_node(
    flag: str, elements: Sequence[str], node: str, form: str
) -> list[list[str]]:
    """Selects the elements that belong to a node, of every name it goes by.

    Args:
      flag: name of the flag, for error messages.
      elements: elements of the flag.
      node: name of a node.
      form: the form of an element without `NODE:`, e.g. "NAME:PATH"; it has no colon or
        one.

    Returns:
      The elements of all nodes, those of `train`, and those of the node itself, each
      without `NODE:`; a later list has precedence over an earlier one.

    Raises:
      ValueError: `node` or an element names no node of the pipeline, or an element has
        a wrong number of colons.
    """
    if node not in NODES:
        raise ValueError(f"`node` must be one of {', '.join(NODES)}; got {node!r}.")
    by_group: dict[str, list[str]] = {group: [] for group in _GROUPS}
    group = ALL
    for element in elements:
        surplus = element.count(":") - form.count(":")
        text = element
        if surplus == 1:
            group, _, text = element.partition(":")
            if group not in _GROUPS:
                raise ValueError(
                    f"`{flag}` names the node {group!r} in {element!r}; it is one of"
                    f" {', '.join(_GROUPS)}."
                )
        elif surplus:
            raise ValueError(
                f"`{flag}` has the element {element!r}; write {form} or NODE:{form}."
            )
        by_group[group].append(text)
    return [by_group[group] for group, nodes in _GROUPS.items() if node in nodes]
