"""Fixtures shared by all tests."""

import os
import pathlib

import pytest

REPOSITORY = pathlib.Path(__file__).resolve().parents[1]


@pytest.fixture(scope="session")
def sample_data() -> pathlib.Path:
    """Folder of real meshes and photos beside the checkout; the test skips where it is absent."""
    folder = os.environ.get("KEYPOINTNET_SAMPLE_DATA") or REPOSITORY.parent / "shared" / "data"
    if not pathlib.Path(folder).is_dir():
        pytest.skip(f"sample data folder {folder} is absent")
    return pathlib.Path(folder)
