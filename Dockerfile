# The image that the nodes of a Kubeflow pipeline run in, and any command of the library:
#
#   docker build --tag=NAME .                # computes on CPUs
#   docker build --target=gpu --tag=NAME .   # holds NVIDIA's libraries as well
#
# It holds a checkout: `components`, `pipeline` and `experiments` are not part of the
# installed package.
FROM python:3.11.13-slim-bookworm AS base

WORKDIR /opt/smoothing_tf
# Nobody needs to be root, and a cluster may choose any user, which has no entry in
# /etc/passwd: its home must be writable for everyone.
RUN useradd --create-home --uid=10001 smoothing && chmod 1777 /home/smoothing
ENV HOME=/home/smoothing \
    PYTHONPATH=/opt/smoothing_tf \
    PYTHONUNBUFFERED=1

FROM scratch AS code
COPY setup.py pyproject.toml README.md LICENSE /
COPY configs /configs
COPY smoothing_tf /smoothing_tf
COPY components /components
COPY pipeline /pipeline
COPY experiments /experiments

# The requirements change seldom, so they are a layer of their own.
FROM base AS gpu
COPY requirements-gpu.lock ./
RUN pip install --no-cache-dir --require-hashes --requirement requirements-gpu.lock
COPY --from=code / ./
RUN pip install --no-cache-dir --no-deps --no-build-isolation --editable .
USER 10001

# The last stage is what is built without --target.
FROM base AS cpu
COPY requirements.lock ./
RUN pip install --no-cache-dir --require-hashes --requirement requirements.lock
COPY --from=code / ./
RUN pip install --no-cache-dir --no-deps --no-build-isolation --editable .
USER 10001
