"""The nodes of a compiled pipeline."""

from pipeline.graph import node_names, nodes_of
from pipeline.pipeline import smoothing_pipeline
from tests.testing.small_pipeline import make_small


def test_nodes_come_after_those_that_they_wait_for():
    for pipeline in (make_small(), smoothing_pipeline("a-python-image:1")):
        nodes = nodes_of(pipeline)
        names = [node.name for node in nodes]
        assert len(set(names)) == len(names)
        for index, node in enumerate(nodes):
            assert set(node.parents) <= set(names[:index])
        # Every task of kfp's leads to a node, conditional groups included.
        shown = node_names(pipeline)
        assert set(shown.values()) == set(names)
        assert {shown[node.task]: node.name for node in nodes} == {
            name: name for name in names
        }


def test_a_node_in_a_group_waits_for_what_the_group_waits_for():
    nodes = {node.name: node for node in nodes_of(make_small())}
    assert set(nodes["published"].parents) == {"both", "one"}
    assert nodes["one"].parents == ("check",)
    assert nodes["one"].function == nodes["two"].function == "make"
    assert nodes["two"].parents == ()
    assert [name for name, node in nodes.items() if not node.is_cached] == ["check"]
