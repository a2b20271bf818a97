"""Fingerprints and versions: equal inputs look equal, other inputs look different."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from napari_hipspine.domain.errors import UnreadableImage
from napari_hipspine.domain.provenance import RESEARCH_ONLY, Provenance, fingerprint, fingerprints, installed_versions


def folder(where: Path, files: dict[str, bytes]) -> Path:
    for name, content in files.items():
        (where / name).parent.mkdir(parents=True, exist_ok=True)
        (where / name).write_bytes(content)
    return where


def test_a_file_has_its_sha256(tmp_path: Path) -> None:
    content = bytes(range(256)) * 9000
    (tmp_path / "a.nii").write_bytes(content)
    found = fingerprint(tmp_path / "a.nii")
    assert found.sha256 == hashlib.sha256(content).hexdigest()
    assert found.n_bytes == len(content)
    assert found.path == str(tmp_path / "a.nii")


def test_a_folder_is_known_by_names_and_contents_not_by_its_place(tmp_path: Path) -> None:
    files = {"1/b.dcm": b"bb", "a.dcm": b"a", "1/0.dcm": b""}
    one = fingerprint(folder(tmp_path / "one", files))
    two = fingerprint(folder(tmp_path / "two", dict(reversed(files.items()))))
    assert (one.sha256, one.n_bytes) == (two.sha256, two.n_bytes) == (two.sha256, 3)
    assert fingerprints([tmp_path / "one", tmp_path / "two"]) == (one, two)


@pytest.mark.parametrize(
    "other",
    [{"a": b"bd"}, {"b": b"bc"}, {"ab": b"c"}, {"a": b"bc", "c": b""}, {"a": b"", "bc": b""}, {}],
    ids=["content", "name", "letter-moved", "one-more", "split", "nothing"],
)
def test_any_change_changes_the_fingerprint(tmp_path: Path, other: dict[str, bytes]) -> None:
    (tmp_path / "other").mkdir()
    first = fingerprint(folder(tmp_path / "first", {"a": b"bc"}))
    assert fingerprint(folder(tmp_path / "other", other)).sha256 != first.sha256


def test_what_is_not_there_has_no_fingerprint(tmp_path: Path) -> None:
    with pytest.raises(UnreadableImage, match=r"found nothing, in .*lost\.nii"):
        fingerprint(tmp_path / "lost.nii")


def test_provenance_is_plain_values_with_the_fixed_line(tmp_path: Path) -> None:
    (tmp_path / "a.nii").write_bytes(b"x")
    said = Provenance("measure", {"fat_method": "dixon"}, fingerprints([tmp_path / "a.nii"]), ("noted",)).as_dict()
    assert json.loads(json.dumps(said)) == said
    assert said["research_only"] == RESEARCH_ONLY
    assert RESEARCH_ONLY == "Research software. Not a medical device. Not for diagnosis or treatment decisions."
    assert said["inputs"][0]["n_bytes"] == 1
    assert said["versions"] == installed_versions()
    assert {"python", "numpy", "napari-hipspine"} <= set(said["versions"])


def test_the_moment_is_kept_with_its_time_zone_and_makes_no_difference() -> None:
    before = datetime.now(UTC).replace(microsecond=0)
    made = Provenance("measure", {})
    moment = datetime.fromisoformat(made.as_dict()["made_at"])
    assert before <= moment <= datetime.now(UTC)
    assert moment.utcoffset() == timedelta(0)
    assert made == Provenance("measure", {}, made_at="2020-01-01T00:00:00+00:00")
