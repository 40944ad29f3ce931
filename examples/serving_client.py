#!/usr/bin/env python
"""A client of a served export: images in, images out.

  python examples/serving_client.py sample samples.png --number=16 --seed=1
  python examples/serving_client.py bound digit.png
  python examples/serving_client.py denoise noisy.png denoised.png
  python examples/serving_client.py inpaint digit.png mask.png inpainted.png

It calls signatures alone, and imports nothing of smoothing_tf, so that it can be copied
into another project. It needs numpy and Pillow, and with --grpc the package
tensorflow-serving-api. Images have the size of the data, and their pixels the grey
levels of `samples`; a mask is white where a pixel is known. Several images are written
below one another.
"""

import argparse
import json
import sys
import urllib.error
import urllib.request

import numpy as np
from PIL import Image


def predict_by_rest(address, model, timeout):
    """Returns a function that calls a signature by JSON; `address` is host:port."""
    url = f"http://{address}/v1/models/{model}:predict"

    def predict(signature, wanted, **inputs):
        values = {name: value.tolist() for name, value in inputs.items()}
        body = json.dumps({"signature_name": signature, "inputs": values}).encode()
        try:
            with urllib.request.urlopen(url, body, timeout) as response:
                outputs = json.load(response)["outputs"]
        except urllib.error.HTTPError as error:
            answer = error.read().decode(errors="replace")
            raise RuntimeError(f"{address} refused the request: {answer}") from error
        # A single output has no name.
        found = outputs[wanted] if isinstance(outputs, dict) else outputs
        return np.asarray(found)

    return predict


def predict_by_grpc(address, model, timeout):
    """Returns a function that sends a PredictRequest; `address` is host:port."""
    import grpc
    import tensorflow as tf
    from tensorflow_serving.apis import predict_pb2, prediction_service_pb2_grpc

    # By default, a response of more than 4 MB is an error.
    options = [("grpc.max_receive_message_length", -1)]
    channel = grpc.insecure_channel(address, options)
    stub = prediction_service_pb2_grpc.PredictionServiceStub(channel)

    def predict(signature, wanted, **inputs):
        request = predict_pb2.PredictRequest()
        request.model_spec.name = model
        request.model_spec.signature_name = signature
        for name, value in inputs.items():
            request.inputs[name].CopyFrom(tf.make_tensor_proto(value))
        request.output_filter.append(wanted)
        try:
            response = stub.Predict(request, timeout)
        except grpc.RpcError as error:
            answer = error.details()
            raise RuntimeError(f"{address} refused the request: {answer}") from error
        return tf.make_ndarray(response.outputs[wanted])

    return predict


def sample(predict, arguments):
    """Draws new images."""
    (output,) = arguments.files
    save(output, predict("sample_rows", "samples", **rows(arguments)))


def bound(predict, arguments):
    """Prints the bound on the likelihood of an image."""
    (image,) = arguments.files
    inputs = rows(arguments, pixels=read(image))
    bits = predict("bound_pixels", "bits_per_dim", **inputs)
    print(f"{bits.mean():.3f} bits per dimension, mean of {len(bits)} draws of x~")


def denoise(predict, arguments):
    """Removes noise of the model's kind from an image."""
    image, output = arguments.files
    x_smoothed = (read(image) / 127.5 - 1.0).astype(np.float32)
    inputs = rows(arguments, x_smoothed=x_smoothed)
    save(output, predict("denoise", "samples", **inputs))


def inpaint(predict, arguments):
    """Draws the missing pixels of an image."""
    image, mask, output = arguments.files
    known = (read(mask).mean(axis=-1) > 127).astype(np.uint8)
    inputs = rows(arguments, pixels=read(image), mask=known)
    inputs["num_particles"] = np.full([arguments.number], 8, np.int32)
    save(output, predict("inpaint", "samples", **inputs))


def rows(arguments, **arrays):
    """Repeats arrays for each of the `--number` rows, and adds seeds and a class."""
    number = arguments.number
    inputs = {name: np.stack([array] * number) for name, array in arrays.items()}
    seeds = [[arguments.seed, row] for row in range(number)]
    inputs["seed"] = np.array(seeds, np.int32)
    if arguments.label is not None:
        inputs["label"] = np.full([number], arguments.label, np.int32)
    return inputs


def read(path):
    """Reads an image, uint8 [h, w, 1 or 3]."""
    with Image.open(path) as image:
        color = image.convert("RGB" if image.mode in ("RGB", "RGBA", "P") else "L")
    return np.atleast_3d(np.asarray(color))


def save(path, images):
    """Writes images [n, h, w, 1 or 3] below one another."""
    tall = images.astype(np.uint8).reshape(-1, *images.shape[2:])
    Image.fromarray(tall[..., 0] if tall.shape[-1] == 1 else tall).save(path)
    print(f"Wrote {len(images)} images to {path}.")


# Task -> its function and its files.
TASKS = {
    "sample": (sample, "OUTPUT"),
    "bound": (bound, "IMAGE"),
    "denoise": (denoise, "IMAGE OUTPUT"),
    "inpaint": (inpaint, "IMAGE MASK OUTPUT"),
}


def main(argv):
    """Runs a task."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("task", choices=TASKS)
    parser.add_argument("files", nargs="*", help="files of the task, as above")
    parser.add_argument("--rest", default="localhost:8501", help="host:port of REST")
    parser.add_argument("--grpc", help="host:port of gRPC, in place of REST")
    parser.add_argument("--model", default="digits", help="name of the model")
    parser.add_argument("--number", type=int, default=4, help="number of results")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--label", type=int, help="class, of a conditional model")
    parser.add_argument("--timeout", type=float, default=300.0, help="in seconds")
    arguments = parser.parse_args(argv)
    run, files = TASKS[arguments.task]
    if len(arguments.files) != len(files.split()):
        parser.error(f"{arguments.task} needs {files}; got {arguments.files}")
    connect = predict_by_grpc if arguments.grpc else predict_by_rest
    address = arguments.grpc or arguments.rest
    try:
        run(connect(address, arguments.model, arguments.timeout), arguments)
    except (OSError, RuntimeError, ValueError) as error:
        sys.exit(f"error: {error}")


if __name__ == "__main__":
    main(sys.argv[1:])
