"""Correlations as the command line makes and writes them, for the correlation dock."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ..domain.errors import InvalidChoice
from ..domain.subject import Progress
from ..relating.request import RelateRequest
from ..workflows.measured_tables import open_cohort
from ..workflows.relate_beside import add_sensitivity
from ..workflows.relate_cohort import relate_cohort
from ..workflows.relation import Relation, extra_files, read_history, relation_files
from ..writing.tables import write_whole
from .study_contracts import contract_of, title_of
from .study_work import ShownTable

PUBLISHED_TITLE = "The published lumbar-hip table"


def relate_tables(paths: Sequence[Path], request: RelateRequest, progress: Progress) -> Relation:
    """The relation of measurement tables with what stands beside it.

    Parameters
    ----------
    paths, request
        As `relate_cohort` takes them.
    progress : Progress
        Told the parts done.
    """
    progress(0, 2, "relating")
    cohort = open_cohort(list(paths))
    relation = relate_cohort(cohort, request)
    progress(1, 2, "relating under other choices")
    return add_sensitivity(relation, cohort)


def title_of_relation(relation: Relation) -> str:
    """What stands above the table, on the screen and on the page."""
    if relation.values is None:
        return PUBLISHED_TITLE
    return f"Lumbar and hip muscles of {len(relation.values.subjects)} subjects"


def tables_beside(relation: Relation) -> tuple[ShownTable, ...]:
    """The tables beside the correlations, as the screen shows them."""
    return tuple(ShownTable(title_of(name), contract_of(name), frame) for name, frame in relation.extra.items())


def write_relation(relation: Relation, folder: str | Path) -> tuple[Path, ...]:
    """The files of `hipspine relate`, all or none.

    Raises
    ------
    InvalidChoice
        If results were shown from the folder under families this relation does not know of: it could not say that
        its family was chosen afterwards.
    """
    stored, shown = read_history(folder).shown, relation.history.shown
    if shown[: len(stored)] != stored:
        raise InvalidChoice(
            f"Expected a folder for results of family {shown[0]}, found results shown with "
            f"{', '.join(stored)}, in {folder}.",
            hint="Choose another folder.",
        )
    return write_whole(folder, {**extra_files(relation), **relation_files(relation, title=title_of_relation(relation))})
