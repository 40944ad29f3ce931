"""kfp's client for a Kubeflow Pipelines API, made strict."""

from typing import Any

from kfp import client

from pipeline.submission.answers import RETRIES, CheckedRequests


class CheckedClient(client.Client):
    """A client that asks once and believes only JSON.

    Attributes:
      is_multi_user: whether the API has said that it serves several users. Without a
        namespace it is asked when the client is made.
    """

    is_multi_user = False

    def __init__(self, host: str, token: str | None, namespace: str | None):
        """Makes a client.

        Args:
          host: address of the API.
          token: token to send; None for what kfp finds in its environment.
          namespace: namespace of the user; None for the one in kfp's own settings.

        Raises:
          AnswerError: the API was asked, and did not answer.
        """
        # The default of kfp stands for no namespace.
        super().__init__(
            host=host, existing_token=token, namespace=namespace or "kubeflow"
        )
        self._check_answers()

    def get_kfp_healthz(self, sleep_duration: int = 5) -> Any:
        """Asks whether the API has several users.

        kfp asks five times within half a minute and prints a traceback each time.
        """
        self._check_answers()
        health = self._healthz_api.healthz_service_get_healthz()
        self.is_multi_user = bool(health.multi_user)
        return health

    def page(self, path: str) -> str:
        """Returns the address of a page of the user interface."""
        return f"{self._get_url_prefix().rstrip('/')}/#/{path}"

    def _check_answers(self) -> None:
        # One object serves all parts of the API.
        api_client = self._run_api.api_client
        api_client.configuration.retries = RETRIES
        api_client.rest_client = CheckedRequests(api_client.configuration)
