"""The served version that a new model is compared with."""

import dataclasses
import json


@dataclasses.dataclass(frozen=True)
class Predecessor:
    """What configure finds, and hands to evaluate as one text.

    Attributes:
      directory: path or URL of the directory of versions.
      max_regression: the difference of the two bounds plus two standard errors must be
        below this, in bits per dimension or, for vectors, in nats.
      version: path or URL of the version; None if there is none yet.
      digest: SHA-256 of its files, so that another version of the same number is not
        taken for it; None without a version.
    """

    directory: str
    max_regression: float
    version: str | None = None
    digest: str | None = None

    def to_text(self) -> str:
        """Writes it as JSON."""
        return json.dumps(dataclasses.asdict(self))

    @classmethod
    def from_text(cls, text: str) -> "Predecessor | None":
        """Reads it back; an empty text means that nothing is compared."""
        return cls(**json.loads(text)) if text else None
