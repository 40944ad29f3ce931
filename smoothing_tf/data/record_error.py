"""The error of a record that cannot be used."""


class RecordError(ValueError):
    """A record is not what the data set declares; the message says why."""
