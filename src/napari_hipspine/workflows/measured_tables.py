"""Measurement tables of a cohort, and what stands beside each since it was measured."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from ..domain.errors import InvalidChoice
from ..domain.volume import Contrast, FatPolarity
from ..relating.comparability import CONTRAST
from .read_tables import read_table

if TYPE_CHECKING:
    import pandas as pd

    OneTable: TypeAlias = pd.DataFrame | str | Path
    Tables: TypeAlias = OneTable | Sequence[OneTable]

MEASURED = "measurements.csv"
"""Only tables of this name are looked beside: it is what measuring writes."""


@dataclass(frozen=True)
class MeasuredCohort:
    """Measurements of a cohort as one table, and what is known of how they were made.

    Parameters
    ----------
    measured : pandas.DataFrame
        All tables below each other; a column ``contrast`` where a run beside a table says it.
    source : str
        What the tables are called in messages.
    files, beside : tuple of Path
        Tables handed in, and files found beside them and used.
    variations : mapping of str to pandas.DataFrame
        The same subjects measured otherwise, by the name of what was done.
    slices : pandas.DataFrame, optional
        Their slice tables.
    left_out : tuple of dict
        Rows of implants that were acted on while measuring, as `Implant.as_dict` gives them.
    """

    measured: pd.DataFrame
    source: str
    files: tuple[Path, ...]
    beside: tuple[Path, ...] = ()
    variations: Mapping[str, pd.DataFrame] | None = None
    slices: pd.DataFrame | None = None
    left_out: tuple[Mapping[str, Any], ...] = ()


def open_cohort(tables: Tables | MeasuredCohort) -> MeasuredCohort:
    """The tables as one, with what stands beside those that are files named ``measurements.csv``.

    ``run.json`` says which contrast was measured and what was left out; ``variations.csv`` and ``slices.csv`` are
    taken where that run wrote them. A run of another subject is not believed. For the table of a cohort the folders of
    its rows are looked into, as long as they hold the same rows.

    Raises
    ------
    TableInvalid, InvalidChoice
        If a file is no table, or none was handed in.
    """
    if isinstance(tables, MeasuredCohort):
        return tables
    given = [part for one in list_tables(tables) for part in _parts_of(one)]
    frames = [_read(one) for one in given]
    files = tuple(Path(one) for one in given if isinstance(one, str | Path))
    source = _name_together(files) if len(files) == len(given) else "the given tables"
    found = [
        _Beside.of(Path(one), frame)
        for one, frame in zip(given, frames, strict=True)
        if isinstance(one, str | Path) and Path(one).name == MEASURED
    ]
    runs = [beside for beside in found if beside is not None]
    contrast_of = {id(beside.table): beside.contrast for beside in runs if beside.contrast}
    named = [_with_contrast(frame, contrast_of.get(id(frame), "")) for frame in frames]
    slices = [read_table(path, what="a slice table") for beside in runs for path in beside.slices]
    return MeasuredCohort(
        measured=_stack(named),
        source=source,
        files=files,
        beside=tuple(path for beside in runs for path in beside.files),
        variations=_split_variations(path for beside in runs for path in beside.variations),
        slices=_stack(slices) if slices else None,
        left_out=tuple(row for beside in runs for row in beside.left_out),
    )


def _parts_of(table: OneTable) -> list[OneTable]:
    """The tables that a cohort's table was joined from, if they still are what it holds; else the table itself."""
    if not isinstance(table, str | Path) or Path(table).name != MEASURED:
        return [table]
    path = Path(table)
    try:
        is_cohort = json.loads(path.with_name("run.json").read_text(encoding="utf-8"))["command"] == "cohort"
    except (OSError, ValueError, KeyError, TypeError):
        return [table]
    parts = sorted((path.parent / "subjects").glob(f"*/{MEASURED}")) if is_cohort else []
    joined = _rows_of(path)
    own = [part for part in parts if _rows_of(part) <= joined]
    return list(own) if own and set().union(*map(_rows_of, own)) == joined else [table]


