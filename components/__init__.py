"""The pipeline's components: `component.py` is the spec, `executor.py` the work."""
