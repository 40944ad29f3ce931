# The image that the steps of a Kubeflow pipeline run in.
FROM python:3.11-slim

WORKDIR /opt/smoothing_tf

# The dependencies change seldom: a layer of their own keeps rebuilding quick.
COPY requirements.lock ./
RUN pip install --no-cache-dir --require-hashes -r requirements.lock

COPY setup.py pyproject.toml README.md LICENSE ./
COPY smoothing_tf ./smoothing_tf
COPY components ./components
COPY pipeline ./pipeline
COPY configs ./configs
RUN pip install --no-cache-dir --no-deps --no-build-isolation .
