"""Submits a compiled pipeline; the result is a run or an error."""

import contextlib
import datetime
import io
import os
import warnings
from collections.abc import Iterator, Mapping
from typing import Any

from pipeline.submission.answers import AnswerError
from pipeline.submission.checked_client import CheckedClient
from pipeline.submission.submission_config import SubmissionConfig
from smoothing_tf import artifacts

_MAX_TOKEN_BYTES = 65536


def submit(
    package: artifacts.Path, arguments: Mapping[str, Any], options: SubmissionConfig
) -> str:
    """Creates a run of a compiled pipeline, or a recurring one.

    Args:
      package: the compiled pipeline, a YAML file.
      arguments: run parameter -> value.
      options: where and how; `host` must be given.

    Returns:
      One line with the id of the run and its page.

    Raises:
      ConnectionError: there is no Kubeflow Pipelines API at the host, or it does not
        create the run.
      OSError: the file of the token cannot be read.
      ValueError: the file holds no token, or the API needs a namespace.
    """
    token = _read_token(options.token_file) if options.token_file else None
    host = str(options.host)
    try:
        with _quiet():
            api = CheckedClient(host, token, options.namespace)
            namespace = options.namespace or api.get_user_namespace() or None
            if api.is_multi_user and namespace is None:
                raise ValueError(
                    "`namespace` must be given, because the API has several users; got"
                    " none."
                )
            return _create(api, package, dict(arguments), options, namespace)
    except AnswerError as error:
        raise ConnectionError(
            "`host` must be the address of a Kubeflow Pipelines API that takes the run;"
            f" got {host!r}: {error}.{_advice(error, token)}"
        ) from error


def _read_token(path: artifacts.Path) -> str:
    """Reads a token, which no message shows."""
    words = artifacts.read_bytes(path, _MAX_TOKEN_BYTES).split()
    if len(words) != 1 or not words[0].isascii():
        raise ValueError(
            "`token_file` must hold one token, a single word of ASCII characters; that"
            f" is not what {path} holds."
        )
    return words[0].decode("ascii")


def _advice(error: AnswerError, token: str | None) -> str:
    if not error.is_login:
        return ""
    if token is None:
        return " Give a token with --token_file if it needs a login."
    return " The token of --token_file may have expired."


def _create(
    api: CheckedClient,
    package: artifacts.Path,
    arguments: dict[str, Any],
    options: SubmissionConfig,
    namespace: str | None,
) -> str:
    # The variables are those of kfp's own functions.
    name = (
        os.environ.get("KF_PIPELINES_OVERRIDE_EXPERIMENT_NAME")
        or options.experiment
        or os.environ.get("KF_PIPELINES_DEFAULT_EXPERIMENT_NAME")
        or "Default"
    )
    try:
        experiment = api.create_experiment(name, namespace=namespace)
    except ValueError as error:
        # kfp found several experiments of this name.
        raise AnswerError(str(error)) from error
    now = datetime.datetime.now().strftime("%Y-%m-%d %H-%M-%S")
    common: dict[str, Any] = {
        "experiment_id": _id_of(experiment, "experiment"),
        "job_name": options.run_name or f"smoothing {now}",
        "pipeline_package_path": os.fspath(package),
        "params": arguments,
        "service_account": options.service_account,
    }
    if options.schedule is None:
        run_id = _id_of(api.run_pipeline(**common), "run")
        return f"Submitted run {run_id}: {api.page(f'runs/details/{run_id}')}"
    recurring = api.create_recurring_run(
        **common, cron_expression=options.schedule, no_catchup=True
    )
    run_id = _id_of(recurring, "recurring_run")
    page = api.page(f"recurringrun/details/{run_id}")
    return f"Scheduled recurring run {run_id} at '{options.schedule}': {page}"


def _id_of(created: Any, kind: str) -> str:
    """Returns the id of what the API says that it created.

    Raises:
      AnswerError: it names none, or an error.
    """
    error = getattr(created, "error", None)
    if error is not None and (error.code or error.message):
        raise AnswerError(error.message or f"error {error.code}")
    identifier = getattr(created, f"{kind}_id")
    if not identifier:
        raise AnswerError(f"its answer names no {kind.replace('_', ' ')}")
    return identifier


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Hides what kfp prints, e.g. links to runs that were not created."""
    with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
        # It always warns that it needs version 2 of Kubeflow Pipelines, and of a host
        # without https://, which it adds.
        warnings.simplefilter("ignore")
        yield
