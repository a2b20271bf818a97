"""What came of relating, and the files it becomes."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from ..domain.errors import TableInvalid
from ..domain.provenance import RESEARCH_ONLY, Provenance, fingerprints
from ..relating.covariates import CovariateValues
from ..relating.extra_tables import BESIDE, PROFILE
from ..relating.family_history import FamilyHistory
from ..relating.request import RelateRequest
from ..relating.subject_values import SubjectValues
from ..writing.correlation_latex import render_correlation_latex
from ..writing.correlation_report import provenance_lines, render_correlation_page
from ..writing.correlation_sentences import write_sentences
from ..writing.tables import as_json, columns_as_json, table_as_csv, write_whole

if TYPE_CHECKING:
    import pandas as pd

FAMILY_FILE = "family.json"
"""Families under which the results of a folder were shown."""


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
    request : RelateRequest or None
        What was asked; None for a published table.
    covariates : CovariateValues or None
        What was held constant.
    """

    correlations: pd.DataFrame
    values: SubjectValues | None
    notes: tuple[str, ...]
    provenance: Provenance
    extra: Mapping[str, pd.DataFrame]
    history: FamilyHistory
    request: RelateRequest | None = None
    covariates: CovariateValues | None = None

    def with_extra(
        self, tables: Mapping[str, pd.DataFrame], *, notes: Sequence[str] = (), files: Sequence[str | Path] = ()
    ) -> Relation:
        """The same with more tables beside it, more notes, and the files that these rest on."""
        all_notes, known = (*self.notes, *notes), {one.path for one in self.provenance.inputs}
        more = fingerprints(path for path in dict.fromkeys(map(str, files)) if path not in known)
        provenance = replace(self.provenance, notes=all_notes, inputs=(*self.provenance.inputs, *more))
        return replace(self, extra={**self.extra, **tables}, notes=all_notes, provenance=provenance)


def relation_files(relation: Relation, *, title: str) -> dict[str, str | bytes]:
    """Contents of the table, its page and picture, and what they rest on, by name."""
    from ..figures.correlation_heatmap import correlation_heatmap
    from ..figures.correlation_profile import correlation_profile
    from ..figures.png import figure_as_png, figure_as_svg

    table = relation.correlations
    heat_map = correlation_heatmap(table)
    origin = "\n".join((RESEARCH_ONLY, *provenance_lines(relation.provenance)))
    page = render_correlation_page(table, title=title, notes=relation.notes, provenance=relation.provenance)
    profile = (
        {"profile.png": figure_as_png(correlation_profile(relation.extra))} if PROFILE.name in relation.extra else {}
    )
    return {
        **profile,
        "correlations.csv": table_as_csv(table),
        "correlations.html": page,
        "correlations.png": figure_as_png(heat_map),
        "correlations.svg": figure_as_svg(heat_map, origin=origin),
        "correlations.tex": render_correlation_latex(table, title=title, provenance=relation.provenance),
        "run.json": as_json(relation.provenance.as_dict()),
    }


def extra_files(relation: Relation) -> dict[str, str]:
    """Contents of what stands beside the three files, by name: tables, what all columns mean, sentences, families."""
    sentences = [*write_sentences(relation.correlations), RESEARCH_ONLY]
    return {
        FAMILY_FILE: as_json({"research_only": RESEARCH_ONLY, **relation.history.as_dict()}),
        **{f"{name}.csv": table_as_csv(table) for name, table in relation.extra.items()},
        "columns.json": columns_as_json("correlations", *(BESIDE[name] for name in relation.extra)),
        "sentences.txt": "\n".join(sentences) + "\n",
    }


def read_history(out: str | Path | None) -> FamilyHistory:
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


def keep_relation(relation: Relation, out: str | Path | None, *, title: str) -> Relation:
    """The relation, written into a folder if there is one: all files or none."""
    if out is not None:
        write_whole(out, {**extra_files(relation), **relation_files(relation, title=title)})
    return relation
