"""Checks that a pipeline is one straight line that every runner computes."""

import apache_beam as beam
from apache_beam.pipeline import AppliedPTransform, PipelineVisitor
from apache_beam.transforms.userstate import is_stateful_dofn

from components.sharing_fn import SharingFn

# Transforms that every runner has; what is inside the first two is up to the runner.
_WHOLE = (beam.Create, beam.Reshuffle)


def check_linear(pipeline: beam.Pipeline) -> None:
    """Checks that a pipeline consists of Create, Reshuffle and ParDo in one line.

    Beam's Dask runner computes only what the last transform depends on: of several
    sinks or branches it silently drops all but one. It also drops tagged outputs and
    what `finish_bundle` yields, and has neither state nor the usual reading and writing
    of text. What it gathers by key passes through the memory of one worker. A straight
    line of these transforms is the same on all runners.

    Raises:
      ValueError: the pipeline has something else; the message names the transform.
    """
    line = _Line()
    pipeline.visit(line)
    line.check_ends()


class _Line(PipelineVisitor):
    def __init__(self) -> None:
        self._whole: AppliedPTransform | None = None
        self._starts: list[str] = []
        # Id of an output -> the transform that makes it, until another one reads it.
        self._open: dict[int, str] = {}
        self._read: set[int] = set()

    def enter_composite_transform(self, node: AppliedPTransform) -> None:
        if self._whole is None and type(node.transform) in _WHOLE:
            self._add(node)
            self._whole = node
        elif self._whole is None and isinstance(node.transform, beam.core._MultiParDo):
            raise _refusal(node, "has tagged outputs")

    def leave_composite_transform(self, node: AppliedPTransform) -> None:
        if self._whole is node:
            self._whole = None

    def visit_transform(self, node: AppliedPTransform) -> None:
        if self._whole is not None:
            return
        if not isinstance(node.transform, beam.ParDo):
            kind = type(node.transform).__name__
            raise _refusal(node, f"is a {kind}, not a Create, Reshuffle or ParDo")
        fn = node.transform.fn
        for part in (fn, fn.inner) if isinstance(fn, SharingFn) else (fn,):
            if type(part).finish_bundle is not beam.DoFn.finish_bundle:
                raise _refusal(node, "has a `finish_bundle`")
            if is_stateful_dofn(part):
                raise _refusal(node, "has a state or a timer")
        self._add(node)

    def _add(self, node: AppliedPTransform) -> None:
        if node.side_inputs:
            raise _refusal(node, "has side inputs")
        if set(node.outputs) - {None, "None"} or len(node.outputs) != 1:
            raise _refusal(node, "has tagged outputs")
        sources = [
            value for value in node.inputs if not isinstance(value, beam.pvalue.PBegin)
        ]
        if not sources:
            self._starts.append(node.full_label)
        for source in sources:
            if id(source) in self._read:
                raise _refusal(node, "reads what another transform reads as well")
            self._read.add(id(source))
            self._open.pop(id(source), None)
        (output,) = node.outputs.values()
        self._open[id(output)] = node.full_label

    def check_ends(self) -> None:
        for what, labels in (
            ("start", self._starts),
            ("end", list(self._open.values())),
        ):
            if len(labels) != 1:
                raise ValueError(
                    f"A pipeline must have one {what}; got"
                    f" {', '.join(map(repr, labels)) or 'none'}. Split it into"
                    " pipelines that run one after the other."
                )


def _refusal(node: AppliedPTransform, problem: str) -> ValueError:
    return ValueError(
        "A pipeline must be one straight line of Create, Reshuffle and ParDo;"
        f" {node.full_label!r} {problem}. Split it into pipelines that run one after"
        " the other."
    )
