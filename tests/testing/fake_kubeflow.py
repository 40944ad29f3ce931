"""A Kubeflow Pipelines API on the loopback interface, for submissions."""

import contextlib
import dataclasses
import http.server
import json
import threading
import urllib.parse
from collections.abc import Iterator
from typing import Any

from google.protobuf import json_format
from kfp.pipeline_spec import pipeline_spec_pb2

_API = "/apis/v2beta1/"
LOGIN_PAGE = b"<!DOCTYPE html><html><title>\n Log in to Your Account </title></html>"
QUOTA = (
    'Failed to create a new run: pods "smoothing-x" is forbidden: exceeded quota:\n'
    "gpus, requested: requests.nvidia.com/gpu=8, used: 0, limited: 4"
)


@dataclasses.dataclass(frozen=True)
class Request:
    """One request: its method, path below the API, query, headers and JSON body."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: Any


@dataclasses.dataclass
class FakeKubeflow:
    """The API. Attributes that a test sets decide how it answers.

    Attributes:
      host: its address.
      multi_user: whether a namespace must be given with every experiment.
      token: the bearer token that it wants; None for none.
      login: None, "page" (status 200) or "redirect" to that page.
      answers: path -> (status, content type, body) in place of its own answer.
      experiments: those that there are.
      requests: those that came.
    """

    host: str = ""
    multi_user: bool = False
    token: str | None = None
    login: str | None = None
    answers: dict[str, tuple[int, str, bytes]] = dataclasses.field(default_factory=dict)
    experiments: list[dict[str, str]] = dataclasses.field(default_factory=list)
    requests: list[Request] = dataclasses.field(default_factory=list)

    def created(self, path: str) -> Any:
        """The body of the only request that created something there."""
        (body,) = (
            r.body for r in self.requests if (r.method, r.path) == ("POST", path)
        )
        return body

    def answer(self, request: Request) -> tuple[int, str, bytes]:
        """Returns status, content type and body."""
        if request.path in self.answers:
            return self.answers[request.path]
        if (
            self.token
            and request.headers.get("authorization") != f"Bearer {self.token}"
        ):
            if self.login:
                return 200, "text/html; charset=utf-8", LOGIN_PAGE
            return 401, "text/plain", b"Jwt verification fails"
        try:
            return 200, "application/json", json.dumps(self._do(request)).encode()
        except ValueError as error:
            return _error(400, 3, str(error))

    def _do(self, request: Request) -> dict[str, Any]:
        match request.method, request.path:
            case "GET", "healthz":
                return {"multi_user": self.multi_user}
            case "GET", "experiments":
                return {"experiments": self._found(request)} if self.experiments else {}
            case "POST", "experiments":
                self._check_namespace(request.body.get("namespace"))
                experiment = {"experiment_id": f"experiment-{len(self.experiments)}"}
                self.experiments.append({**request.body, **experiment})
                return self.experiments[-1]
            case "POST", "runs":
                self._check_run(request.body)
                return {"run_id": "run-1", "state": "PENDING"}
            case "POST", "recurringruns":
                self._check_run(request.body)
                return {"recurring_run_id": "recurring-1", "status": "ENABLED"}
        raise ValueError(f"There is no {request.method} {request.path}.")

    def _found(self, request: Request) -> list[dict[str, str]]:
        namespace = request.query.get("namespace")
        self._check_namespace(namespace)
        (wanted,) = json.loads(request.query["filter"])["predicates"]
        return [
            experiment
            for experiment in self.experiments
            if experiment["display_name"] == wanted["stringValue"]
            and (experiment.get("namespace") or "") == (namespace or "")
        ]

    def _check_namespace(self, namespace: str | None) -> None:
        if self.multi_user and not namespace:
            raise ValueError("Invalid input error: the namespace is empty.")
        if namespace and not self.multi_user:
            raise ValueError("In single-user mode there must be no namespace.")

    def _check_run(self, body: Any) -> None:
        ids = {experiment["experiment_id"] for experiment in self.experiments}
        if body["experiment_id"] not in ids:
            raise ValueError(f"There is no experiment {body['experiment_id']!r}.")
        document = body["pipeline_spec"]
        spec = json_format.ParseDict(
            document.get("pipeline_spec", document), pipeline_spec_pb2.PipelineSpec()
        )
        inputs = spec.root.input_definitions.parameters
        given = body["runtime_config"]["parameters"]
        unknown = given.keys() - inputs.keys()
        missing = [n for n, p in inputs.items() if not (p.is_optional or n in given)]
        if unknown or missing:
            raise ValueError(f"Unknown inputs {unknown}, missing inputs {missing}.")


def _error(status: int, code: int, message: str) -> tuple[int, str, bytes]:
    """An error as gRPC's gateway answers it."""
    body = {"error": message, "code": code, "message": message, "details": []}
    return status, "application/json", json.dumps(body).encode()


def quota_error() -> tuple[int, str, bytes]:
    """What the API answers when the quota of the namespace is used up."""
    return _error(429, 8, QUOTA)


@contextlib.contextmanager
def fake_kubeflow() -> Iterator[FakeKubeflow]:
    """Serves the API until the block ends."""
    api = FakeKubeflow()

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self._respond("GET")

        def do_POST(self):
            self._respond("POST")

        def _respond(self, method):
            url = urllib.parse.urlsplit(self.path)
            length = int(self.headers.get("Content-Length") or 0)
            text = self.rfile.read(length)
            headers = {name.lower(): value for name, value in self.headers.items()}
            if api.login == "redirect" and url.path != "/dex/auth":
                is_known = headers.get("authorization") == f"Bearer {api.token}"
                if not is_known:
                    self.send_response(302)
                    self.send_header("Location", "/dex/auth?client_id=kubeflow")
                    self.end_headers()
                    return
            request = Request(
                method,
                url.path.removeprefix(_API),
                dict(urllib.parse.parse_qsl(url.query)),
                headers,
                json.loads(text) if text else None,
            )
            api.requests.append(request)
            status, kind, body = api.answer(request)
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            # A client may have given up.
            with contextlib.suppress(ConnectionError):
                self.wfile.write(body)

        def log_message(self, format, *args):
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        api.host = f"http://127.0.0.1:{server.server_address[1]}"
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield api
        finally:
            server.shutdown()
            thread.join()
