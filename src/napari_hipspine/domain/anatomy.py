"""Muscles, sides, levels and every other word with a code, read from one table."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib.resources import files
from types import MappingProxyType

from .check_digit import has_valid_check_digit as has_valid_check_digit
from .errors import UnknownLabel, VocabularyInvalid

CODE_COLUMNS = ("ta98", "ta2", "fma", "uberon", "sct", "sct_entire", "other_code", "unit_ucum")
"""Columns that hold a code; each has its source beside it."""

COLUMNS = (
    *("kind", "id", "label", "latin", "region", "core"),
    *("ta98", "ta98_source", "ta2", "ta2_source", "fma", "fma_source", "uberon", "uberon_source"),
    *("sct", "sct_source", "sct_entire", "sct_entire_source", "other_code", "other_code_source"),
    *("unit_ucum", "unit_source", "range_plausible", "definition", "synonyms", "notes"),
)
"""Every column of the table, in its order."""


class Side(StrEnum):
    """The patient's side."""

    LEFT = "left"
    RIGHT = "right"


class Region(StrEnum):
    """Part of the body a muscle or level belongs to."""

    LUMBAR = "lumbar"
    HIP = "hip"
    HIP_EXTENSION = "hip_extension"
    GROUP = "group"


@dataclass(frozen=True)
class Term:
    """One word of the vocabulary.

    Parameters
    ----------
    kind : str
        ``muscle``, ``level``, ``slice_position``, ``side``, ``measure``, ``flag``, ``reason`` ...
    id : str
        The word used in tables, unique within its kind.
    label : str
        The word shown to people.
    region : str
        Region of a muscle or level; empty otherwise.
    codes : mapping of str to str
        Codes by column name (see `CODE_COLUMNS`); absent where none is known.
    sources : mapping of str to str
        Where each code was read.
    entry : mapping of str to str
        All columns of the term as they stand in the table.
    """

    kind: str
    id: str
    label: str
    region: str
    codes: Mapping[str, str]
    sources: Mapping[str, str]
    entry: Mapping[str, str]

    def __hash__(self) -> int:
        return hash((self.kind, self.id))

    def __str__(self) -> str:
        return self.id

    def __reduce__(self) -> tuple[object, ...]:
        # Read-only mappings cannot be pickled, and plans and structures travel to workers.
        return _read_term, (dict(self.entry),)

    @property
    def is_core(self) -> bool:
        """Whether it is one of the ten muscles every subject is measured for."""
        return self.entry["core"] == "yes"

    @property
    def definition(self) -> str:
        """What the term means, in one line."""
        return self.entry["definition"]

    @property
    def unit(self) -> str:
        """UCUM unit of a measure."""
        return self.codes.get("unit_ucum", "")


@dataclass(frozen=True)
class Structure:
    """A muscle on one side of the patient.

    Raises
    ------
    UnknownLabel
        If the term is no muscle or the side is neither left nor right.
    """

    muscle: Term
    side: Side

    def __post_init__(self) -> None:
        if self.muscle.kind != "muscle":
            raise UnknownLabel(f"Expected a muscle, found the {self.muscle.kind} {self.muscle.id}.")
        if self.side not in tuple(Side):
            raise UnknownLabel(f"Expected side left or right, found {self.side!r}.")
        object.__setattr__(self, "side", Side(self.side))

    @property
    def id(self) -> str:
        """Name for tables and layers, e.g. ``multifidus_left``."""
        return f"{self.muscle.id}_{self.side.value}"

    @property
    def label(self) -> str:
        """Name for people, e.g. ``multifidus left``."""
        return f"{self.muscle.label} {self.side.value}"

    @property
    def other_side(self) -> Structure:
        """The same muscle on the other side."""
        return Structure(self.muscle, Side.RIGHT if self.side is Side.LEFT else Side.LEFT)


