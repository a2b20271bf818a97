"""Correlations as the command line makes and writes them, for the correlation dock."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ..domain.errors import HipSpineError, InvalidChoice
from ..domain.subject import Progress
from ..relating.request import RelateRequest
from ..workflows.read_tables import read_table
from ..workflows.relate_wholly import BesideChoices, relate_wholly
from ..workflows.relation import Relation, extra_files, read_history, relation_files
from ..writing.tables import write_whole
from .study_contracts import contract_of, title_of
from .study_work import ShownTable

PUBLISHED_TITLE = "The published lumbar-hip table"


@dataclass(frozen=True)
class RelateWish:
    """Everything that is asked of a correlation table but the measurements themselves."""

    request: RelateRequest = field(default_factory=RelateRequest)
    beside: BesideChoices = field(default_factory=BesideChoices)


@dataclass(frozen=True)
class TableOffers:
    """Levels and sessions that measurement tables hold."""

    levels: tuple[str, ...] = ()
    sessions: tuple[str, ...] = ()


def relate_tables(paths: Sequence[Path], wish: RelateWish, progress: Progress) -> Relation:
    """The relation of measurement tables with all that stands beside it, as `relate_wholly` finds it."""
    return relate_wholly(list(paths), wish.request, wish.beside, progress=progress)


def look_into_tables(paths: Sequence[Path]) -> TableOffers:
    """What can be chosen of measurement tables; one that cannot be read offers nothing and is refused when related."""
    found: dict[str, dict[str, None]] = {"level": {}, "session": {}}
    for path in paths:
        try:
            table = read_table(path)
        except HipSpineError:
            continue
        for name, words in found.items():
            if name in table.columns:
                words |= dict.fromkeys(word for word in table[name].unique() if word)
    return TableOffers(tuple(found["level"]), tuple(sorted(found["session"])))


def title_of_relation(relation: Relation) -> str:
    """What stands above the table, on the screen and on the page."""
    if relation.values is None:
        return PUBLISHED_TITLE
    n = len(relation.values.subjects)
    return f"Lumbar and hip muscles of {n} {'subject' if n == 1 else 'subjects'}"


def tables_beside(relation: Relation) -> tuple[ShownTable, ...]:
    """The tables beside the correlations, as the screen shows them."""
    return tuple(ShownTable(title_of(name), contract_of(name), frame) for name, frame in relation.extra.items())


def write_relation(relation: Relation, folder: str | Path, progress: Progress) -> tuple[Path, ...]:
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
    progress(0, 1, "drawing the pages and figures")
    files = {**extra_files(relation), **relation_files(relation, title=title_of_relation(relation))}
    return write_whole(folder, files, progress=progress)
