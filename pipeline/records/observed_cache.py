"""kfp's cache of a local run, observed while kfp consults it."""

import contextlib
import dataclasses
import hashlib
import json
from collections.abc import Iterator
from typing import Any

from kfp.local import cache as kfp_cache


@dataclasses.dataclass(frozen=True)
class Execution:
    """A task of which kfp asks whether the cache knows it.

    Attributes:
      component: kfp's name of its component.
      key: key of the execution in the cache.
      own: digest of the component itself: its image, command, source and variables.
      arguments: input -> value, artifacts as `dsl.Artifact`.
    """

    component: str
    key: str
    own: str
    arguments: dict[str, Any]


class ObservedCache(kfp_cache.LocalCache):
    """kfp's cache, which tells its subclasses what kfp asks it and stores in it.

    kfp runs one task after the other, so what is stored belongs to the execution that
    was asked for last.
    """

    _current: Execution

    def compute_key(
        self,
        component_name: str,
        image: str,
        full_command: list[str],
        arguments: dict[str, Any],
        env_vars: dict[str, str] | None = None,
        custom_cache_key: str | None = None,
    ) -> str:
        """Computes the key as kfp does, and remembers of what."""
        key = super().compute_key(
            component_name=component_name,
            image=image,
            full_command=full_command,
            arguments=arguments,
            env_vars=env_vars,
            custom_cache_key=custom_cache_key,
        )
        own = json.dumps([image, full_command, env_vars or {}], sort_keys=True)
        digest = hashlib.sha256(own.encode()).hexdigest()
        self._current = Execution(component_name, key, digest, arguments)
        return key

    def get(self, key: str) -> dict[str, Any] | None:
        """Looks the outputs of an execution up; None if it must run."""
        outputs = super().get(key)
        self.asked(self._current, outputs)
        return outputs

    def put(self, key: str, outputs: dict[str, Any]) -> None:
        """Stores the outputs of an execution that has run."""
        try:
            self.finished(self._current, outputs)
        except Exception as error:
            # kfp only logs an error of its cache, and would not store the outputs.
            self.not_recorded(self._current, error)
        super().put(key, outputs)

    def asked(self, execution: Execution, outputs: dict[str, Any] | None) -> None:
        """Hears of an execution that kfp has asked for, and what the cache has."""

    def finished(self, execution: Execution, outputs: dict[str, Any]) -> None:
        """Hears of an execution that has run, before the cache stores it."""

    def not_recorded(self, execution: Execution, error: Exception) -> None:
        """Hears of an error of `finished`; the cache stores the execution anyway."""


@contextlib.contextmanager
def cache_in_use(cache: ObservedCache) -> Iterator[None]:
    """Makes kfp use this cache for what it runs meanwhile."""
    before = kfp_cache.get_local_cache
    kfp_cache.get_local_cache = lambda: cache
    try:
        yield
    finally:
        kfp_cache.get_local_cache = before
