"""Fixtures of the tests of rendering."""

import importlib.util
import pathlib

import pytest


@pytest.fixture(scope="session")
def assets():
    """The functions of `assets.py`."""
    path = pathlib.Path(__file__).with_name("assets.py")
    spec = importlib.util.spec_from_file_location("rendering_assets", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
