"""Every answer of a Kubeflow Pipelines API leads to a run or to one line."""

import json
import logging
import shutil
import time

import pytest

from pipeline import kubeflow_runner
from pipeline.pipeline_config import PipelineConfig
from pipeline.submission.submission_config import SubmissionConfig
from pipeline.submission.submit import submit
from smoothing_tf import config as config_lib
from smoothing_tf.command_line import is_deliberate, message_of
from tests.testing.command_lines import call_command
from tests.testing.fake_kubeflow import QUOTA, fake_kubeflow, quota_error

PUSH = ("--pvc=models:/models", "--push_dir=/models/digits")


@pytest.fixture
def api(monkeypatch, tmp_path):
    # kfp reads the settings of its user there.
    for name in (
        "KF_PIPELINES_ENDPOINT",
        "KF_PIPELINES_UI_ENDPOINT",
        "KF_PIPELINES_DEFAULT_EXPERIMENT_NAME",
        "KF_PIPELINES_OVERRIDE_EXPERIMENT_NAME",
        "KF_PIPELINES_IAP_OAUTH2_CLIENT_ID",
    ):
        monkeypatch.delenv(name, raising=False)
    context = str(tmp_path / "context.json")
    client = "pipeline.submission.checked_client.client.Client._LOCAL_KFP_CONTEXT"
    monkeypatch.setattr(client, context)
    with fake_kubeflow() as fake:
        yield fake


@pytest.fixture
def token_file(tmp_path):
    path = tmp_path / "token"
    path.write_text("secret.of.mine\n")
    return path


@pytest.fixture(scope="module")
def package(tmp_path_factory):
    """A compiled pipeline."""
    path = tmp_path_factory.mktemp("package") / "pipeline.yaml"
    config, options = config_lib.parse(["--model=made"], PipelineConfig)
    kubeflow_runner.compile_pipeline(config, options, path)
    return path


@pytest.fixture
def compiled(package, monkeypatch):
    """Submits a pipeline that was compiled before; the run's parameters are its own."""

    def copy(config, options, output, cluster=None):
        shutil.copyfile(package, output)

    monkeypatch.setattr(kubeflow_runner, "compile_pipeline", copy)


@pytest.fixture
def one_line(api, package):
    """Submits a run and returns the one line with which that fails."""

    def submit_and_fail(**options):
        config = SubmissionConfig(host=api.host, **options)
        with pytest.raises((ConnectionError, ValueError)) as error:
            submit(package, {"push_dir": "/models"}, config)
        assert is_deliberate(error.value)
        return message_of(error.value)

    return submit_and_fail


def submitted(api, *arguments):
    return call_command(
        "pipeline.kubeflow_runner",
        "--model=made",
        "--seed=3",
        f"--host={api.host}",
        *PUSH,
        *arguments,
    )


def test_a_single_user_gets_a_run(api):
    result = submitted(api)
    assert (result.status, result.stderr) == (0, "")
    page = f"{api.host}/#/runs/details/run-1"
    assert result.stdout == f"Submitted run run-1: {page}\n"
    assert api.experiments[0]["display_name"] == "Default"
    run = api.created("runs")
    assert run["display_name"].startswith("smoothing 20")
    assert "service_account" not in run
    parameters = run["runtime_config"]["parameters"]
    assert parameters["push_dir"] == "/models/digits"
    assert parameters["seed"] == 3
    executors = run["pipeline_spec"]["platform_spec"]["platforms"]["kubernetes"]
    mounts = executors["deploymentSpec"]["executors"]["exec-push"]["pvcMount"]
    assert [mount["mountPath"] for mount in mounts] == ["/models"]


# kfp takes the second one for none.
@pytest.mark.usefixtures("compiled")
@pytest.mark.parametrize("namespace", ["team-a", "kubeflow"])
def test_several_users_get_runs_in_their_namespace(api, token_file, namespace):
    api.multi_user, api.token = True, "secret.of.mine"
    result = submitted(
        api,
        f"--token_file={token_file}",
        f"--namespace={namespace}",
        "--experiment=digits",
        "--run_name=the first",
        "--service_account=trainer",
    )
    assert (result.status, result.stderr) == (0, "")
    assert "secret.of.mine" not in result.stdout
    listing = next(r for r in api.requests if r.path == "experiments")
    assert listing.query["namespace"] == namespace
    tokens = {request.headers["authorization"] for request in api.requests}
    assert tokens == {"Bearer secret.of.mine"}
    (experiment,) = api.experiments
    assert (experiment["display_name"], experiment["namespace"]) == (
        "digits",
        namespace,
    )
    run = api.created("runs")
    assert run["experiment_id"] == experiment["experiment_id"]
    assert run["display_name"] == "the first"
    assert run["service_account"] == "trainer"


@pytest.mark.usefixtures("compiled")
def test_an_experiment_is_created_once(api):
    assert submitted(api, "--experiment=digits").status == 0
    assert submitted(api, "--experiment=digits").status == 0
    assert len(api.experiments) == 1


@pytest.mark.usefixtures("compiled")
def test_a_schedule_makes_a_recurring_run(api):
    result = submitted(
        api,
        "--schedule=0 30 2 * * *",
        "--run_name=nightly",
        "--service_account=trainer",
    )
    assert (result.status, result.stderr) == (0, "")
    assert "recurring-1 at '0 30 2 * * *'" in result.stdout
    assert not [r for r in api.requests if r.path == "runs"]
    recurring = api.created("recurringruns")
    assert recurring["trigger"] == {"cron_schedule": {"cron": "0 30 2 * * *"}}
    assert recurring["mode"] == "ENABLE"
    assert recurring["display_name"] == "nightly"
    assert recurring["service_account"] == "trainer"
    assert recurring["no_catchup"] is True
    assert recurring["runtime_config"]["parameters"]["push_dir"] == "/models/digits"


