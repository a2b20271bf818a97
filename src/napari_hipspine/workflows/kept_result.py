"""Tables of a measured series kept beside its labels, so that they are there when it is opened again."""

from __future__ import annotations

import csv
import hashlib
import io
import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..domain.errors import HipSpineError
from ..domain.provenance import Fingerprint, Provenance, installed_versions
from ..domain.subject import SubjectKey, SubjectResult
from ..domain.tables import TABLES
from ..writing.tables import as_json, result_files, table_as_csv, write_whole

if TYPE_CHECKING:
    import pandas as pd

_RESTS_ON = "rests_on.json"
_FILES = ("slices.csv", "measurements.csv", "run.json")


def keep_result(folder: Path, result: SubjectResult, rests_on: str) -> None:
    """Write the tables of a result with what they rest on, all of it or nothing.

    Parameters
    ----------
    folder : Path
        Made if it is not there.
    result : SubjectResult
        What was measured.
    rests_on : str
        Digest of all that the numbers follow from.

    Raises
    ------
    HipSpineError
        If the folder cannot be written.
    """
    # Invalid while the tables are being replaced, should that be broken off.
    write_whole(folder, {_RESTS_ON: as_json({"rests_on": ""})})
    files = result_files(result)
    write_whole(folder, files)
    write_whole(folder, {_RESTS_ON: as_json({"rests_on": rests_on, "holds": _sum_of(files)})})


def read_kept_result(folder: Path, rests_on: str) -> SubjectResult | None:
    """A result kept before; None if it rests on something else, is of another version, or does not read back exactly.

    Parameters
    ----------
    folder : Path
        Where it was kept.
    rests_on : str
        Digest of all that the numbers would follow from now.
    """
    try:
        kept = _read_json(folder / _RESTS_ON)
        if not rests_on or kept["rests_on"] != rests_on:
            return None
        if kept["holds"] != _sum_of({name: (folder / name).read_text(encoding="utf-8") for name in _FILES}):
            return None
        said = _read_json(folder / "run.json")
        provenance = _provenance(said)
        tables = [_read_exactly(folder, name) for name in ("slices", "measurements")]
        key = SubjectKey(**said["subject"])
    except (OSError, ValueError, KeyError, TypeError, HipSpineError):
        return None
    if dict(provenance.versions) != dict(installed_versions()):
        return None
    slices, measurements = tables
    return SubjectResult(key, slices, measurements, provenance)


def _read_exactly(folder: Path, name: str) -> pd.DataFrame:
    text = (folder / f"{name}.csv").read_text(encoding="utf-8")
    table = TABLES[name].frame(csv.DictReader(io.StringIO(text)))
    if table_as_csv(table) != text:
        raise ValueError(name)
    return table


def _sum_of(files: Mapping[str, str]) -> str:
    """Digest of what the files say, so that a table somebody has edited is not taken for ours."""
    return hashlib.sha256("".join(files[name] for name in _FILES).encode()).hexdigest()


def _provenance(said: dict[str, Any]) -> Provenance:
    return Provenance(
        said["command"],
        said["settings"],
        tuple(Fingerprint(**one) for one in said["inputs"]),
        tuple(said["notes"]),
        said["versions"],
        said["made_at"],
    )


def _read_json(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))
