"""Tables of plug-ins: objects by name, which are imported when they are looked up."""

import collections
import pkgutil
from typing import Any


class PlugIns(collections.UserDict[str, Any]):
    """A dict of objects, each of which may be given by its place.

    A command reads the names to parse its flags, which needs no TensorFlow, and looks
    up what it computes with:

      SMOOTHINGS = PlugIns({"gaussian": "smoothing_tf.smoothing.gaussian:Gaussian"})
      SMOOTHINGS["gaussian"](0.3)

    Args:
      name -> object, or its place "module:name" as a string.
    """

    def __getitem__(self, name: str) -> Any:
        value = super().__getitem__(name)
        return pkgutil.resolve_name(value) if isinstance(value, str) else value
