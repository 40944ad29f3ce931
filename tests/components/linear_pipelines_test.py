"""Only pipelines that every runner computes are accepted."""

import apache_beam as beam
import pytest
from apache_beam.coders import VarIntCoder
from apache_beam.io import ReadFromText, WriteToText
from apache_beam.transforms.userstate import ReadModifyWriteStateSpec

from components.linear_pipelines import check_linear
from components.shared_directories import SharedDirectories
from components.sharing_fn import SharingFn


class _Finishing(beam.DoFn):
    def process(self, element):
        yield element

    def finish_bundle(self):
        pass


class _Stateful(beam.DoFn):
    SUM = ReadModifyWriteStateSpec("sum", VarIntCoder())

    def process(self, element, total=beam.DoFn.StateParam(SUM)):  # noqa: B008
        yield element


def _numbers(pipeline):
    return pipeline | "Numbers" >> beam.Create([1, 2])


def _linear(pipeline):
    _ = (
        _numbers(pipeline)
        | beam.Reshuffle()
        | "Twice" >> beam.Map(lambda x: [x, x])
        | "Each" >> beam.FlatMap(lambda x: x)
        | "Odd" >> beam.Filter(lambda x: x % 2)
    )


def _two_sinks(pipeline):
    numbers = _numbers(pipeline)
    _ = numbers | "Sink" >> beam.Map(print)
    _ = numbers | "Other sink" >> beam.Map(print)


def _branch_that_joins(pipeline):
    numbers = _numbers(pipeline)
    parts = [numbers | f"Part {i}" >> beam.Map(lambda x: x) for i in range(2)]
    _ = parts | beam.Flatten() | beam.Map(print)


def _two_sources(pipeline):
    _ = _numbers(pipeline) | "Sink" >> beam.Map(print)
    _ = pipeline | "Others" >> beam.Create([3]) | "Other sink" >> beam.Map(print)


def _tagged_outputs(pipeline):
    _ = _numbers(pipeline) | beam.ParDo(lambda x: [x]).with_outputs("odd", main="even")


def _used_tagged_outputs(pipeline):
    outputs = _numbers(pipeline) | beam.ParDo(lambda x: [x]).with_outputs("odd")
    _ = outputs.odd | beam.Map(print)


def _side_input(pipeline):
    numbers = _numbers(pipeline)
    side = beam.pvalue.AsList(pipeline | "Others" >> beam.Create([3]))
    _ = numbers | beam.Map(lambda x, others: x, side)


BAD = {
    "reads what another": _two_sinks,
    "reads what another transform": _branch_that_joins,
    "one start; got 'Numbers', 'Others'": _two_sources,
    "has tagged outputs": _tagged_outputs,
    "tagged outputs": _used_tagged_outputs,
    "has side inputs": _side_input,
    "has a `finish_bundle`": lambda p: _numbers(p) | beam.ParDo(_Finishing()),
    "has a `finish_bundle`. ": lambda p: (
        _numbers(p) | beam.ParDo(SharingFn(_Finishing(), SharedDirectories("", "", ())))
    ),
    "has a state": lambda p: p | beam.Create([(1, 2)]) | beam.ParDo(_Stateful()),
    "is a GroupByKey": lambda p: p | beam.Create([(1, 2)]) | beam.GroupByKey(),
    "Split it": lambda p: p | beam.Create([(1, 2)]) | beam.GroupIntoBatches(2),
    "one straight line": lambda p: p | ReadFromText(__file__),
    "straight line": lambda p: _numbers(p) | WriteToText("unused"),
    "a pipeline": lambda p: _numbers(p) | beam.CombineGlobally(sum),
    "one start; got none": lambda p: None,
}


def test_a_line_is_accepted():
    pipeline = beam.Pipeline("FnApiRunner")
    _linear(pipeline)
    check_linear(pipeline)


@pytest.mark.parametrize("message, build", BAD.items(), ids=BAD)
def test_others_are_refused(message, build):
    pipeline = beam.Pipeline("FnApiRunner")
    build(pipeline)
    with pytest.raises(ValueError) as caught:
        check_linear(pipeline)
    assert message.lower() in str(caught.value).lower()
    assert str(caught.value).endswith("run one after the other.")