class Vocabulary:
    """All terms, checked when made.

    Raises
    ------
    VocabularyInvalid
        On missing columns, double ids, codes without a source, wrong check digits, or codes known to be wrong.
    """

    def __init__(self, rows: Iterable[Mapping[str, str]]) -> None:
        self._terms: dict[tuple[str, str], Term] = {}
        for term in map(_read_term, rows):
            if (term.kind, term.id) in self._terms:
                raise VocabularyInvalid(f"Expected every id once, found {term.kind} {term.id} twice.")
            self._terms[term.kind, term.id] = term
        refused = {term.id for term in self.of_kind("refused_code")}
        for term in self:
            _check_codes(term, refused)

    def __iter__(self) -> Iterator[Term]:
        return iter(self._terms.values())

    def of_kind(self, kind: str) -> tuple[Term, ...]:
        """Terms of one kind in the order of the table."""
        return tuple(term for term in self if term.kind == kind)

    def find(self, kind: str, id: str) -> Term:
        """One term.

        Raises
        ------
        UnknownLabel
            If there is none; the message lists those there are.
        """
        try:
            return self._terms[kind, id]
        except KeyError:
            known = ", ".join(term.id for term in self.of_kind(kind))
            raise UnknownLabel(
                f"Expected a {kind.replace('_', ' ')} of the vocabulary, found {id!r}.",
                hint=f"Known: {known}.",
            ) from None


@cache
def vocabulary() -> Vocabulary:
    """The vocabulary shipped with the package."""
    table = files(__package__).joinpath("anatomy.csv").read_text(encoding="utf-8")
    return Vocabulary(csv.DictReader(table.splitlines()))


def find_muscle(id: str) -> Term:
    """A muscle by its id."""
    return vocabulary().find("muscle", id)


def find_level(id: str) -> Term:
    """A level by its id."""
    return vocabulary().find("level", id)


def find_structure(muscle_id: str, side: str) -> Structure:
    """A muscle on one side.

    Raises
    ------
    UnknownLabel
        If the muscle is not in the vocabulary or the side is neither ``left`` nor ``right``.
    """
    return Structure(find_muscle(muscle_id), side)  # type: ignore[arg-type]


def core_muscles(region: str | None = None) -> tuple[Term, ...]:
    """The ten core muscles, or those of one region, in the order of the table."""
    muscles = vocabulary().of_kind("muscle")
    return tuple(term for term in muscles if term.is_core and region in (None, term.region))


def muscle_order(id: str) -> int:
    """Rank of a muscle in the vocabulary, for sorting tables."""
    return vocabulary().of_kind("muscle").index(find_muscle(id))


def _read_term(row: Mapping[str, str]) -> Term:
    if set(row) != set(COLUMNS) or None in row.values():
        raise VocabularyInvalid(
            f"Expected the columns {', '.join(COLUMNS)} in every row, found others or a row of another length, "
            f"at {row.get('kind')} {row.get('id')}."
        )
    codes = {name: row[name] for name in CODE_COLUMNS if row[name]}
    sources = {name: row[_source_column(name)] for name in codes}
    return Term(
        row["kind"],
        row["id"],
        row["label"],
        row["region"],
        MappingProxyType(codes),
        MappingProxyType(sources),
        MappingProxyType(dict(row)),
    )


def _source_column(code_column: str) -> str:
    return "unit_source" if code_column == "unit_ucum" else f"{code_column}_source"


def _check_codes(term: Term, refused: set[str]) -> None:
    for name, code in term.codes.items():
        if not term.sources[name]:
            raise VocabularyInvalid(f"Expected a source beside every code, found none for {name} of {term.id}.")
        if code in refused:
            raise VocabularyInvalid(f"Expected no code known to be wrong, found {code} ({name}) at {term.id}.")
        if name in ("sct", "sct_entire") and not has_valid_check_digit(code):
            raise VocabularyInvalid(f"Expected a valid check digit, found {code} ({name}) at {term.id}.")
