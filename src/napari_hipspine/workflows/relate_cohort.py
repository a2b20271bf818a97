"""The main job for a cohort: measurement tables in, correlations of lumbar with hip muscles out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from ..domain.errors import InvalidChoice, TableInvalid
from ..domain.provenance import Provenance, fingerprints
from ..relating.cells import correlate_values
from ..relating.multiplicity import Family
from ..relating.published import MIELKE_SOURCE, find_unattainable, published_correlations
from ..relating.request import RelateRequest
from ..relating.subject_values import SubjectValues, select_values
from ..writing.correlation_report import render_correlation_page
from ..writing.correlation_text import format_table1
from ..writing.tables import table_as_csv, write_whole

if TYPE_CHECKING:
    import pandas as pd

    OneTable: TypeAlias = pd.DataFrame | str | Path
    Tables: TypeAlias = OneTable | Sequence[OneTable]

__all__ = ["RelateRequest", "Relation", "format_table1", "relate_cohort", "relate_published"]


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
    """

    correlations: pd.DataFrame
    values: SubjectValues | None
    notes: tuple[str, ...]
    provenance: Provenance


def relate_cohort(
    tables: Tables,
    request: RelateRequest | None = None,
    *,
    out: str | Path | None = None,
) -> Relation:
    """Spearman's rho of every lumbar with every hip measure over the subjects of one or more measurement tables.

    Parameters
    ----------
    tables : data frame, path or several of them
        Measurement tables; several are read as one.
    request : RelateRequest, optional
        Every choice that can change a number.
    out : path, optional
        Folder for ``correlations.csv``, ``correlations.html`` and ``correlations.png``; all three are written or none.

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
    provenance = Provenance("relate", asked.as_dict(), fingerprints(paths), values.notes)
    relation = Relation(correlate_values(values, asked), values, values.notes, provenance)
    return _keep(relation, out, title=f"Lumbar and hip muscles of {len(values.subjects)} subjects")


def relate_published(*, family: Family = Family.ALL, out: str | Path | None = None) -> Relation:
    """The published table of lumbar and hip muscles as a correlation table, with q computed from its p.

    Parameters
    ----------
    family : Family
        Tests adjusted together.
    out : path, optional
        Folder for the same three files as of `relate_cohort`.
    """
    correlations = published_correlations(family=family)
    notes = (f"Source: {MIELKE_SOURCE}", *PUBLISHED_NOTES, _check_published(correlations))
    provenance = Provenance("relate --reference mielke", {"family": family.value}, (), notes)
    return _keep(Relation(correlations, None, notes, provenance), out, title="The published lumbar-hip table")


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


def read_measurements(path: str | Path) -> pd.DataFrame:
    """A measurement table as text cells, so that an id such as 007 keeps its zeros.

    Raises
    ------
    TableInvalid
        If the file is no CSV table.
    """
    import pandas as pd

    try:
        return pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8-sig")
    except FileNotFoundError:
        raise TableInvalid(f"Expected a measurement table, found no file, in {path}.", hint="Check the path.") from None
    except (OSError, UnicodeDecodeError, pd.errors.ParserError, pd.errors.EmptyDataError) as problem:
        raise TableInvalid(
            f"Expected a CSV table with one row of column names, found {problem}, in {path}.",
            hint="Hand in measurements.csv as the measure command writes it.",
        ) from problem


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
        write_whole(out, relation_files(relation, title=title))
    return relation
