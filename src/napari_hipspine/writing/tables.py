"""Tables as text: CSV whose numbers read back to the same floats, and what their columns mean."""

from __future__ import annotations

import csv
import io
import json
import tempfile
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from ..domain.cells import cell_as_text
from ..domain.errors import HipSpineError
from ..domain.provenance import RESEARCH_ONLY
from ..domain.subject import Progress, SubjectResult, stay_silent
from ..domain.tables import TABLES, Table

if TYPE_CHECKING:
    import pandas as pd


def table_as_csv(frame: pd.DataFrame) -> str:
    """A table as CSV text: missing cells empty, numbers the shortest text that reads back to the same float."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(frame.columns)
    columns = [[cell_as_text(value) for value in frame[name].tolist()] for name in frame.columns]
    writer.writerows(zip(*columns, strict=True))
    return out.getvalue()


def columns_as_json(*tables: str | Table) -> str:
    """What every column of the tables (or of those so named) is called, holds and means, as JSON text."""
    chosen = [TABLES[table] if isinstance(table, str) else table for table in tables]
    described = {
        table.name: {
            "key": list(table.key),
            "columns": [
                {"name": c.name, "kind": c.kind.value, "unit": c.unit, "meaning": c.meaning} for c in table.columns
            ],
        }
        for table in chosen
    }
    return as_json({"research_only": RESEARCH_ONLY, "tables": described})


def as_json(values: Mapping[str, Any]) -> str:
    """Plain values as JSON text, stable and readable."""
    return json.dumps(values, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def result_files(result: SubjectResult, *, variations: pd.DataFrame | None = None) -> dict[str, str]:
    """Texts of one subject's result by file name: both tables, their columns, and what they rest on.

    Parameters
    ----------
    result : SubjectResult
        What was measured.
    variations : pandas.DataFrame, optional
        The same under other choices, written beside.
    """
    tables = {"slices": result.slices, "measurements": result.measurements}
    if variations is not None:
        tables["variations"] = variations
    return {
        **{f"{name}.csv": table_as_csv(table) for name, table in tables.items()},
        "columns.json": columns_as_json(*tables),
        "run.json": as_json({"subject": vars(result.key), **result.provenance.as_dict()}),
    }


Contents: TypeAlias = str | bytes | Callable[[], str | bytes]
"""Text or bytes of a file, or what makes them."""


def write_whole(
    folder: str | Path, contents: Mapping[str, Contents], *, progress: Progress = stay_silent
) -> tuple[Path, ...]:
    """Files written into a folder, all of them complete before the first takes its place.

    Parameters
    ----------
    folder : path
        Made if it does not exist; other files in it are left alone.
    contents : mapping of str to str, bytes or callable
        Text or bytes by file name, or what makes them; it is called when their turn comes.
    progress : Progress
        Told the files made; may stop the work, and nothing is written then.

    Raises
    ------
    HipSpineError
        If the folder cannot be written; nothing is left behind then.
    """
    target = Path(folder)
    is_new = not target.exists()
    try:
        target.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".writing-", dir=target) as waiting:
            for number, (name, given) in enumerate(contents.items()):
                progress(number, len(contents), f"writing {name}")
                content = given() if callable(given) else given
                # A path that is no UTF-8 must not cost the result; its odd bytes are written as escapes.
                raw = content.encode(errors="backslashreplace") if isinstance(content, str) else content
                (Path(waiting) / name).write_bytes(raw)
            return tuple((Path(waiting) / name).replace(target / name) for name in contents)
    except OSError as error:
        raise HipSpineError(
            f"Expected a folder that can be written, found {error.strerror or error}, in {target}.",
            hint="Choose another folder with --out, or make room on the disk.",
        ) from error
    finally:
        if is_new:
            # a folder that was made for nothing goes again; one with files in it cannot
            with suppress(OSError):
                target.rmdir()
