"""Tiny configurations, pairs and trainings for the tests of discovery."""

import importlib.util
import pathlib

import pytest


@pytest.fixture(scope="session")
def tiny():
    """The functions of `tiny_run.py`."""
    path = pathlib.Path(__file__).with_name("tiny_run.py")
    spec = importlib.util.spec_from_file_location("tiny_run", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def pair_batch(tiny):
    """`pair_batch(count)`: the batch dictionary of some tiny pairs."""
    return lambda count, **options: tiny.pairs(count, **options).batch(list(range(count)))


@pytest.fixture(scope="session")
def finished_run(tiny, tmp_path_factory):
    """`(folder, result, config)` of an uninterrupted tiny training."""
    folder = tmp_path_factory.mktemp("runs") / "whole"
    settings = tiny.config()
    tiny.set_seed()
    return folder, tiny.train(settings, tiny.data(settings), folder), settings
