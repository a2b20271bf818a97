"""The main job for a cohort: measurement tables in, correlations of lumbar with hip muscles out."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from ..domain.errors import InvalidChoice, TableInvalid
from ..domain.provenance import RESEARCH_ONLY, Provenance, fingerprints
from ..relating.beside_q import adjust_by_draws
from ..relating.cells import correlate_values
from ..relating.covariates import CovariateValues, select_covariates
from ..relating.family_history import FamilyHistory, mark_family_change
from ..relating.intervals import BOOTSTRAP_UNRELIABLE_BELOW, IntervalMethod
from ..relating.multiplicity import Family
from ..relating.power import tabulate_power
from ..relating.published import MIELKE_SOURCE, find_unattainable, published_correlations
from ..relating.request import RelateRequest
from ..relating.subject_values import SubjectValues, select_values
from ..writing.correlation_report import render_correlation_page
from ..writing.correlation_sentences import write_sentences
from ..writing.correlation_text import format_table1
from ..writing.tables import as_json, table_as_csv, write_whole
from .read_tables import read_table

if TYPE_CHECKING:
    import pandas as pd

    OneTable: TypeAlias = pd.DataFrame | str | Path
    Tables: TypeAlias = OneTable | Sequence[OneTable]

__all__ = ["RelateRequest", "Relation", "format_table1", "relate_cohort", "relate_published"]


FAMILY_FILE = "family.json"
"""Families under which the results of a folder were shown."""

PUBLISHED_NOTES = (
    "rho and p stand as printed.",
    "n is not in print but inferred: the one number of subjects for which every printed pair of a row can be true.",
    "q and the intervals are computed from these.",
    "Psoas of the source stands as psoas major; its FI is shown although a signal threshold is unreliable there.",
)


@dataclass(frozen=True)
class Relation:
    """What came of relating.

    Parameters
    ----------
    correlations : pandas.DataFrame
        One row per cell, as `CORRELATIONS` of `domain.tables` says.
    values : SubjectValues or None
        What was ranked; None for a published table, whose subjects are not known.
    notes : tuple of str
        What a reader should know, as sentences.
    provenance : Provenance
        Settings, files and versions.
    extra : mapping of str to pandas.DataFrame
        Tables that stand beside, by name: ``power`` always; ``multiplicity`` and ``families`` where subjects are known.
    history : FamilyHistory
        Families under which the results of this study were shown.
    covariates : CovariateValues or None
        What was held constant.
    """

    correlations: pd.DataFrame
    values: SubjectValues | None
    notes: tuple[str, ...]
    provenance: Provenance
    extra: Mapping[str, pd.DataFrame]
    history: FamilyHistory
    covariates: CovariateValues | None = None


def relate_cohort(
    tables: Tables,
    request: RelateRequest | None = None,
    *,
    participants: OneTable | None = None,
    history: FamilyHistory | None = None,
    out: str | Path | None = None,
) -> Relation:
    """Spearman's rho of every lumbar with every hip measure over the subjects of one or more measurement tables.

    Parameters
    ----------
    tables : data frame, path or several of them
        Measurement tables; several are read as one.
    request : RelateRequest, optional
        Every choice that can change a number.
    participants : data frame or path, optional
        One row per subject_id with the covariates asked for.
    history : FamilyHistory, optional
        Families under which results of this study were shown before; read from `out` where it is not given.
    out : path, optional
        Folder for ``correlations.csv``, ``.html`` and ``.png`` and the tables beside; all are written or none.

    Raises
    ------
    HipSpineError
        If the tables cannot be read or do not settle what to relate; nothing is written then.
    """
    asked = request or RelateRequest()
    given = _as_list(tables)
    paths = [Path(one) for one in given if isinstance(one, str | Path)]
    source = ", ".join(path.name for path in paths) if len(paths) == len(given) else "the given tables"
    values = select_values(_read_as_one(given), asked, source=source)
    covariates = _read_covariates(participants, asked, values)
    shown = (history or _read_history(out)).shown_with(asked.family)
    table = mark_family_change(correlate_values(values, asked, covariates=covariates), shown)
    multiplicity, families = adjust_by_draws(values, table, covariates=covariates, seed=asked.seed)
    notes = (*values.notes, *(covariates.notes if covariates else ()), *_notes(asked, table, shown))
    files = [*paths, *([participants] if isinstance(participants, str | Path) else [])]
    provenance = Provenance("relate", asked.as_dict(), fingerprints(files), notes)
    extra = {"multiplicity": multiplicity, "families": families, "power": tabulate_power(table)}
    relation = Relation(table, values, notes, provenance, extra, shown, covariates)
    return _keep(relation, out, title=f"Lumbar and hip muscles of {len(values.subjects)} subjects")


def relate_published(*, family: Family = Family.ALL, out: str | Path | None = None) -> Relation:
    """The published table of lumbar and hip muscles as a correlation table, with q computed from its p.

    Parameters
    ----------
    family : Family
        Tests adjusted together.
    out : path, optional
        Folder for the same files as of `relate_cohort`, but those that need subjects.
    """
    shown = _read_history(out).shown_with(family)
    correlations = mark_family_change(published_correlations(family=family), shown)
    notes = (f"Source: {MIELKE_SOURCE}", *PUBLISHED_NOTES, _check_published(correlations))
    provenance = Provenance("relate --reference mielke", {"family": family.value}, (), notes)
    relation = Relation(correlations, None, notes, provenance, {"power": tabulate_power(correlations)}, shown)
    return _keep(relation, out, title="The published lumbar-hip table")


def _check_published(correlations: pd.DataFrame) -> str:
    """How many of the printed p can be true, as a sentence."""
    n_cells, n_wrong = len(correlations), len(find_unattainable(correlations))
    return (
        f"Check: {n_cells - n_wrong} of {n_cells} printed p are attainable at their n with p method auto "
        "from a rho that rounds to the printed one."
    )


def relation_files(relation: Relation, *, title: str) -> dict[str, str | bytes]:
    """Contents of the three files by name."""
    from ..figures.correlation_heatmap import correlation_heatmap
    from ..figures.png import figure_as_png

    table = relation.correlations
    page = render_correlation_page(table, title=title, notes=relation.notes, provenance=relation.provenance)
    return {
        "correlations.csv": table_as_csv(table),
        "correlations.html": page,
        "correlations.png": figure_as_png(correlation_heatmap(table)),
    }


def extra_files(relation: Relation) -> dict[str, str]:
    """Contents of what stands beside the three files, by name: tables, sentences and the families shown."""
    sentences = [*write_sentences(relation.correlations), RESEARCH_ONLY]
    return {
        FAMILY_FILE: as_json({"research_only": RESEARCH_ONLY, **relation.history.as_dict()}),
        **{f"{name}.csv": table_as_csv(table) for name, table in relation.extra.items()},
        "sentences.txt": "\n".join(sentences) + "\n",
    }


def read_measurements(path: str | Path) -> pd.DataFrame:
    """A measurement table as text cells, so that an id such as 007 keeps its zeros.

    Raises
    ------
    TableInvalid
        If the file is no CSV table.
    """
    return read_table(path, what="a measurement table")


def _read_covariates(
    participants: OneTable | None, request: RelateRequest, values: SubjectValues
) -> CovariateValues | None:
    """The covariates asked for, for the subjects to relate."""
    if not request.covariates and participants is None:
        return None
    if not request.covariates or participants is None:
        raise InvalidChoice(
            "Expected covariates and a participants table together, found only "
            f"{'the table' if participants is not None else ', '.join(request.covariates)}.",
            hint="Name the columns with --covariates and the table with --participants.",
        )
    if isinstance(participants, str | Path):
        table, source = read_table(participants, what="a participants table"), Path(participants).name
    else:
        table, source = participants, "the participants table"
    return select_covariates(table, request.covariates, values.subjects, source=source)


def _read_history(out: str | Path | None) -> FamilyHistory:
    """Families shown before from the same folder."""
    path = Path(out) / FAMILY_FILE if out is not None else None
    if path is None or not path.exists():
        return FamilyHistory()
    try:
        stored = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as problem:
        raise TableInvalid(
            f"Expected the families shown before, found {problem}, in {path}.", hint="Choose another folder."
        ) from problem
    return FamilyHistory.from_dict(stored if isinstance(stored, dict) else {}, source=str(path))


def _notes(request: RelateRequest, table: pd.DataFrame, history: FamilyHistory) -> tuple[str, ...]:
    """What a reader must know that no column says."""
    notes = []
    if request.interval is not IntervalMethod.BONETT_WRIGHT:
        notes.append(f"Intervals: {request.interval}.")
    if request.interval is IntervalMethod.BOOTSTRAP:
        few = int((table["rho_low"].notna() & (table["n"] < BOOTSTRAP_UNRELIABLE_BELOW)).sum())
        if few:
            notes.append(
                f"{few} bootstrap intervals rest on fewer than {BOOTSTRAP_UNRELIABLE_BELOW} subjects: too narrow."
            )
    if request.covariates:
        notes.append(
            f"Partial coefficients, given {', '.join(request.covariates)}: subjects without one of them leave each "
            "cell; df says how many degrees of freedom are left."
        )
    if history.remark:
        notes.append(f"The family was changed: {history.remark}.")
    return tuple(notes)


def _as_list(tables: Tables) -> list[OneTable]:
    import pandas as pd

    return [tables] if isinstance(tables, str | Path | pd.DataFrame) else list(tables)


def _read_as_one(given: Sequence[OneTable]) -> pd.DataFrame:
    """Several tables below each other; columns that one of them lacks are empty there."""
    import pandas as pd

    if not given:
        raise InvalidChoice("Expected at least one measurement table, found none.", hint="Name a measurements.csv.")
    frames = [read_measurements(one) if isinstance(one, str | Path) else one for one in given]
    return pd.concat([frame.astype(object) for frame in frames], ignore_index=True)


def _keep(relation: Relation, out: str | Path | None, *, title: str) -> Relation:
    if out is not None:
        write_whole(out, {**extra_files(relation), **relation_files(relation, title=title)})
    return relation
