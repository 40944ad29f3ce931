"""Submitting a compiled pipeline to a Kubeflow Pipelines API."""
