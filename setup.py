"""Packaging of smoothing_tf: what the wheel holds and what it requires.

The wheel holds the library alone. `components`, `pipeline` and `experiments` run from a
checkout: installed, their names would collide with the user's own packages.
"""

import pathlib

import setuptools

_ROOT = pathlib.Path(__file__).parent

_TENSORFLOW = ">=2.21,<2.22"

_CONSTRICTION = "constriction>=0.5,<0.6"

_REQUIREMENTS = [
    "absl-py>=2.1",
    # TensorFlow Datasets prepares its larger data sets with it, and the pipeline's
    # components process images with it.
    "apache-beam>=2.77,<3",
    # Keras requires it too; BSDS300 is distributed as HDF5.
    "h5py>=3.11",
    # tensorflow-datasets imports it on Python 3.11 and does not declare it.
    "importlib_resources>=6",
    "jinja2>=3.1",
    "keras>=3.15,<4",
    "matplotlib>=3.9",
    "numpy>=2.1,<3",
    "pillow>=11",
    "pyarrow>=18",
    "scikit-learn>=1.6",
    "scipy>=1.15",
    # tf.summary writes through it; TensorFlow no longer requires it.
    "tensorboard>=2.20",
    f"tensorflow{_TENSORFLOW}",
    "tensorflow-datasets>=4.9.10,<5",
    "tensorflow-probability>=0.25,<0.26",
    # TensorFlow Probability imports it and does not declare it.
    f"tf_keras{_TENSORFLOW}",
    "tqdm>=4.66",
]

_EXTRAS = {
    # What `components` and `pipeline` need besides the library's requirements.
    # The local runner parses the messages of this minor version of kfp.
    "pipeline": ["kfp>=2.17,<2.18", "pyyaml>=6,<7"],
    # Volumes, secrets, node selectors and tolerations of a Kubeflow cluster.
    "cluster": ["kfp>=2.17,<2.18", "kfp-kubernetes>=2.17,<2.18"],
    # The entropy coder of `compress` and `decompress`.
    "codec": [_CONSTRICTION],
    # Beam's Dask runner, for the pipeline on several processes or machines.
    "dask": ["dask>=2024.4.2", "distributed>=2024.4.2"],
    # `python -m smoothing_tf.demo`.
    "demo": ["gradio>=6,<7"],
    # NVIDIA's libraries for TensorFlow on Linux; a driver must be present.
    "gpu": [f"tensorflow[and-cuda]{_TENSORFLOW}"],
    "docs": [
        "mkdocs>=1.6,<2",
        "mkdocs-material>=9.5",
        "mkdocstrings[python]>=0.27",
    ],
    # `make test` and `make lint`; nbclient and ipykernel execute the tutorial.
    "test": [
        _CONSTRICTION,
        "import-linter>=2.5",
        "ipykernel>=6.29",
        # The models of JobSet.
        "kubeflow-trainer-api>=2.3,<3",
        "mypy>=1.15",
        "nbclient>=0.10",
        # Drives Chromium, which must be installed, for tests of the demo and the pages.
        "playwright>=1.50",
        "psutil>=6",
        "pytest>=8",
        "pytest-timeout>=2.3",
        "pytest-xdist>=3.6",
        "ruff>=0.9",
        # The protocol buffers of TensorFlow Serving's clients.
        f"tensorflow-serving-api{_TENSORFLOW}",
    ],
}

setuptools.setup(
    name="smoothing_tf",
    version="0.1.0",
    description=(
        "Improved autoregressive modeling with distribution smoothing, in TensorFlow."
    ),
    long_description=(_ROOT / "README.md").read_text(encoding="utf-8"),
    long_description_content_type="text/markdown",
    license="Apache-2.0",
    classifiers=[
        "Intended Audience :: Science/Research",
        "Operating System :: POSIX :: Linux",
        "Programming Language :: Python :: 3 :: Only",
        "Programming Language :: Python :: 3.11",
        "Programming Language :: Python :: 3.12",
        "Topic :: Scientific/Engineering :: Artificial Intelligence",
        "Typing :: Typed",
    ],
    packages=setuptools.find_packages(include=["smoothing_tf", "smoothing_tf.*"]),
    # Templates, and the licenses and tables that accompany code and data.
    package_data={
        "smoothing_tf": ["py.typed"],
        "": ["*.j2", "*.html", "*.css", "*.md", "*.txt", "*.json", "*.csv"],
    },
    entry_points={"console_scripts": ["smoothing-tf = smoothing_tf.cli:main"]},
    python_requires=">=3.11",
    install_requires=_REQUIREMENTS,
    extras_require=_EXTRAS,
)
