"""Settings of a submission to Kubeflow Pipelines."""

import dataclasses

from pipeline.cluster.kubernetes_names import check_name
from pipeline.submission.schedule import check_schedule
from smoothing_tf.settings import setting, validate


@dataclasses.dataclass(frozen=True)
class SubmissionConfig:
    """Where and how the pipeline is submitted."""

    host: str | None = setting(
        None, "Kubeflow Pipelines API to submit to, its address."
    )
    token_file: str | None = setting(
        None,
        "File with a token for the API, sent as `Authorization: Bearer`. The token"
        " itself would be visible on the command line.",
        none_name="",
        is_path=True,
    )
    namespace: str | None = setting(
        None, "Namespace of the runs; an API with several users requires one."
    )
    experiment: str | None = setting(
        None,
        "Experiment that holds the runs; by default Default. Created when missing.",
    )
    run_name: str | None = setting(
        None, "Name of the run; by default `smoothing` and the time."
    )
    service_account: str | None = setting(
        None, "Service account of the nodes; by default the one of the API."
    )
    schedule: str | None = setting(
        None,
        "Starts a run at these times instead of one now: second, minute, hour, day of"
        " the month, month and day of the week, e.g. '0 30 2 * * *' for every day at"
        " 2:30.",
    )

    def __post_init__(self):
        validate(self)
        for field in dataclasses.fields(self):
            if field.name != "host" and not self.host and getattr(self, field.name):
                raise ValueError(
                    f"`{field.name}` has no effect without `host`; give the address of"
                    " the API as well, or drop it."
                )
        if self.namespace is not None:
            check_name("namespace", "namespace", self.namespace, max_length=63)
        if self.service_account is not None:
            check_name("service_account", "service account", self.service_account)
        if self.schedule is not None:
            check_schedule(self.schedule)
        for name in ("experiment", "run_name"):
            if getattr(self, name) == "":
                raise ValueError(f"`{name}` must not be empty; drop it.")
