"""Small cohorts on disk: a few rows that are measured from the files of one small synthetic subject."""

from __future__ import annotations

import csv
from dataclasses import replace
from pathlib import Path

from napari_hipspine.phantom.files import write_subject
from napari_hipspine.phantom.ready_made import HIP_SAMPLING, LUMBAR_SAMPLING
from napari_hipspine.phantom.subjects import make_subject

_SMALL = {"shape": (4, 64, 96)}


def write_small_subject(folder: Path) -> dict[str, str]:
    """Files of one subject; the cells of a manifest's row that measures its lumbar series."""
    lumbar = replace(LUMBAR_SAMPLING, **_SMALL, spacing_mm=(20.0, 4.0, 4.0))
    hip = replace(HIP_SAMPLING, **_SMALL, spacing_mm=(25.0, 4.5, 4.5))
    rows = write_subject(make_subject(3, subject_id="small", lumbar=lumbar, hip=hip), folder)
    row = next(row for row in rows if row["region"] == "lumbar")
    return {name: str(row[name]) for name in ("image", "labels", "naming", "contrast", "fat_polarity")}


def write_manifest(path: Path, rows: list[dict[str, str]]) -> Path:
    """A manifest with these rows."""
    names = list(dict.fromkeys(name for row in rows for name in row))
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, names, restval="")
        writer.writeheader()
        writer.writerows(rows)
    return path


def rows_of(row: dict[str, str], n_rows: int) -> list[dict[str, str]]:
    """The same files for several subjects, the last first: tables are sorted whatever the manifest's order."""
    return [{"subject_id": f"sub-{number:02d}", **row} for number in reversed(range(n_rows))]