@pytest.mark.parametrize("login", ["page", "redirect"])
def test_a_login_page_is_no_run(api, one_line, login, token_file):
    api.token, api.login = "another", login
    title = "the page 'Log in to Your Account' instead of JSON"
    assert f"{title}. Give a token with --token_file" in one_line()
    error = one_line(token_file=str(token_file), namespace="a")
    assert f"{title}. The token of --token_file may have expired." in error
    assert "secret.of.mine" not in error


@pytest.mark.parametrize("path", ["experiments", "runs", "recurringruns"])
def test_a_login_page_in_the_middle_is_no_run_either(api, one_line, path):
    api.answers[path] = (200, "text/html", b"<html>Session expired</html>")
    schedule = "0 0 0 * * *" if path == "recurringruns" else None
    assert "answered an HTML page instead of JSON" in one_line(schedule=schedule)


def test_a_rejected_token_is_one_line(api, one_line, token_file):
    api.token = "another"
    error = one_line(token_file=str(token_file))
    assert "401 Unauthorized: 'Jwt verification fails'. The token of" in error


def test_a_used_up_quota_is_one_line(api, one_line):
    api.answers["runs"] = quota_error()
    error = one_line()
    assert f"429 Too Many Requests: {' '.join(QUOTA.split())}." in error
    assert "--token_file" not in error


def test_several_users_need_a_namespace(api, one_line):
    api.multi_user = True
    assert "`namespace` must be given, because the API has several" in one_line()
    assert [request.path for request in api.requests] == ["healthz"]


def test_a_namespace_that_the_api_rejects_is_one_line(one_line):
    error = one_line(namespace="team-a")
    assert "400 Bad Request: In single-user mode" in error


@pytest.mark.parametrize(
    "path, answer, message",
    [
        ("healthz", (503, "text/plain", b""), "503 Service Unavailable."),
        ("healthz", (500, "text/html", b"\xff\xfe"), "500 Internal Server Error: "),
        ("runs", (200, "application/json", b"{}"), "its answer names no run"),
        ("runs", (200, "application/json", b"[]"), "'[]' instead of JSON"),
        ("runs", (200, "application/json", b""), "answered nothing instead of"),
        ("runs", (204, "text/plain", b""), "answered nothing instead of"),
        (
            "runs",
            (
                200,
                "application/json",
                json.dumps(
                    {"run_id": "r", "error": {"code": 13, "message": "no\nstorage."}}
                ).encode(),
            ),
            "no storage.",
        ),
    ],
)
def test_anything_but_a_created_run_is_one_line(api, one_line, path, answer, message):
    api.answers[path] = answer
    assert message in one_line()
    assert sum(request.path == path for request in api.requests) == 1


def test_two_experiments_of_one_name_are_one_line(api, one_line):
    for number in (1, 2):
        api.experiments.append(
            {"experiment_id": str(number), "display_name": "digits", "namespace": ""}
        )
    assert "Multiple experiments" in one_line(experiment="digits")


def test_an_api_that_never_answers_is_given_up(api, one_line, monkeypatch):
    monkeypatch.setattr("pipeline.submission.answers._TIMEOUT_SECONDS", (1, 0.2))

    def answer_late(request):
        time.sleep(1)
        return 200, "application/json", b"{}"

    monkeypatch.setattr(api, "answer", answer_late)
    assert "Read timed out" in one_line(namespace="a")


@pytest.mark.parametrize("text", ["", "two words", "t\u00f6ken"])
def test_a_file_without_a_token_is_one_line(api, one_line, tmp_path, text):
    path = tmp_path / "no_token"
    path.write_text(text, encoding="utf-8")
    error = one_line(token_file=str(path))
    assert "`token_file` must hold one token" in error and str(path) in error
    assert not text or text not in error
    assert api.requests == []


@pytest.mark.parametrize(
    "flag, message",
    [
        ("--namespace=Team_A", "namespace 'Team_A'"),
        ("--namespace=team.a", "namespace 'team.a'"),
        ("--service_account=a b", "service account 'a b'"),
        ("--schedule=30 2 * * *", "six fields"),
        ("--experiment=", "`experiment` must not be empty"),
        ("--push_dir=/elsewhere", "lost with the pod"),
    ],
)
def test_wrong_options_are_refused_before_any_request(api, flag, message):
    result = submitted(api, flag)
    assert message in result.error and result.stdout == ""
    assert api.requests == []


@pytest.mark.usefixtures("compiled")
def test_a_command_that_creates_no_run_fails(api):
    api.login, api.token = "page", "another"
    result = submitted(api)
    assert result.stdout == ""
    assert "Log in to Your Account" in result.error


def test_options_of_a_submission_need_a_host(tmp_path):
    for flag in ("--namespace=a", "--schedule=0 0 0 * * *", "--token_file=t"):
        with pytest.raises(ValueError, match="has no effect without `host`"):
            kubeflow_runner.main([f"--output={tmp_path / 'p.yaml'}", flag])


@pytest.mark.usefixtures("compiled")
def test_kfp_does_not_change_logging(api):
    handlers = list(logging.root.handlers)
    submitted(api)
    assert logging.root.handlers == handlers
