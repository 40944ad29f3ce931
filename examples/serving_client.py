#!/usr/bin/env python
"""A client of a served export: images in, images out.

  python examples/serving_client.py sample samples.png --number=16 --seed=1
  python examples/serving_client.py bound digit.png
  python examples/serving_client.py denoise digit.png denoised.png --noise_scale=0.3
  python examples/serving_client.py denoise x_smoothed.npy denoised.png
  python examples/serving_client.py inpaint digit.png mask.png inpainted.png

It calls signatures alone, and imports nothing of smoothing_tf, so that it can be copied
into another project. It needs numpy and Pillow, and with --grpc the package
tensorflow-serving-api. Images have the size of the data, and their pixels the grey
levels of `samples`; what is transparent becomes white. A mask is white where a pixel is
known. Several images are written below one another.

`denoise` takes a clean image, to which it adds Gaussian noise of the standard deviation
--noise_scale; that of the model is `noise_scale` in smoothing.json. Or it takes a noisy
image x~ as a NumPy file, float32 [h, w, c] on [-1, 1]. A picture cannot hold x~: its 8
bits end at -1 and 1, and much of the noise lies beyond.
"""

import argparse
import json
import math
import pathlib
import sys
import urllib.error
import urllib.request

import numpy as np
from PIL import Image, ImageOps

# Pillow's modes of pictures without color, with 1 and 8 bits.
GREY = ("1", "L", "LA")


def predict_by_rest(address, model, timeout):
    """Returns a function that calls a signature by JSON; `address` is host:port."""
    url = f"http://{address}/v1/models/{model}:predict"

    def predict(signature, wanted, **inputs):
        values = {name: value.tolist() for name, value in inputs.items()}
        body = json.dumps({"signature_name": signature, "inputs": values}).encode()
        try:
            with urllib.request.urlopen(url, body, timeout) as response:
                answer = response.read()
        except urllib.error.HTTPError as error:
            raise refused(address, error.read().decode(errors="replace")) from error
        try:
            outputs = json.loads(answer)["outputs"]
        except (ValueError, KeyError, TypeError) as error:
            raise RuntimeError(
                f"{address} does not answer as TensorFlow Serving does."
            ) from error
        # A single output has no name.
        if not isinstance(outputs, dict):
            outputs = {wanted: outputs}
        require(wanted, outputs, signature)
        return np.asarray(outputs[wanted])

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
            raise refused(address, error.details()) from error
        require(wanted, response.outputs, signature)
        return tf.make_ndarray(response.outputs[wanted])

    return predict


def refused(address, reason):
    """Makes the error of a request that failed, on one line."""
    reason = " ".join((reason or "").split())
    return RuntimeError(f"{address} refused the request: {reason}")


def require(wanted, outputs, signature):
    """Requires an output."""
    if wanted not in outputs:
        raise RuntimeError(
            f"The model's {signature} returns {', '.join(sorted(outputs))}, not"
            f" {wanted}. Serve an export of images."
        )


def sample(predict, arguments):
    """Draws new images."""
    (output,) = arguments.files
    save(output, predict("sample_rows", "samples", **rows(arguments)))


def bound(predict, arguments):
    """Prints the bound on the likelihood of an image."""
    (image,) = arguments.files
    inputs = rows(arguments, pixels=read(image, arguments.channels))
    bits = predict("bound_pixels", "bits_per_dim", **inputs)
    print(f"{bits.mean():.3f} bits per dimension, mean of {len(bits)} draws of x~")


def denoise(predict, arguments):
    """Adds noise to an image, or reads one with noise, x~, and removes the noise."""
    image, output = arguments.files
    scale = arguments.noise_scale
    if image.endswith(".npy") != (scale is None):
        raise ValueError(
            "denoise needs --noise_scale for a picture, which is clean, and none for a"
            f" .npy file, which holds x~; got {image}."
        )
    if scale is None:
        x_smoothed = np.load(image)
    else:
        x = read(image, arguments.channels) / 127.5 - 1.0
        rng = np.random.default_rng(arguments.seed)
        x_smoothed = x + scale * rng.standard_normal(x.shape)
    inputs = rows(arguments, x_smoothed=x_smoothed.astype(np.float32))
    save(output, predict("denoise", "samples", **inputs))


