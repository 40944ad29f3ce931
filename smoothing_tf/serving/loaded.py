"""The functions that the signatures of a loaded SavedModel call."""

from collections.abc import Iterable, Iterator
from typing import Any

from smoothing_tf.serving.signature import SHARED_PREFIX


def called(signature: Any) -> str:
    """Returns the name of the function that a loaded signature calls."""
    operations = signature.graph.get_operations()
    return next(x.get_attr("f").name for x in operations if "Call" in x.type)


def find_shared(signature: Any) -> set[str]:
    """Returns the names of the shared functions that a loaded signature calls."""
    graph_def = signature.graph.as_graph_def()
    library = {x.signature.name: x for x in graph_def.library.function}
    found: set[str] = set()
    visited: set[str] = set()
    pending = list(_functions_in(graph_def.node))
    while pending:
        name = pending.pop()
        if name in visited or name not in library:
            continue
        visited.add(name)
        if SHARED_PREFIX in name:
            # What it calls in turn are parts of a network.
            found.add(name)
        else:
            pending += _functions_in(library[name].node_def)
    return found


def _functions_in(nodes: Iterable[Any]) -> Iterator[str]:
    for node in nodes:
        for value in node.attr.values():
            if value.HasField("func"):
                yield value.func.name
            yield from (function.name for function in value.list.func)
