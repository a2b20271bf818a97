"""A model of a cohort: a table and a formula in, coefficients, accuracy and figures out."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from ..domain.cells import Column, Kind
from ..domain.provenance import Provenance, fingerprints
from ..domain.subject import Progress, stay_silent
from ..domain.tables import MODELS, Table
from ..relating.models.fitting import FittedModel
from ..relating.models.holm_families import HOLM_RULE, adjust_over_models
from ..relating.models.model_request import ModelRequest
from ..relating.models.model_table import model_notes, model_table
from ..relating.models.normalise import add_z_scores
from ..relating.models.subgroups import FewEvents
from ..writing.tables import Contents, as_json, columns_as_json, table_as_csv, write_whole
from .cohort_columns import add_cohort_columns
from .joined_tables import SUBJECT
from .model_extras import ModelExtras
from .model_fits import NamedFit, fit_all, tell_left_out
from .model_parts import SideParts, find_side_parts, part_figures, part_tables
from .read_tables import read_table

if TYPE_CHECKING:
    import pandas as pd

    OneTable: TypeAlias = pd.DataFrame | str | Path

__all__ = ["CohortModel", "FewEvents", "ModelExtras", "ModelRequest", "model_cohort"]

WORDING = "Estimates are associations in this sample; not validated; not for individual use."
NOT_ADJUSTED = "p is not adjusted for the number of tests."


@dataclass(frozen=True)
class MadeColumns:
    """Columns that were added to a table before a model was fitted.

    Parameters
    ----------
    contract : Table
        What each means.
    frame : pandas.DataFrame
        Their cells, with row, person and session.
    """

    contract: Table
    frame: pd.DataFrame


@dataclass(frozen=True)
class CohortModel:
    """What came of modelling.

    Parameters
    ----------
    models : pandas.DataFrame
        One row per term, as `MODELS` of `domain.tables` says.
    fits : tuple of NamedFit
        The models behind the rows.
    parts : SideParts
        Tables beside it, and what their figures are drawn from.
    notes : tuple of str
        What a reader should know, as sentences.
    provenance : Provenance
        Settings, files and versions.
    made : MadeColumns, optional
        Columns that were added to the table before.
    """

    models: pd.DataFrame
    fits: tuple[NamedFit, ...]
    parts: SideParts
    notes: tuple[str, ...]
    provenance: Provenance = field(repr=False)
    made: MadeColumns | None = None

    @property
    def fitted(self) -> tuple[tuple[str, FittedModel], ...]:
        """The models by name."""
        return tuple((one.name, one.fitted) for one in self.fits)


def model_cohort(
    table: OneTable,
    request: ModelRequest,
    extras: ModelExtras | None = None,
    *,
    out: str | Path | None = None,
    progress: Progress = stay_silent,
) -> CohortModel:
    """A regression model of one table, or one per value of a column.

    Parameters
    ----------
    table : data frame or path
        One row per observation, with the columns the formula names.
    request : ModelRequest
        Every choice that can change a coefficient.
    extras : ModelExtras, optional
        What is made beside it.
    out : path, optional
        Folder for ``model.csv``, ``columns.json``, ``run.json``, the tables beside it and the figures; all are written
        or none.
    progress : Progress
        Told the models and the resamples done and wanted; may stop the work.

    Raises
    ------
    HipSpineError
        If the table cannot be read or the formula does not fit it; nothing is written then.
    """
    chosen = extras or ModelExtras()
    given = read_table(table) if isinstance(table, str | Path) else table
    frame, told = _add_columns(given, chosen)
    told += _tell_repeated(given, request)
    request = replace(request, references={**chosen.columns.references, **request.references})
    fits = fit_all(frame, request, chosen, progress=progress)
    told += tell_left_out(frame, fits, chosen)
    parts = find_side_parts(
        fits, dichotomies=chosen.dichotomies, draws=chosen.draws, seed=chosen.seed, progress=progress
    )
    models = adjust_over_models(model_table((one.name, one.fitted) for one in fits), [one.placed for one in fits])
    of_tests = HOLM_RULE if models["p_holm"].notna().any() else NOT_ADJUSTED
    notes = (
        WORDING,
        of_tests,
        *told,
        *(note for one in fits for note in model_notes(one.fitted, one.name)),
        *parts.notes,
    )
    files = [table] if isinstance(table, str | Path) else []
    inputs = fingerprints([*files, *chosen.columns.files])
    settings = request.as_dict() | chosen.as_dict()
    found = CohortModel(
        models,
        fits,
        parts,
        notes,
        Provenance("model", settings, inputs, notes),
        _list_made(given, frame, told),
    )
    if out is not None:
        write_whole(out, model_files(found))
    return found


def model_files(found: CohortModel) -> dict[str, Contents]:
    """Contents of the files by name."""
    from ..figures.png import pictures_of

    tables = {MODELS: found.models, **part_tables(found.parts)}
    if found.made is not None:
        tables[found.made.contract] = found.made.frame
    return {
        **{f"{kind.name}.csv": table_as_csv(frame) for kind, frame in tables.items()},
        "columns.json": columns_as_json(*tables),
        "run.json": as_json(found.provenance.as_dict()),
        **pictures_of(part_figures(found.models, found.parts)),
    }


def _add_columns(table: pd.DataFrame, extras: ModelExtras) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """The table with volumes, values, activity and z-scores, and how they were made."""
    frame, said = add_cohort_columns(table, extras.columns)
    told = list(said)
    for column in extras.z_columns:
        frame, references = add_z_scores(
            frame, column, within=extras.z_within, reference=extras.parsed_z_reference, ddof=extras.z_ddof
        )
        told += [reference.sentence for reference in references]
    return frame, tuple(told)


def _tell_repeated(table: pd.DataFrame, request: ModelRequest) -> tuple[str, ...]:
    """A sentence where people stand in several rows that a model without groups takes as different people."""
    if request.random is not None or SUBJECT not in table.columns:
        return ()
    rows = table[SUBJECT].value_counts()
    n = int((rows > 1).sum())
    return (f"{SUBJECT}: {n} stand in several rows, which this model takes as different people.",) if n else ()


def _list_made(given: pd.DataFrame, frame: pd.DataFrame, told: tuple[str, ...]) -> MadeColumns | None:
    """The columns that were added, beside whose they are; None where there are none."""
    names = [str(name) for name in frame.columns if name not in given.columns]
    if not names:
        return None
    keys = [name for name in (SUBJECT, "session") if name in given.columns]
    columns = [Column("row", Kind.INTEGER, "1", "row of the table handed in, from 1")]
    columns += [Column(name, Kind.TEXT, "", "as in the table handed in") for name in keys]
    for name in names:
        kind = Kind.NUMBER if frame[name].dtype.kind == "f" else Kind.TEXT
        said = [text.removeprefix(f"{name}: ") for text in told if text.startswith(f"{name}: ")]
        columns.append(Column(name, kind, "", " ".join(said) or "made from the tables named in run.json"))
    contract = Table("made_columns", tuple(columns), ("row",), ("row",))
    cells = {name: frame[name].tolist() for name in (*keys, *names)}
    rows = [{"row": k + 1} | {name: column[k] for name, column in cells.items()} for k in range(len(frame))]
    return MadeColumns(contract, contract.frame(rows))