def inpaint(predict, arguments):
    """Draws the missing pixels of an image."""
    image, mask, output = arguments.files
    known = (read(mask, 1)[..., 0] > 127).astype(np.uint8)
    inputs = rows(arguments, pixels=read(image, arguments.channels), mask=known)
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


def read(path, channels=None):
    """Reads an image, uint8 [h, w, channels]; by default, 1 if it is grey, else 3."""
    with Image.open(path) as file:
        image = ImageOps.exif_transpose(file)
    if image.mode == "F":
        raise ValueError(
            f"{path} holds floats, and the file does not say which values are black and"
            " white. Save it with 8 or 16 bits a channel."
        )
    if image.mode.startswith("I"):  # Greys of 16 bits.
        grey = np.clip(np.asarray(image, np.float64), 0.0, 65535.0) / 257.0
        image = Image.fromarray(np.rint(grey).astype(np.uint8))
    mode = image.mode
    image = image.convert("RGBA")
    ground = Image.new("RGBA", image.size, "white")
    image = Image.alpha_composite(ground, image).convert("RGB")
    color = np.asarray(image)
    if channels is None:
        has_grey_palette = mode == "P" and np.all(color == color[..., :1])
        channels = 1 if mode in GREY or has_grey_palette else 3
    return color if channels == 3 else np.asarray(image.convert("L"))[..., np.newaxis]


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


def check_output(path):
    """Requires a file that Pillow can write, before the request."""
    path = pathlib.Path(path)
    if Image.registered_extensions().get(path.suffix.lower()) not in Image.SAVE:
        raise ValueError(f"OUTPUT must end in .png or the like; got {path}.")
    if not path.parent.is_dir():
        raise ValueError(f"The directory of OUTPUT must exist; got {path}.")


def whole(low, high=2**31 - 1):
    """Returns a function that reads a whole number from `low` to `high`."""

    def number(text):
        if not low <= int(text) <= high:
            raise argparse.ArgumentTypeError(f"must be from {low} to {high}")
        return int(text)

    return number


def deviation(text):
    """Reads a finite number of at least 0."""
    if not 0.0 <= float(text) < math.inf:
        raise argparse.ArgumentTypeError("must be a number of at least 0")
    return float(text)


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
    parser.add_argument("--number", type=whole(1), default=4, help="number of results")
    parser.add_argument("--seed", type=whole(0), default=0)
    parser.add_argument("--label", type=whole(-1), help="class, of a conditional model")
    parser.add_argument(
        "--channels", type=int, choices=(1, 3), help="of the data; default: as in IMAGE"
    )
    parser.add_argument(
        "--noise_scale", type=deviation, help="noise that denoise adds, on [-1, 1]"
    )
    parser.add_argument("--timeout", type=float, default=300.0, help="in seconds")
    arguments = parser.parse_args(argv)
    run, files = TASKS[arguments.task]
    if len(arguments.files) != len(files.split()):
        parser.error(f"{arguments.task} needs {files}; got {arguments.files}")
    connect = predict_by_grpc if arguments.grpc else predict_by_rest
    address = arguments.grpc or arguments.rest
    try:
        if files.endswith("OUTPUT"):
            check_output(arguments.files[-1])
        run(connect(address, arguments.model, arguments.timeout), arguments)
    except (
        *(OSError, RuntimeError, ValueError),
        Image.DecompressionBombError,
    ) as error:
        sys.exit(f"error: {error}")


if __name__ == "__main__":
    main(sys.argv[1:])
