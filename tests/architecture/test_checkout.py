"""What is kept under version control: small, at home anywhere, and named for what it is."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

SAMPLE_DATA_BYTES = 12_000_000
OTHER_FILE_BYTES = 1_000_000
ALL_BYTES = 30_000_000

DRAWERS = {"common", "helpers", "misc", "utils"}

MACHINE_PATH = re.compile(r"(?<![\w.:/~<{*-])/(?:home|mnt|root|Users|work)/\w")
"""An absolute path into somebody's machine (not the end of an address or of a relative path)."""


@pytest.fixture(scope="module")
def tracked(repository) -> list[Path]:
    """Every file under version control that exists."""
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=repository, capture_output=True, text=True, check=True
    ).stdout.split("\0")
    files = [repository / name for name in listed if name and (repository / name).is_file()]
    assert files
    return files


def _is_text(content: bytes) -> bool:
    return b"\0" not in content


def test_no_path_of_a_machine(tracked, repository):
    found = {}
    for path in tracked:
        content = path.read_bytes()
        if _is_text(content):
            hits = MACHINE_PATH.findall(content.decode("utf-8"))
            if hits:
                found[path.relative_to(repository).as_posix()] = hits
    assert found == {}


@pytest.mark.parametrize("folder", ["home", "root", "Users", "work"])
def test_paths_of_a_machine_are_seen(folder):
    assert MACHINE_PATH.search(f'open("/{folder}/me/a.nii")')
    assert not MACHINE_PATH.search(f"https://example.org/{folder}/me")
    assert not MACHINE_PATH.search(f"../{folder}/me")


def test_sample_data_is_small(tracked, package):
    sizes = {path: path.stat().st_size for path in tracked if package / "sample_data" in path.parents}
    assert sum(sizes.values()) <= SAMPLE_DATA_BYTES


def test_other_files_are_small(tracked, package, repository):
    sizes = {
        path.relative_to(repository).as_posix(): path.stat().st_size
        for path in tracked
        if package / "sample_data" not in path.parents
    }
    assert {name: size for name, size in sizes.items() if size > OTHER_FILE_BYTES} == {}
    assert sum(sizes.values()) <= ALL_BYTES - SAMPLE_DATA_BYTES


def test_no_drawer_without_a_name(tracked):
    assert [str(path) for path in tracked if path.stem in DRAWERS or path.parent.name in DRAWERS] == []


def test_types_are_announced(package):
    assert (package / "py.typed").is_file()
