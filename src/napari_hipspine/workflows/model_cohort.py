"""A model of a cohort: a table and a formula in, coefficients, accuracy and figures out."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from ..domain.errors import InvalidChoice
from ..domain.provenance import Provenance, fingerprints
from ..domain.subject import Progress, stay_silent
from ..relating.models.fitting import FittedModel, fit_model
from ..relating.models.interaction import Dichotomy, parse_dichotomy
from ..relating.models.model_request import ModelRequest
from ..relating.models.model_table import ALL_ROWS, model_notes, model_table
from ..relating.models.normalise import add_z_scores
from ..relating.models.subgroups import FewEvents, fit_by
from ..writing.tables import table_as_csv, write_whole
from .cohort_columns import CohortColumns, add_cohort_columns
from .model_parts import SideParts, find_side_parts, part_files
from .read_tables import read_table

if TYPE_CHECKING:
    import pandas as pd

    OneTable: TypeAlias = pd.DataFrame | str | Path

__all__ = ["CohortModel", "FewEvents", "ModelExtras", "ModelRequest", "model_cohort"]

WORDING = (
    "Estimates are associations in this sample; not validated; not for individual use.",
    "p is not adjusted for the number of tests.",
)


@dataclass(frozen=True)
class ModelExtras:
    """What is made beside the model, and what is done to the table before.

    Parameters
    ----------
    by : str, optional
        Column whose every value gets a model of its own: subgroups or time points.
    few_events : FewEvents
        What is done with `by` where a plain logistic model has few events.
    z_columns : tuple of str
        Columns normalised before, as ``COLUMN_z``.
    z_within : str, optional
        Column of the groups within which they are normalised.
    z_ddof : int
        Their standard deviation divides by n minus this.
    additive : tuple of str
        Two dichotomies such as ``lmm_z<0``, for interaction on the additive scale.
    draws, seed : int
        Resamples that correct accuracy for optimism, and the start of their random numbers.
    columns : CohortColumns
        Lean volume and activity groups, added before anything else.

    Raises
    ------
    InvalidChoice
        If there are not two dichotomies, or draws are negative.
    """

    by: str | None = None
    few_events: FewEvents = FewEvents.FLAG
    z_columns: tuple[str, ...] = ()
    z_within: str | None = None
    z_ddof: int = 1
    additive: tuple[str, ...] = ()
    draws: int = 0
    seed: int = 0
    columns: CohortColumns = CohortColumns()

    def __post_init__(self) -> None:
        if len(self.additive) not in (0, 2):
            raise InvalidChoice(f"Expected two dichotomies, found {len(self.additive)}.")
        if min(self.draws, self.seed) < 0:
            raise InvalidChoice(f"Expected draws and a seed of 0 or more, found {self.draws} and {self.seed}.")
        if self.few_events not in tuple(FewEvents):
            raise InvalidChoice(f"Expected few events to be one of {', '.join(FewEvents)}, found {self.few_events!r}.")
        object.__setattr__(self, "few_events", FewEvents(self.few_events))

    @property
    def dichotomies(self) -> tuple[Dichotomy, ...]:
        """The two dichotomies, parsed."""
        return tuple(parse_dichotomy(text) for text in self.additive)

    def as_dict(self) -> dict[str, Any]:
        """Plain values for provenance."""
        plain = dict(vars(self))
        del plain["columns"]
        return plain | {
            **self.columns.as_dict(),
            "few_events": self.few_events.value,
            "z_columns": list(self.z_columns),
            "additive": list(self.additive),
        }


@dataclass(frozen=True)
class CohortModel:
    """What came of modelling.

    Parameters
    ----------
    models : pandas.DataFrame
        One row per term, as `MODELS` of `domain.tables` says.
    fitted : tuple of (str, FittedModel)
        The models behind the rows, by name.
    parts : SideParts
        Tables beside it, and what their figures are drawn from.
    notes : tuple of str
        What a reader should know, as sentences.
    provenance : Provenance
        Settings, files and versions.
    """

    models: pd.DataFrame
    fitted: tuple[tuple[str, FittedModel], ...]
    parts: SideParts
    notes: tuple[str, ...]
    provenance: Provenance = field(repr=False)


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
        Told the resamples done and wanted.

    Raises
    ------
    HipSpineError
        If the table cannot be read or the formula does not fit it; nothing is written then.
    """
    chosen = extras or ModelExtras()
    frame = read_table(table) if isinstance(table, str | Path) else table
    frame, made = add_cohort_columns(frame, chosen.columns)
    request = replace(request, references={**chosen.columns.references, **request.references})
    told = list(made)
    for column in chosen.z_columns:
        frame, references = add_z_scores(frame, column, within=chosen.z_within, ddof=chosen.z_ddof)
        told += [reference.sentence for reference in references]
    fitted = _fit_all(frame, request, chosen)
    parts = find_side_parts(
        frame, fitted, dichotomies=chosen.dichotomies, draws=chosen.draws, seed=chosen.seed, progress=progress
    )
    notes = (*WORDING, *told, *(note for name, one in fitted for note in model_notes(one, name)), *parts.notes)
    files = [table] if isinstance(table, str | Path) else []
    inputs = fingerprints([*files, *chosen.columns.lean.measurements])
    settings = request.as_dict() | chosen.as_dict()
    found = CohortModel(model_table(fitted), fitted, parts, notes, Provenance("model", settings, inputs, notes))
    if out is not None:
        write_whole(out, model_files(found))
    return found


def _fit_all(frame: pd.DataFrame, request: ModelRequest, extras: ModelExtras) -> tuple[tuple[str, FittedModel], ...]:
    if extras.by is None:
        return ((ALL_ROWS, fit_model(frame, request)),)
    return fit_by(frame, request, extras.by, few_events=extras.few_events)


def model_files(found: CohortModel) -> dict[str, str | bytes]:
    """Contents of the files by name."""
    return {"model.csv": table_as_csv(found.models), **part_files(found.models, found.parts, found.provenance)}
