"""What all tests share: where real images and reference tables lie, and how examples are drawn."""

from __future__ import annotations

import os
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

REPOSITORY = Path(__file__).resolve().parents[1]
SHARED = REPOSITORY.parent / "shared"

# Drawn examples are the same on every run and no test depends on how long one takes.
settings.register_profile("same_every_run", deadline=None, derandomize=True)
settings.register_profile("explore", deadline=None, max_examples=1000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "same_every_run"))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark every test that opens a napari window; side by side they would fight for focus, so one worker has all."""
    for item in items:
        if any(name.startswith("make_napari_viewer") for name in getattr(item, "fixturenames", ())):
            item.add_marker(pytest.mark.viewer)
            item.add_marker(pytest.mark.xdist_group("viewer"))


def _shared_folder(name: str) -> Path:
    """Return ``../shared/<name>``; skip by name when the whole of ``../shared`` is absent.

    A shared folder that exists but lacks a part is a broken set-up and fails.
    """
    if not SHARED.is_dir():
        pytest.skip(f"needs ../shared/{name} beside the repository, and there is no ../shared folder")
    folder = SHARED / name
    if not folder.is_dir():
        pytest.fail(f"Expected a folder ../shared/{name}, found ../shared without it, beside the repository")
    return folder


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Return the folder of real MRI data, ``../shared/data``."""
    return _shared_folder("data")


@pytest.fixture(scope="session")
def shared_reference() -> Path:
    """Return the folder of reference tables, ``../shared/reference``."""
    return _shared_folder("reference")


@pytest.fixture(scope="session")
def serve() -> Any:
    """Return what serves a folder on this machine over HTTP and S3 (`tests/serving.py`)."""
    spec = spec_from_file_location("serving", Path(__file__).with_name("serving.py"))
    assert spec is not None
    assert spec.loader is not None
    serving = module_from_spec(spec)
    spec.loader.exec_module(serving)
    return serving.serve


@pytest.fixture(autouse=True)
def _own_data_folder(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a program keeps for its user is kept for one test only."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path_factory.mktemp("data")))
