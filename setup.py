"""Packaging of smoothing_tf: its packages, what they need, and from which version."""

import pathlib

import setuptools

_ROOT = pathlib.Path(__file__).parent

_REQUIREMENTS = [
    "absl-py>=2.1",
    "apache-beam>=2.77,<3",
    # Needed by tensorflow-datasets on Python 3.11, which does not declare it.
    "importlib_resources>=6",
    "jinja2>=3.1",
    "keras>=3.15,<4",
    "kfp>=2.17,<3",
    "matplotlib>=3.9",
    "numpy>=2.1,<3",
    "pillow>=11",
    "scikit-learn>=1.6",
    "scipy>=1.15",
    # tf.summary writes through it; TensorFlow no longer installs it.
    "tensorboard>=2.20",
    "tensorflow>=2.21,<2.22",
    "tensorflow-datasets>=4.9.10,<5",
    "tensorflow-probability>=0.25,<0.26",
    # TensorFlow Probability imports it and does not declare it.
    "tf_keras>=2.21,<2.22",
    "tqdm>=4.66",
]

_TEST_REQUIREMENTS = [
    "pytest>=8",
    "pytest-timeout>=2.3",
    "pytest-xdist>=3.6",
    "ruff>=0.9",
]

setuptools.setup(
    name="smoothing_tf",
    version="0.1.0",
    description=(
        "Improved autoregressive modelling with distribution smoothing, in TensorFlow."
    ),
    long_description=(_ROOT / "README.md").read_text(encoding="utf-8"),
    long_description_content_type="text/markdown",
    license="Apache-2.0",
    classifiers=[
        "Intended Audience :: Science/Research",
        "Operating System :: OS Independent",
        "Programming Language :: Python :: 3 :: Only",
        "Programming Language :: Python :: 3.11",
        "Topic :: Scientific/Engineering :: Artificial Intelligence",
    ],
    packages=setuptools.find_packages(
        include=["smoothing_tf*", "experiments*", "components*", "pipeline*"],
        exclude=["tests", "tests.*"],
    ),
    # Templates of the report, and the licences and notes that lie beside the code.
    package_data={"": ["*.j2", "*.html", "*.css", "*.md", "*.txt", "*.json", "*.csv"]},
    python_requires=">=3.11",
    install_requires=_REQUIREMENTS,
    extras_require={"test": _TEST_REQUIREMENTS},
)
