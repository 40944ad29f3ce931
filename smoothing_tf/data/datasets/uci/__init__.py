"""The UCI tables and BSDS300, in the files and splits of the published comparisons."""

from smoothing_tf.data.datasets.uci.uci import UCI, uci_source

__all__ = ["UCI", "uci_source"]
