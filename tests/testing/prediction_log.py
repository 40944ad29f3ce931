"""The protocol buffers of warm-up files, declared as in tensorflow-serving-api."""

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from tensorflow.core.framework import tensor_pb2

_PACKAGE = "tensorflow.serving"


def read_prediction_log(record):
    """Parses a record: (signature, name of an input -> its TensorProto)."""
    log = _message_class()()
    log.ParseFromString(record)
    request = log.predict_log.request
    inputs = {}
    for name, value in request.inputs.items():
        # The same message, of TensorFlow's own class.
        inputs[name] = tensor_pb2.TensorProto.FromString(value.SerializeToString())
    return request.model_spec.signature_name, inputs


def _message_class():
    pool = descriptor_pool.DescriptorPool()
    _add_with_dependencies(pool, tensor_pb2.DESCRIPTOR, set())
    file = descriptor_pb2.FileDescriptorProto(
        name="serving.proto",
        package=_PACKAGE,
        syntax="proto3",
        dependency=[tensor_pb2.DESCRIPTOR.name],
    )
    spec = file.message_type.add(name="ModelSpec")
    _add(spec, "name", 1)
    _add(spec, "signature_name", 3)
    request = file.message_type.add(name="PredictRequest")
    _add(request, "model_spec", 1, f".{_PACKAGE}.ModelSpec")
    entry = request.nested_type.add(name="InputsEntry")
    entry.options.map_entry = True
    _add(entry, "key", 1)
    _add(entry, "value", 2, ".tensorflow.TensorProto")
    repeated = descriptor_pb2.FieldDescriptorProto.LABEL_REPEATED
    _add(request, "inputs", 2, f".{_PACKAGE}.PredictRequest.InputsEntry", repeated)
    log = file.message_type.add(name="PredictLog")
    _add(log, "request", 1, f".{_PACKAGE}.PredictRequest")
    top = file.message_type.add(name="PredictionLog")
    _add(top, "predict_log", 6, f".{_PACKAGE}.PredictLog")
    pool.Add(file)
    descriptor = pool.FindMessageTypeByName(f"{_PACKAGE}.PredictionLog")
    return message_factory.GetMessageClass(descriptor)


def _add_with_dependencies(pool, descriptor, added):
    if descriptor.name in added:
        return
    added.add(descriptor.name)
    for dependency in descriptor.dependencies:
        _add_with_dependencies(pool, dependency, added)
    file = descriptor_pb2.FileDescriptorProto()
    descriptor.CopyToProto(file)
    pool.Add(file)


def _add(message, name, number, type_name=None, label=None):
    field = descriptor_pb2.FieldDescriptorProto
    kind = field.TYPE_STRING if type_name is None else field.TYPE_MESSAGE
    message.field.add(
        name=name,
        number=number,
        label=label or field.LABEL_OPTIONAL,
        type=kind,
        type_name=type_name,
    )
