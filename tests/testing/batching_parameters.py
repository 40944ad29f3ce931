"""TensorFlow Serving's BatchingParameters, of session_bundle_config.proto."""

from google.protobuf import (
    descriptor_pb2,
    descriptor_pool,
    message_factory,
    text_format,
    wrappers_pb2,
)

_FIELD = descriptor_pb2.FieldDescriptorProto
_NUMBERS = (
    "max_batch_size",
    "batch_timeout_micros",
    "max_enqueued_batches",
    "num_batch_threads",
)


def parse_batching_parameters(text):
    """Parses the text of a batching_parameters_file.

    Raises:
      text_format.ParseError: a field does not exist or has another form.
    """
    file = descriptor_pb2.FileDescriptorProto(
        name="batching.proto",
        package="tensorflow.serving",
        syntax="proto3",
        dependency=[wrappers_pb2.DESCRIPTOR.name],
    )
    message = file.message_type.add(name="BatchingParameters")
    for number, name in enumerate(_NUMBERS, start=1):
        _add(message, name, number, _FIELD.TYPE_MESSAGE, "Int64Value")
    _add(message, "thread_pool_name", 5, _FIELD.TYPE_MESSAGE, "StringValue")
    sizes = _add(message, "allowed_batch_sizes", 6, _FIELD.TYPE_INT64)
    sizes.label = _FIELD.LABEL_REPEATED
    _add(message, "pad_variable_length_inputs", 7, _FIELD.TYPE_BOOL)
    pool = descriptor_pool.DescriptorPool()
    pool.AddSerializedFile(wrappers_pb2.DESCRIPTOR.serialized_pb)
    pool.Add(file)
    descriptor = pool.FindMessageTypeByName("tensorflow.serving.BatchingParameters")
    return text_format.Parse(text, message_factory.GetMessageClass(descriptor)())


def _add(message, name, number, kind, wrapper=None):
    type_name = wrapper and f".google.protobuf.{wrapper}"
    return message.field.add(
        name=name,
        number=number,
        label=_FIELD.LABEL_OPTIONAL,
        type=kind,
        type_name=type_name,
    )
