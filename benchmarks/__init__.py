"""One script per published comparison; each prints ratios."""

from smoothing_tf import quiet

quiet.import_tensorflow()  # Before others import it.
