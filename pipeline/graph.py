"""The nodes of a compiled pipeline, and what each of them waits for."""

import dataclasses
from collections.abc import Iterator
from typing import Any

from kfp import dsl


@dataclasses.dataclass(frozen=True)
class Node:
    """A node of the pipeline.

    Attributes:
      name: name that the node shows.
      component: kfp's name of its component, comp-..., of which it is the only task.
      function: name of the component's function, which is also its folder in
        `components`.
      parents: names of the nodes that it waits for.
      is_cached: whether the cache may know it; otherwise it runs in every run.
    """

    name: str
    component: str
    function: str
    parents: tuple[str, ...]
    is_cached: bool

    @property
    def task(self) -> str:
        """Name of its directory in the directory of a run."""
        return self.component.removeprefix("comp-")


def nodes_of(pipeline: dsl.base_component.BaseComponent) -> list[Node]:
    """Lists the nodes of a pipeline, every one after those that it waits for.

    Args:
      pipeline: the pipeline, which may have conditional groups.
    """
    spec = pipeline.pipeline_spec
    waiting = list(_nodes(spec, spec.root.dag, ()))
    found: dict[str, Node] = {}
    while waiting:
        ready = [node for node in waiting if found.keys() >= set(node.parents)]
        if not ready:
            raise ValueError("The nodes of the pipeline wait for each other.")
        found[ready[0].name] = ready[0]
        waiting.remove(ready[0])
    return list(found.values())


def node_names(pipeline: dsl.base_component.BaseComponent) -> dict[str, str]:
    """Maps kfp's names of tasks and components to the names that nodes show.

    A conditional group has the names of the nodes in it.
    """
    spec = pipeline.pipeline_spec
    names = {}
    for dag in (spec.root.dag, *(c.dag for c in spec.components.values())):
        for task_name, task in dag.tasks.items():
            component = task.component_ref.name
            # A conditional group is named after its content.
            inner = spec.components[component].dag.tasks.values()
            name = ", ".join(t.task_info.name for t in inner) or task.task_info.name
            names[task_name] = names[component.removeprefix("comp-")] = name
    return names


def _nodes(spec: Any, dag: Any, outer: tuple[str, ...]) -> Iterator[Node]:
    """Yields the nodes of a graph, which all wait for `outer`, and of its groups."""
    for name in sorted(dag.tasks):  # They are in no particular order.
        task = dag.tasks[name]
        parents = list(outer)
        for dependency in task.dependent_tasks:
            inner = spec.components[dag.tasks[dependency].component_ref.name].dag
            members = inner.tasks.values() or [dag.tasks[dependency]]
            parents += [member.task_info.name for member in members]
        component = task.component_ref.name
        group = spec.components[component].dag
        unique = tuple(dict.fromkeys(parents))
        if group.tasks:
            yield from _nodes(spec, group, unique)
        else:
            yield Node(
                name=task.task_info.name,
                component=component,
                function=_function(spec, component),
                parents=unique,
                is_cached=task.caching_options.enable_cache,
            )


def _function(spec: Any, component: str) -> str:
    label = spec.components[component].executor_label
    args = list(spec.deployment_spec["executors"][label]["container"]["args"])
    return args[args.index("--function_to_execute") + 1]
