"""The main job for a cohort: measurement tables in, correlations of lumbar with hip muscles out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from ..domain.errors import InvalidChoice
from ..domain.provenance import Provenance, fingerprints
from ..relating.beside_q import adjust_by_draws, describe_chance
from ..relating.cells import correlate_values
from ..relating.covariates import CovariateValues, select_covariates
from ..relating.family_history import FamilyHistory, mark_family_change
from ..relating.implants import leave_out_implants
from ..relating.intervals import (
    BOOTSTRAP_UNRELIABLE_BELOW,
    FORMULA_UNRELIABLE_ABOVE,
    FORMULA_UNRELIABLE_BELOW,
    IntervalMethod,
)
from ..relating.multiplicity import Family
from ..relating.p_values import PERMUTATION_DRAWS, PMethod
from ..relating.power import tabulate_power
from ..relating.published import MIELKE_SOURCE, find_unattainable, published_correlations
from ..relating.request import RelateRequest
from ..relating.side_rows import rows_of_side
from ..relating.subject_values import SubjectValues, select_values
from ..writing.correlation_text import format_table1
from .family_memory import remember_family
from .measured_tables import MeasuredCohort, open_cohort
from .open_implants import open_implant_rows
from .read_tables import read_table
from .relation import Relation, keep_relation, read_history, relation_files

if TYPE_CHECKING:
    import pandas as pd

    from .measured_tables import OneTable, Tables

__all__ = ["RelateRequest", "Relation", "format_table1", "relate_cohort", "relate_published", "relation_files"]


PUBLISHED_NOTES = (
    "rho and p stand as printed.",
    "n is not in print but inferred: the one number of subjects for which every printed pair of a row can be true.",
    "q and the intervals are computed from these.",
    "Psoas of the source stands as psoas major; its FI is shown although a signal threshold is unreliable there.",
)


def relate_cohort(
    tables: Tables | MeasuredCohort,
    request: RelateRequest | None = None,
    *,
    participants: OneTable | None = None,
    implants: OneTable | None = None,
    history: FamilyHistory | None = None,
    out: str | Path | None = None,
) -> Relation:
    """Spearman's rho of every lumbar with every hip measure over the subjects of one or more measurement tables.

    The family is kept for this study before anything is returned or written: in the folder of the results, and in the
    user's data folder, so that a change is noted although results were shown elsewhere or not written at all.

    Parameters
    ----------
    tables : data frame, path or several of them
        Measurement tables; several are read as one. What was written beside a ``measurements.csv`` is read too.
    request : RelateRequest, optional
        Every choice that can change a number.
    participants : data frame or path, optional
        One row per subject_id with the covariates asked for; with a column side one per subject and side.
    implants : data frame or path, optional
        Implants and fusions, whose muscles leave the tables.
    history : FamilyHistory, optional
        Families under which results were shown from the folder of the results; read from `out` if it is not given.
    out : path, optional
        Folder for ``correlations.csv``, ``.html`` and ``.png`` and the tables beside; all are written or none.

    Raises
    ------
    HipSpineError
        If the tables cannot be read or do not settle what to relate; nothing is written then.
    """
    asked, cohort = request or RelateRequest(), open_cohort(tables)
    measured, of_implants = without_implants(cohort, implants)
    values = select_values(measured, asked, source=cohort.source)
    covariates = read_covariates(participants, asked, values)
    table = correlate_values(values, asked, covariates=covariates)
    shown, unkept = remember_family(cohort, asked.family, of_folder=history or read_history(out))
    table = mark_family_change(table, shown)
    multiplicity, families = adjust_by_draws(values, table, covariates=covariates, seed=asked.seed)
    of_covariates = covariates.notes if covariates else ()
    notes = (*values.notes, *of_implants, *of_covariates, *_notes(asked, table, shown), *unkept)
    notes = (*notes, *describe_chance(families))
    files = [*cohort.files, *cohort.beside, *(one for one in (participants, implants) if isinstance(one, str | Path))]
    provenance = Provenance("relate", asked.as_dict(), fingerprints(files), notes)
    extra = {"multiplicity": multiplicity, "families": families, "power": tabulate_power(table)}
    relation = Relation(table, values, notes, provenance, extra, shown, asked, covariates)
    return keep_relation(relation, out, title=f"Lumbar and hip muscles of {len(values.subjects)} subjects")


def relate_published(*, family: Family = Family.ALL, out: str | Path | None = None) -> Relation:
    """The published table of lumbar and hip muscles as a correlation table, with q computed from its p.

    Parameters
    ----------
    family : Family
        Tests adjusted together.
    out : path, optional
        Folder for the same files as of `relate_cohort`, but those that need subjects.
    """
    shown = read_history(out).shown_with(family)
    correlations = mark_family_change(published_correlations(family=family), shown)
    notes = (f"Source: {MIELKE_SOURCE}", *PUBLISHED_NOTES, _check_published(correlations))
    provenance = Provenance("relate --reference mielke", {"family": family.value}, (), notes)
    relation = Relation(correlations, None, notes, provenance, {"power": tabulate_power(correlations)}, shown)
    return keep_relation(relation, out, title="The published lumbar-hip table")


def _check_published(correlations: pd.DataFrame) -> str:
    """How many of the printed p can be true, as a sentence."""
    n_cells, n_wrong = len(correlations), len(find_unattainable(correlations))
    return (
        f"Check: {n_cells - n_wrong} of {n_cells} printed p are attainable at their n with p method auto "
        "from a rho that rounds to the printed one."
    )


def without_implants(cohort: MeasuredCohort, implants: OneTable | None) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """The measurements without what implants touch, and sentences on it.

    Rows of single slices that were left out while measuring have been acted on and are not asked for again.
    """
    if implants is None:
        return cohort.measured, ()
    rows = open_implant_rows(implants)
    acted_on = [row for row in rows if row.slices is not None and row.as_dict() in cohort.left_out]
    left = [row for row in rows if row not in acted_on]
    measured, notes = leave_out_implants(cohort.measured, left, source=cohort.source)
    said = (f"Implants: {len(acted_on)} rows with slices were acted on while measuring.",) if acted_on else ()
    return measured, (*notes, *said)


def read_covariates(
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
    return read_people(participants, request.covariates, values, request)


def read_people(
    participants: OneTable, names: Sequence[str], values: SubjectValues, request: RelateRequest
) -> CovariateValues:
    """Columns of a participants table as numbers, for the subjects to relate; numbers of a side are of theirs."""
    if isinstance(participants, str | Path):
        table, source = read_table(participants, what="a participants table"), Path(participants).name
    else:
        table, source = participants, "the participants table"
    of_side, notes = rows_of_side(table, names, request, source=source)
    found = select_covariates(of_side, names, values.subjects, source=source)
    return replace(found, notes=(*notes, *found.notes))


def _notes(request: RelateRequest, table: pd.DataFrame, history: FamilyHistory) -> tuple[str, ...]:
    """What a reader must know that no column says."""
    notes = _interval_notes(request.interval, table)
    if request.covariates:
        notes.append(
            f"Partial coefficients, given {', '.join(request.covariates)}: subjects without one of them leave each "
            "cell; df says how many degrees of freedom are left."
        )
    if request.covariates and request.p_method is PMethod.PERMUTATION:
        notes.append(
            f"p: {PERMUTATION_DRAWS} drawn orders, from seed {request.seed}, of what the ranked covariates leave over "
            "of the lumbar ranks (Freedman and Lane); near to exact, not exact, in small samples."
        )
    if history.remark:
        notes.append(f"The family was changed: {history.remark}.")
    return tuple(notes)


def _interval_notes(method: IntervalMethod, table: pd.DataFrame) -> list[str]:
    """Which intervals there are, and how many cannot be relied on."""
    notes = [f"Intervals: {method}."] if method is not IntervalMethod.BONETT_WRIGHT else []
    shown = table[table["rho_low"].notna()]
    n_without = int((table["rho"].notna() & table["rho_low"].isna()).sum())
    if n_without:
        notes.append(
            f"{n_without} coefficients have no interval: fewer than 8 subjects and one more per covariate, a perfect "
            f"coefficient{', or too few usable samples' if method is IntervalMethod.BOOTSTRAP else ''}."
        )
    if method is IntervalMethod.BOOTSTRAP:
        few = int((shown["n"] < BOOTSTRAP_UNRELIABLE_BELOW).sum())
        text = f"{few} bootstrap intervals rest on fewer than {BOOTSTRAP_UNRELIABLE_BELOW} subjects: too narrow."
    else:
        is_poor = (shown["n"] < FORMULA_UNRELIABLE_BELOW) | (shown["rho"].abs() > FORMULA_UNRELIABLE_ABOVE)
        few = int(is_poor.sum())
        text = (
            f"{few} of {len(shown)} intervals rest on fewer than {FORMULA_UNRELIABLE_BELOW} subjects or belong to a "
            f"coefficient beyond {FORMULA_UNRELIABLE_ABOVE:g}: the formula is poor there."
        )
    return [*notes, text] if few else notes
