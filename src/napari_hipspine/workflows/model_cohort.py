"""A model of a cohort: a table and a formula in, coefficients, accuracy and figures out."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from ..domain.errors import TableInvalid
from ..domain.provenance import Provenance, fingerprints
from ..relating.models.fitting import FittedModel, ModelRequest, fit_model
from ..relating.models.model_table import ALL_ROWS, model_notes, model_table
from ..writing.tables import as_json, columns_as_json, table_as_csv, write_whole

if TYPE_CHECKING:
    import pandas as pd

    OneTable: TypeAlias = pd.DataFrame | str | Path

__all__ = ["CohortModel", "ModelRequest", "model_cohort"]

WORDING = (
    "Estimates are associations in this sample; not validated; not for individual use.",
    "p is not adjusted for the number of tests.",
)


@dataclass(frozen=True)
class CohortModel:
    """What came of modelling.

    Parameters
    ----------
    models : pandas.DataFrame
        One row per term, as `MODELS` of `domain.tables` says.
    fitted : tuple of (str, FittedModel)
        The models behind the rows, by name.
    notes : tuple of str
        What a reader should know, as sentences.
    provenance : Provenance
        Settings, files and versions.
    """

    models: pd.DataFrame
    fitted: tuple[tuple[str, FittedModel], ...]
    notes: tuple[str, ...]
    provenance: Provenance


def model_cohort(table: OneTable, request: ModelRequest, *, out: str | Path | None = None) -> CohortModel:
    """A regression model of one table.

    Parameters
    ----------
    table : data frame or path
        One row per observation, with the columns the formula names.
    request : ModelRequest
        Every choice that can change a number.
    out : path, optional
        Folder for ``model.csv``, ``columns.json``, ``run.json`` and the figures; all are written or none.

    Raises
    ------
    HipSpineError
        If the table cannot be read or the formula does not fit it; nothing is written then.
    """
    frame = read_any_table(table) if isinstance(table, str | Path) else table
    fitted = ((ALL_ROWS, fit_model(frame, request)),)
    notes = (*WORDING, *(note for name, one in fitted for note in model_notes(one, name)))
    inputs = fingerprints([table]) if isinstance(table, str | Path) else ()
    found = CohortModel(model_table(fitted), fitted, notes, Provenance("model", request.as_dict(), inputs, notes))
    if out is not None:
        write_whole(out, model_files(found))
    return found


def model_files(found: CohortModel) -> dict[str, str | bytes]:
    """Contents of the files by name."""
    from ..figures.forest_plot import forest_plot
    from ..figures.png import figure_as_png

    return {
        "model.csv": table_as_csv(found.models),
        "columns.json": columns_as_json("model"),
        "run.json": as_json(found.provenance.as_dict()),
        "forest.png": figure_as_png(forest_plot(found.models)),
    }


def read_any_table(path: str | Path) -> pd.DataFrame:
    """A table as text cells, so that an id such as 007 keeps its zeros.

    Raises
    ------
    TableInvalid
        If the file is no CSV table.
    """
    import pandas as pd

    try:
        return pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8-sig")
    except FileNotFoundError:
        raise TableInvalid(f"Expected a table, found no file, in {path}.", hint="Check the path.") from None
    except (OSError, UnicodeDecodeError, pd.errors.ParserError, pd.errors.EmptyDataError) as problem:
        raise TableInvalid(
            f"Expected a CSV table with one row of column names, found {problem}, in {path}.",
            hint="Hand in a table saved as comma-separated text in UTF-8.",
        ) from problem
