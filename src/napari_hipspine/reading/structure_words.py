"""Names and codes of segments, as people and programs write them, read as structures."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import cache

from ..domain.anatomy import Side, Structure, Term, vocabulary
from ..domain.bones import TROCHANTER, Bone
from ..domain.errors import UnknownLabel
from .namings import TABLED, Meaning, read_naming

_SIDE_WORDS = {
    **dict.fromkeys(("left", "l", "lt"), Side.LEFT),
    **dict.fromkeys(("right", "r", "rt"), Side.RIGHT),
}
_ONLY_AT_THE_ENDS = ("l", "r", "lt", "rt")
_GENERIC = ("muscle", "muscles", "musculus", "musculi", "m", "mm")
_LEGACY_SIDES = {("SRT", "G-A101"): Side.LEFT, ("SRT", "G-A100"): Side.RIGHT}

Code = tuple[str, str]
"""Coding scheme and code value, e.g. ``("SCT", "78333006")``."""


def meaning_of_segment(name: str, *, codes: Iterable[Code] = (), modifiers: Iterable[Code] = ()) -> Meaning:
    """What a segment stands for, by its name and its codes.

    Parameters
    ----------
    name : str
        Name as written by a person or a program.
    codes : iterable of (scheme, value)
        Codes of its type and region; those that are no muscle of the vocabulary are passed over.
    modifiers : iterable of (scheme, value)
        Codes that may tell the side.

    Raises
    ------
    UnknownLabel
        If neither name nor codes are known, no side is told for a muscle, or they contradict each other.
    """
    words, named_side = _split_side(name)
    named = _muscles_by_name().get(words)
    coded = {term.id: term for code in codes for term in _muscles_by_code().get(code, ())}
    muscles = {**coded, **({named.id: named} if named else {})}
    if not muscles:
        if words in _other_names():
            return Meaning(name, bone=_bone(words, named_side))
        raise UnknownLabel(f"Expected a structure of the vocabulary, found {name!r}.")
    if len(muscles) > 1:
        raise UnknownLabel(
            f"Expected one muscle, found {' and '.join(sorted(muscles))}, in name and codes of {name!r}."
        )
    coded_sides = {side for modifier in modifiers if (side := _sides_by_code().get(modifier))}
    sides = coded_sides | ({named_side} if named_side else set())
    if len(sides) != 1:
        told = " and ".join(sorted(sides)) or "none"
        raise UnknownLabel(f"Expected one side, left or right, found {told}, for {name!r}.")
    return Meaning(name, Structure(next(iter(muscles.values())), sides.pop()))


def _split_side(name: str) -> tuple[str, Side | None]:
    """Words of a name without its side and without words like muscle, and the side."""
    apart = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name)
    words = re.sub(r"[^0-9a-z]+", " ", apart.lower()).split()
    told = [
        at
        for at, word in enumerate(words)
        if word in _SIDE_WORDS and (word not in _ONLY_AT_THE_ENDS or at in (0, len(words) - 1))
    ]
    sides = {_SIDE_WORDS[words[at]] for at in told}
    rest = [word for at, word in enumerate(words) if at not in told and word not in _GENERIC]
    return " ".join(rest), sides.pop() if len(sides) == 1 else None


@cache
def _muscles_by_name() -> dict[str, Term]:
    """Muscles by every name they go by; names that two muscles share are left out."""
    found: dict[str, set[Term]] = {}
    for term in vocabulary().of_kind("muscle"):
        for name in _names_of(term):
            found.setdefault(_split_side(name)[0], set()).add(term)
    return {name: terms.pop() for name, terms in found.items() if name and len(terms) == 1}


def _names_of(term: Term) -> Iterator[str]:
    yield from (term.id, term.label, term.entry["latin"])
    for synonym in term.entry["synonyms"].split("|"):
        if "ambiguous" not in synonym:
            yield synonym.partition("(")[0]


@cache
def _muscles_by_code() -> dict[Code, tuple[Term, ...]]:
    found: dict[Code, tuple[Term, ...]] = {}
    for term in vocabulary().of_kind("muscle"):
        codes = [("SCT", term.codes.get("sct")), ("SCT", term.codes.get("sct_entire")), ("FMA", term.codes.get("fma"))]
        own_scheme, _, own = term.codes.get("other_code", "").partition(" ")
        codes += [(own_scheme, own)] if own_scheme.startswith("99") else []
        for scheme, value in codes:
            if value:
                found[scheme, value] = (*found.get((scheme, value), ()), term)
    return found


@cache
def _sides_by_code() -> dict[Code, Side]:
    known = {("SCT", term.codes["sct"]): Side(term.id) for term in vocabulary().of_kind("side") if term.id != "both"}
    return {**known, **_LEGACY_SIDES}


def _bone(words: str, side: Side | None) -> Bone | None:
    """The vertebra, disc or femur that a name stands for; a femur whose side is not told says nothing."""
    level = _levels_by_name().get(words)
    if level is None or (level.id == TROCHANTER and side is None):
        return None
    return Bone(level, side if level.id == TROCHANTER else None)


@cache
def _levels_by_name() -> dict[str, Term]:
    """Levels by the names of their bones in the shipped namings."""
    meanings = [meaning for name in TABLED for meaning in read_naming(name).meanings.values()]
    return {_split_side(one.name)[0]: one.bone.level for one in meanings if one.bone is not None}


@cache
def _other_names() -> frozenset[str]:
    """Names of structures in the shipped namings that are no muscle we measure."""
    meanings = [meaning for name in TABLED for meaning in read_naming(name).meanings.values()]
    return frozenset(_split_side(one.name)[0] for one in meanings if one.structure is None) - {""}
