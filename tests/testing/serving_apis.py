"""REST and gRPC as TensorFlow Serving has them, on loopback, for a `ModelServer`."""

import concurrent.futures
import contextlib
import http.server
import json
import threading

import numpy as np
import tensorflow as tf


def predict_json(server, body):
    """Answers the body of a REST request in columns: (status, body)."""
    request = json.loads(body)
    name = request["signature_name"]
    specs = server.signatures[name].inputs
    try:
        arrays = {
            key: np.array(value, tf.as_dtype(specs[key].dtype).as_numpy_dtype)
            for key, value in request["inputs"].items()
        }
        outputs = server.predict(name, arrays)
    except tf.errors.InvalidArgumentError as error:
        return 400, json.dumps({"error": error.message}).encode()
    outputs = {key: value.tolist() for key, value in outputs.items()}
    if len(outputs) == 1:
        (outputs,) = outputs.values()
    return 200, json.dumps({"outputs": outputs}).encode()


@contextlib.contextmanager
def rest_api(server, model):
    """Serves a model of this name; yields host:port."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            status, answer = 404, b'{"error": "no such model"}'
            if self.path == f"/v1/models/{model}:predict":
                status, answer = predict_json(server, body)
            self.send_response(status)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, format, *args):
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as listener:
        thread = threading.Thread(target=listener.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield f"127.0.0.1:{listener.server_address[1]}"
        finally:
            listener.shutdown()
            thread.join()


@contextlib.contextmanager
def grpc_api(server, model):
    """Serves a model of this name; yields host:port."""
    import grpc
    from tensorflow_serving.apis import predict_pb2, prediction_service_pb2_grpc

    class Service(prediction_service_pb2_grpc.PredictionServiceServicer):
        def Predict(self, request, context):
            if request.model_spec.name != model:
                context.abort(grpc.StatusCode.NOT_FOUND, "no such model")
            arrays = {key: tf.make_ndarray(x) for key, x in request.inputs.items()}
            try:
                outputs = server.predict(request.model_spec.signature_name, arrays)
            except tf.errors.InvalidArgumentError as error:
                context.abort(grpc.StatusCode.INVALID_ARGUMENT, error.message)
            response = predict_pb2.PredictResponse()
            for key in request.output_filter or outputs:
                response.outputs[key].CopyFrom(tf.make_tensor_proto(outputs[key]))
            return response

    listener = grpc.server(concurrent.futures.ThreadPoolExecutor(1))
    prediction_service_pb2_grpc.add_PredictionServiceServicer_to_server(
        Service(), listener
    )
    port = listener.add_insecure_port("127.0.0.1:0")
    listener.start()
    try:
        yield f"127.0.0.1:{port}"
    finally:
        listener.stop(None).wait()
