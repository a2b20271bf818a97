"""Fixtures for all tests: where the real images and the reference tables lie."""

from __future__ import annotations

from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[1]
SHARED = REPOSITORY.parent / "shared"


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