def _rows_of(path: Path) -> set[bytes]:
    """The rows of a table as they are written, without the names of its columns."""
    try:
        return set(path.read_bytes().splitlines()[1:])
    except OSError:
        return set()


def list_tables(tables: Tables) -> list[OneTable]:
    """One table or several as a list."""
    import pandas as pd

    return [tables] if isinstance(tables, str | Path | pd.DataFrame) else list(tables)


def read_as_one(given: Sequence[OneTable]) -> pd.DataFrame:
    """Several tables below each other; columns that one of them lacks are empty there."""
    return _stack([_read(one) for one in given])


@dataclass(frozen=True)
class _Beside:
    """What one run wrote beside its measurements."""

    table: pd.DataFrame
    run: Path
    contrast: str
    left_out: tuple[Mapping[str, Any], ...]
    variations: tuple[Path, ...]
    slices: tuple[Path, ...]

    @property
    def files(self) -> tuple[Path, ...]:
        return self.run, *self.variations, *self.slices

    @classmethod
    def of(cls, path: Path, table: pd.DataFrame) -> _Beside | None:
        """What stands beside a table; None where no run of its subject does."""
        run = path.with_name("run.json")
        try:
            told = json.loads(run.read_text(encoding="utf-8"))
            settings, subject = told["settings"], told["subject"]["subject_id"]
            is_own = told["command"] == "measure" and set(table["subject_id"]) == {subject}
        except (OSError, ValueError, KeyError, TypeError):
            return None
        if not is_own:
            return None
        # Files of an earlier run stay in a folder: only what this run says it wrote is taken.
        varied = path.with_name("variations.csv") if "variations" in settings else None
        slices = path.with_name("slices.csv")
        return cls(
            table=table,
            run=run,
            contrast=_contrast_words(settings.get("images", ())),
            left_out=tuple(settings.get("implants", {}).get("rows", ())),
            variations=(varied,) if varied is not None and varied.exists() else (),
            slices=(slices,) if slices.exists() else (),
        )


def _contrast_words(images: Sequence[Mapping[str, Any]]) -> str:
    """Contrast of a single image, and that fat was dark in it or suppressed; nothing of fat fractions."""
    if len(images) != 1 or images[0].get("contrast") == Contrast.FAT_FRACTION.value:
        return ""
    image = images[0]
    stated = str(image.get("contrast", ""))
    words = [stated] if stated not in ("", Contrast.UNKNOWN.value) else []
    words += ["fat dark"] if image.get("fat_polarity") == FatPolarity.DARK.value else []
    return " ".join(words)


def _with_contrast(frame: pd.DataFrame, contrast: str) -> pd.DataFrame:
    """The table with what its run says of the contrast, where the table itself says nothing."""
    if not contrast:
        return frame
    if CONTRAST not in frame.columns:
        return frame.assign(**{CONTRAST: contrast})
    return frame.assign(**{CONTRAST: frame[CONTRAST].where(frame[CONTRAST] != "", contrast)})


def _name_together(files: Sequence[Path]) -> str:
    """Names of files for messages; the same name is said once."""
    names = [path.name for path in files]
    if len(set(names)) == 1 and len(names) > 1:
        return f"{len(names)} tables {names[0]}"
    return ", ".join(names)


def _split_variations(paths: Iterable[Path]) -> dict[str, pd.DataFrame]:
    """Tables by the name of the variation, of all subjects that have it."""
    frames: dict[str, list[pd.DataFrame]] = {}
    for path in paths:
        table = read_table(path, what="a table of variations")
        for name, rows in table.groupby("variation", sort=False):
            frames.setdefault(str(name), []).append(rows.drop(columns="variation"))
    return {name: _stack(parts) for name, parts in frames.items()}


def _read(table: OneTable) -> pd.DataFrame:
    return read_table(table, what="a measurement table") if isinstance(table, str | Path) else table


def _stack(frames: Sequence[pd.DataFrame]) -> pd.DataFrame:
    import pandas as pd

    if not frames:
        raise InvalidChoice("Expected at least one measurement table, found none.", hint="Name a measurements.csv.")
    return pd.concat([frame.astype(object) for frame in frames], ignore_index=True)
