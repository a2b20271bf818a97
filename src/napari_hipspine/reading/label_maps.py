"""Labels made elsewhere: look at the values, propose names for them, accept."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from os import PathLike

from ..domain.anatomy import Structure
from ..domain.cache import VolumeCache
from ..domain.errors import UnknownLabel
from ..domain.label_map import LabelMap, Origin
from .carried_names import naming_for
from .label_looks import LabelLook
from .label_sources import look_at_source
from .namings import Meaning
from .remote_folder import place_of
from .sides import check_sides

_SHOWN = 12


class UnknownValues(StrEnum):
    """What is done with label values that the naming does not know."""

    REFUSE = "refuse"
    IGNORE = "ignore"


@dataclass(frozen=True)
class NamingProposal:
    """Names proposed for the values of a label map, to be accepted or not.

    Parameters
    ----------
    look : LabelLook
        What was found.
    naming : str
        Naming the names come from.
    tool : str
        Tool the naming belongs to.
    named : mapping of int to Structure
        Values that are muscles.
    known_others : mapping of int to str
        Values that are known and no muscle we measure, by name.
    unknown : mapping of int to str
        Values without a meaning, with the reason where there is one.
    """

    look: LabelLook
    naming: str
    tool: str
    named: Mapping[int, Structure]
    known_others: Mapping[int, str]
    unknown: Mapping[int, str]


def open_label_map(
    path: str | PathLike[str],
    naming: str | PathLike[str] | None = None,
    *,
    series: str | int | None = None,
    unknown: UnknownValues = UnknownValues.REFUSE,
    orientation: str | None = None,
    cache: VolumeCache | None = None,
) -> LabelMap:
    """Labels with a meaning for every value, on the grid they are stored on.

    Parameters
    ----------
    path : path-like
        Label map in any format images are read from, a segmentation that carries names (``.seg.nrrd``, DICOM SEG),
        or a folder with one mask per structure.
    naming : str or path, optional
        One of `naming_names`, or a CSV with columns value, muscle, side. Not needed where the file carries names or
        a CSV of the same name lies beside it.
    series : str or int, optional
        Which volume, where there are several.
    unknown : UnknownValues
        Whether values the naming does not know are refused or left out.
    orientation : str, optional
        How the patient lies, as ``Grid.orientation`` writes it, for files that carry no orientation.
    cache : VolumeCache, optional
        Keeps voxels that are slow to decode.

    Raises
    ------
    UnknownLabel
        On values without a meaning, fractional or negative values, maps without a muscle or without any label.
    SideContradiction
        If left and right are swapped.
    InvalidChoice
        If no naming is given and the file carries no names.
    HipSpineError
        Whatever the reader of the file refuses.
    """
    look = look_at_labels(path, series=series, orientation=orientation, cache=cache)
    return accept(propose_names(look, naming), unknown=unknown)


def look_at_labels(
    path: str | PathLike[str],
    *,
    series: str | int | None = None,
    orientation: str | None = None,
    cache: VolumeCache | None = None,
) -> LabelLook:
    """Values of a label map with their counts and places, from one pass over its voxels.

    Raises
    ------
    UnknownLabel
        If a value is fractional, negative or beyond 65535, or there is nothing but background.
    HipSpineError
        Whatever the reader of the file refuses.
    """
    look = look_at_source(place_of(path), series=series, orientation=orientation, cache=cache)
    if look.tally.value.size == 0:
        raise UnknownLabel(
            f"Expected labels, found nothing but background, in {look.path}.",
            hint="Check that this is the label map, and that the tool found anything in the picture.",
        )
    return look


def propose_names(look: LabelLook, naming: str | PathLike[str] | None = None) -> NamingProposal:
    """Names for the values that occur in a label map.

    Parameters
    ----------
    look : LabelLook
        What was found.
    naming : str or path, optional
        One of `naming_names`, or a CSV; by default the names that come with the file.

    Raises
    ------
    InvalidChoice
        If the naming does not exist, or the file carries no names of that kind.
    """
    found, unreadable = naming_for(look, naming)
    meanings = found.meanings
    return NamingProposal(
        look=look,
        naming=found.name,
        tool=found.tool,
        named={v: s for v in look.counts if (s := _structure_of(meanings, v)) is not None},
        known_others={v: meanings[v].name for v in look.counts if v in meanings and meanings[v].structure is None},
        unknown={v: unreadable.get(v, "") for v in look.counts if v not in meanings},
    )


def accept(proposal: NamingProposal, *, unknown: UnknownValues = UnknownValues.REFUSE) -> LabelMap:
    """The label map as proposed, once its sides have been checked.

    Parameters
    ----------
    proposal : NamingProposal
        What the values would mean.
    unknown : UnknownValues
        Whether values without a meaning are refused or left out.

    Raises
    ------
    UnknownLabel
        If values have no meaning and are not to be left out, or none of them is a muscle.
    SideContradiction
        If left and right are swapped.
    """
    look = proposal.look
    notes = list(look.notes)
    if proposal.unknown:
        if unknown is UnknownValues.REFUSE:
            raise _unknown_values(proposal)
        notes.append(f"label values left out because the naming does not know them: {_listed(proposal.unknown)}")
    if not proposal.named:
        others = _listed(proposal.known_others) or "none at all"
        raise UnknownLabel(
            f"Expected at least one muscle, found only other structures ({others}), in {look.path}.",
            hint=f"The naming was {proposal.naming}; choose another if these are muscles.",
        )
    _require_one_value_each(proposal)
    flags, side_notes = check_sides(look.tally, proposal.named, path=look.path, naming=proposal.naming)
    return LabelMap(
        labels=look.voxels,
        grid=look.grid,
        structures=proposal.named,
        origin=Origin.IMPORTED,
        tool=proposal.tool,
        path=look.path,
        flags=tuple(dict.fromkeys((*look.flags, *flags))),
        notes=(*notes, *side_notes),
    )


def _structure_of(meanings: Mapping[int, Meaning], value: int) -> Structure | None:
    return meanings[value].structure if value in meanings else None


def _unknown_values(proposal: NamingProposal) -> UnknownLabel:
    counts = proposal.look.counts
    told = ", ".join(
        f"{value} ({counts[value]} voxels{f'; {reason}' if reason else ''})"
        for value, reason in list(proposal.unknown.items())[:_SHOWN]
    )
    more = f" and {len(proposal.unknown) - _SHOWN} more" if len(proposal.unknown) > _SHOWN else ""
    return UnknownLabel(
        f"Expected only label values that the naming {proposal.naming} knows, found {told}{more}, "
        f"in {proposal.look.path}.",
        hint="Choose the naming that belongs to the tool, add the values to an own CSV, "
        "or leave them out with --ignore-unknown.",
    )


def _require_one_value_each(proposal: NamingProposal) -> None:
    values: dict[Structure, list[str]] = {}
    for value, structure in proposal.named.items():
        values.setdefault(structure, []).append(str(value))
    twice = [f"{structure.label} as {' and '.join(found)}" for structure, found in values.items() if len(found) > 1]
    if twice:
        raise UnknownLabel(
            f"Expected one value per structure, found {', '.join(twice)}, in {proposal.look.path}.",
            hint="Join the parts in the segmenting program, or name only one of them in an own CSV.",
        )


def _listed(names: Mapping[int, str]) -> str:
    shown = [f"{value} {name}".strip() for value, name in list(names.items())[:_SHOWN]]
    more = [f"and {len(names) - _SHOWN} more"] if len(names) > _SHOWN else []
    return ", ".join([*shown, *more])
