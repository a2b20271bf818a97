"""Implants, fusions and single slices that are not to be measured, as a table names them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .anatomy import Region, Term, find_level, find_muscle
from .cells import is_missing, read_yes_no
from .errors import InvalidChoice, TableInvalid
from .label_map import LabelMap
from .subject import SubjectKey
from .tables import BOTH_SIDES, SEPARATOR

if TYPE_CHECKING:
    import pandas as pd

IMPLANT = "implant"
"""Kind of a row that names none."""

METAL = "metal_artefact"

KEPT_KINDS = (IMPLANT, "fusion", METAL, "poor_quality")
"""Kinds whose rows may be measured all the same; each is a flag and a reason of the vocabulary."""

KINDS = (*KEPT_KINDS, "outside_fov", "tendon_only", "excluded_outlier", "not_measured")
"""Reasons of the vocabulary for which muscles, levels or slices are left out."""

_REGIONS = (Region.LUMBAR.value, Region.HIP.value)
_HIP_GROUPS = ("quadriceps_femoris",)


@dataclass(frozen=True)
class Implant:
    """One implant, fusion or run of slices that is left out, or kept on demand.

    Parameters
    ----------
    subject_id : str
        Whose.
    region : str
        ``lumbar`` or ``hip``; the hip takes the muscles of the thigh with it.
    side : str
        ``left``, ``right`` or ``both``.
    muscle : str
        The only muscle it touches; empty for all of its region.
    levels : tuple of str
        Levels it touches; none means all.
    slices : tuple of int, optional
        First and last slice index it touches, in the file's own order; None means all.
    kind : str
        Why: one of `KINDS`, the reason that empty cells give.
    session : str
        The only session it holds for; empty for all.
    is_kept : bool
        Whether the user wants the measurements all the same.
    """

    subject_id: str
    region: str
    side: str = BOTH_SIDES
    muscle: str = ""
    levels: tuple[str, ...] = ()
    slices: tuple[int, int] | None = None
    kind: str = IMPLANT
    session: str = ""
    is_kept: bool = False

    def is_of(self, key: SubjectKey) -> bool:
        """Whether it belongs to this subject and session."""
        return self.subject_id == key.subject_id and self.session in ("", key.session)

    def touches(self, muscle: Term, side: str) -> bool:
        """Whether it touches a muscle on a side; what is taken from both sides is touched by either."""
        if self.muscle and self.muscle != muscle.id:
            return False
        if self.side != BOTH_SIDES and side not in (self.side, BOTH_SIDES):
            return False
        return self.region == region_of(muscle)

    def as_dict(self) -> dict[str, Any]:
        """Plain values for provenance; what is not stated is left out."""
        plain = {name: list(value) if isinstance(value, tuple) else value for name, value in vars(self).items()}
        return {name: value for name, value in plain.items() if value not in ("", [], None, False)}


@dataclass(frozen=True)
class Implants:
    """What is known of implants when a picture is measured.

    Parameters
    ----------
    rows : tuple of Implant
        Of one or many subjects.
    metal : LabelMap, optional
        Metal or its artefact, drawn on a grid that lossless steps bring onto the image's.
    metal_values : tuple of int
        Its values that are metal; none means any but 0.
    keeps_metal : bool
        Whether outlines that overlap metal are measured and flagged instead of left out.
    """

    rows: tuple[Implant, ...] = ()
    metal: LabelMap | None = None
    metal_values: tuple[int, ...] = ()
    keeps_metal: bool = False

    def of_subject(self, key: SubjectKey) -> tuple[Implant, ...]:
        """The rows of one subject and session."""
        return tuple(row for row in self.rows if row.is_of(key))

    def as_dict(self, key: SubjectKey) -> dict[str, Any]:
        """Plain values for the provenance of one subject."""
        rule = "kept and flagged" if self.keeps_metal else "left out"
        metal = f"outlines that overlap metal on a slice are {rule} there" if self.metal else "none was handed in"
        values = {"metal_values": list(self.metal_values)} if self.metal_values else {}
        return {"rows": [row.as_dict() for row in self.of_subject(key)], "metal": metal, **values}


def region_of(muscle: Term) -> str:
    """``lumbar`` or ``hip``, by what an implant there touches: muscles of the thigh belong to the hip."""
    if muscle.region == Region.GROUP:
        return Region.HIP.value if muscle.id in _HIP_GROUPS else Region.LUMBAR.value
    return Region.HIP.value if muscle.region == Region.HIP_EXTENSION else muscle.region


def read_implants(table: pd.DataFrame, *, source: str = "the given table") -> tuple[Implant, ...]:
    """Implants of a table, one row each.

    Parameters
    ----------
    table : pandas.DataFrame
        Columns subject_id and region; optional side, muscle, level (several joined by semicolons), slice_first with
        slice_last, kind, session and keep (yes or no).
    source : str
        What the table is called in messages.

    Raises
    ------
    TableInvalid
        If a region, side or kind is none, one of two slices is missing, or rows are to be kept that cannot be.
    UnknownLabel
        If a level or muscle is unknown.
    """
    absent = [name for name in ("subject_id", "region") if name not in table.columns]
    if absent:
        raise TableInvalid(
            f"Expected subject_id and region, missing {', '.join(absent)}, in {source}.",
            hint="One row per implant, fusion or run of slices: region lumbar or hip.",
        )
    records = ({str(name): cell for name, cell in row.items()} for row in table.to_dict("records"))
    return tuple(
        _read_row({name: cell for name, cell in row.items() if not is_missing(cell)}, source) for row in records
    )


def check_slices(implant: Implant, n_slices: int) -> None:
    """Refuse slices that a picture does not have.

    Raises
    ------
    InvalidChoice
        If the last slice lies beyond the picture.
    """
    if implant.slices is not None and implant.slices[1] >= n_slices:
        raise InvalidChoice(
            f"Expected slices from 0 to {n_slices - 1} to leave out, found {implant.slices[0]} to "
            f"{implant.slices[1]}, for the {implant.region} of {implant.subject_id}.",
            hint="Slices are counted from 0 in the file's own order.",
        )


def _read_row(row: dict[str, Any], source: str) -> Implant:
    region, side = str(row.get("region", "")), str(row.get("side", BOTH_SIDES))
    if region not in _REGIONS or side not in ("left", "right", BOTH_SIDES):
        raise TableInvalid(
            f"Expected region lumbar or hip and side left, right or both, found {region or 'none'} and {side}, "
            f"in {source}."
        )
    if "subject_id" not in row:
        raise TableInvalid(f"Expected a subject_id in every row, found a row without, in {source}.")
    kind, is_kept = str(row.get("kind", IMPLANT)), read_yes_no(row.get("keep", "no"))
    allowed = KEPT_KINDS if is_kept else KINDS
    if kind not in allowed:
        raise TableInvalid(
            f"Expected a kind of {', '.join(allowed)}{' to keep' if is_kept else ''}, found {kind!r}, in {source}.",
            hint="The kind is the reason that empty cells give.",
        )
    return Implant(
        subject_id=str(row["subject_id"]),
        region=region,
        side=side,
        muscle=find_muscle(str(row["muscle"])).id if "muscle" in row else "",
        levels=tuple(find_level(word).id for word in str(row.get("level", "")).split(SEPARATOR) if word),
        slices=_read_slices(row, source),
        kind=kind,
        session=str(row.get("session", "")),
        is_kept=is_kept,
    )


def _read_slices(row: dict[str, Any], source: str) -> tuple[int, int] | None:
    given = [row[name] for name in ("slice_first", "slice_last") if name in row]
    if not given:
        return None
    try:
        first, last = (float(cell) for cell in given)
    except ValueError:
        raise TableInvalid(f"Expected slice_first and slice_last together, found {given}, in {source}.") from None
    if not (first.is_integer() and last.is_integer()):
        raise TableInvalid(f"Expected whole numbers of slices, found {first:g} and {last:g}, in {source}.")
    if not 0 <= first <= last:
        raise TableInvalid(f"Expected slice_first up to slice_last, found {first:g} and {last:g}, in {source}.")
    return int(first), int(last)
