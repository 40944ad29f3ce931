# The image that the nodes of a Kubeflow pipeline run in. It holds a checkout: `components`,
# `pipeline` and `experiments` are not part of the installed package.
FROM python:3.11-slim

WORKDIR /opt/smoothing_tf
ENV PYTHONPATH=/opt/smoothing_tf

# The requirements change seldom, so they are a layer of their own.
COPY requirements.lock ./
RUN pip install --no-cache-dir --require-hashes -r requirements.lock

COPY setup.py pyproject.toml README.md LICENSE ./
COPY configs ./configs
COPY smoothing_tf ./smoothing_tf
COPY components ./components
COPY pipeline ./pipeline
COPY experiments ./experiments
RUN pip install --no-cache-dir --no-deps --no-build-isolation -e .
