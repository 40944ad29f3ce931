"""Answers of a Kubeflow Pipelines API, of which only JSON objects are one."""

import json
import re
from typing import Any

import kfp_server_api
import urllib3
from kfp_server_api import rest

# Until a connection is there, and between two parts of an answer.
_TIMEOUT_SECONDS = (10, 60)
# A request that was sent is not sent again.
RETRIES = urllib3.Retry(3, read=0)
_MAX_LETTERS = 300
_LOGIN_STATUSES = (401, 403)


class AnswerError(Exception):
    """The API did not do what it was asked to.

    Attributes:
      is_login: whether it wants to know first who asks.
    """

    def __init__(self, message: str, is_login: bool = False):
        super().__init__(_one_line(message))
        self.is_login = is_login


class CheckedRequests(rest.RESTClientObject):
    """Requests whose answers are checked before kfp reads them.

    kfp waits forever, takes a login page (HTML with status 200) for an empty object,
    and fails on an error whose body is not text.
    """

    def request(self, method: str, url: str, **options: Any) -> rest.RESTResponse:
        """Sends a request and returns the answer, a JSON object.

        Raises:
          AnswerError: there is no answer, it is an error, or it is something else.
        """
        options["_request_timeout"] = _TIMEOUT_SECONDS
        try:
            response = super().request(method, url, **options)
        except kfp_server_api.ApiException as error:
            is_login = error.status in _LOGIN_STATUSES
            raise AnswerError(_message_of(error), is_login) from error
        except urllib3.exceptions.HTTPError as error:
            # Around the reason, urllib3 says how often it tried, and the whole query.
            raise AnswerError(str(getattr(error, "reason", error))) from error
        if not isinstance(_parse(response.data), dict):
            raise AnswerError(
                f"it answered {_summary(response.data)} instead of JSON", is_login=True
            )
        return response


def _message_of(error: kfp_server_api.ApiException) -> str:
    """Joins an error status and what the API says about it."""
    status = f"{error.status} {error.reason}" if error.status else str(error.reason)
    body = error.body or b""
    parsed = _parse(body)
    said = ""
    if isinstance(parsed, dict):
        # gRPC's gateway says the same under both names.
        said = str(parsed.get("message") or parsed.get("error") or "")
    if not said and body.strip():
        said = _summary(body)
    return f"{status}: {said}" if said else status


def _summary(body: bytes) -> str:
    """Describes a body that is not JSON: the title of a page, or its beginning."""
    text = body.decode("utf-8", "replace").strip()
    title = re.search(r"<title[^>]*>(.*?)</title>", text, re.IGNORECASE | re.DOTALL)
    if title:
        return f"the page {' '.join(title[1].split())!r}"
    if text.startswith("<"):
        return "an HTML page"
    return repr(text[:_MAX_LETTERS]) if text else "nothing"


def _parse(body: bytes) -> Any:
    try:
        return json.loads(body)
    except ValueError:
        return None


def _one_line(text: str) -> str:
    text = " ".join(text.split()).rstrip(".")
    return text if len(text) <= _MAX_LETTERS else f"{text[:_MAX_LETTERS]}..."
