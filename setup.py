"""Metadata and dependencies; `pyproject.toml` holds the build system and the tools' settings."""

import pathlib
import re
import sys

from setuptools import find_packages, setup

if sys.version_info < (3, 11):  # noqa: UP036 - older pips do not read python_requires
    sys.exit(
        f"keypointnet_tf needs Python 3.11 or later; this is {sys.version.split()[0]}. "
        "With make: make demo PYTHON=python3.11"
    )

HERE = pathlib.Path(__file__).parent
VERSION = re.search(
    r'__version__ = "(.+)"', (HERE / "keypointnet_tf" / "__init__.py").read_text()
).group(1)

setup(
    name="keypointnet-tf",
    version=VERSION,
    description="Unsupervised 3D keypoints of object categories, in TensorFlow / Keras 3",
    long_description=(HERE / "README.md").read_text(),
    long_description_content_type="text/markdown",
    license="MIT",
    license_files=["LICENSE"],
    python_requires=">=3.11",
    packages=find_packages(include=["keypointnet_tf", "keypointnet_tf.*"]),
    package_data={
        "keypointnet_tf": ["weights/*"],
        "keypointnet_tf.viz": ["*.css", "*.js"],
        "keypointnet_tf.web": ["*.css", "*.html", "*.js"],
    },
    install_requires=[
        "absl-py>=2.1",
        "embreex>=4.4; platform_machine == 'x86_64' or platform_machine == 'AMD64'",
        "fsspec>=2024.2",
        "google-crc32c>=1.6",
        "keras>=3.15,<4",
        "matplotlib>=3.9",
        "networkx>=3.2",
        "numpy>=1.26",
        "pillow>=10.4",
        "protobuf>=5",
        "pycollada>=0.8",
        "scipy>=1.13",
        "tensorboard>=2.21",
        "tensorflow>=2.21,<2.22",
        # Its pure-TensorFlow modules; it pulls tensorflow-addons, which ends at Python 3.11.
        "tensorflow-graphics==2021.12.3; python_version < '3.12'",
        "tqdm>=4.66",
        "trimesh>=4.5",
    ],
    extras_require={
        # Needs Python 3.11 and brings NumPy 1; docs/blender.md tells how to keep it apart.
        "blender": ["bpy>=4.5,<4.6; python_version == '3.11'"],
        "cluster": ["ray>=2.40"],
        # Gradio 6.31 wants a Pillow below 13.
        "demo": ["fastapi>=0.115", "gradio>=6.31,<7", "uvicorn>=0.30"],
        "export": [
            "ai-edge-litert>=2.1",
            "onnx>=1.17",
            "onnxruntime>=1.20",
            "tf2onnx>=1.17",
        ],
        "jax": ["jax>=0.5"],
        "test": ["jax>=0.5", "pytest>=8", "pytest-timeout>=2.3", "pytest-xdist>=3.6", "ruff>=0.6"],
        # 14 tells how a frame is turned.
        "video": ["av>=14"],
    },
    classifiers=[
        "Programming Language :: Python :: 3.11",
        "Topic :: Scientific/Engineering :: Image Recognition",
    ],
)
