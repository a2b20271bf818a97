"""3D Slicer segmentations (.seg.nrrd): label values with the names and codes kept in the header."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ..domain.cache import VolumeCache
from ..domain.errors import UnknownLabel
from .label_looks import LabelLook, LabelVoxels, label_voxels_of, tally_labels
from .namings import Meaning
from .stacked_labels import Layer, StackedLabels
from .structure_words import Code, meaning_of_segment
from .volumes import list_volumes

_FIELD = re.compile(r"^Segment(\d+)_(\w+):=(.*)$")
_HEADER_BYTES = 4 * 2**20


@dataclass(frozen=True)
class Segment:
    """One segment as the header describes it.

    Parameters
    ----------
    name : str
        Name given to it.
    value, layer : int
        Its label value, and the layer it is stored in.
    codes, modifiers : tuple of (scheme, value)
        Codes of its type and region, and of their modifiers.
    """

    name: str
    value: int
    layer: int
    codes: tuple[Code, ...]
    modifiers: tuple[Code, ...]


def read_segments(path: Path) -> tuple[Segment, ...]:
    """Segments described in the header of an NRRD file; empty if it is no NRRD file or describes none."""
    with path.open("rb") as file:
        start = file.read(4)
        header = start + (file.read(_HEADER_BYTES) if start == b"NRRD" else b"")
    if start != b"NRRD":
        return ()
    text = re.split(rb"\r?\n\r?\n", header, maxsplit=1)[0].decode("utf-8", errors="replace")
    fields: dict[int, dict[str, str]] = {}
    for line in text.splitlines():
        if found := _FIELD.match(line):
            fields.setdefault(int(found[1]), {})[found[2]] = found[3].strip()
    return tuple(_segment(number, fields[number]) for number in sorted(fields))


def look_at_segmentation(path: Path, *, cache: VolumeCache | None = None) -> LabelLook:
    """Values and names of a Slicer segmentation; segments kept in several layers are numbered from 1 anew.

    Parameters
    ----------
    path : Path
        File for which `read_segments` finds segments.
    cache : VolumeCache, optional
        Keeps voxels that are slow to decode.

    Raises
    ------
    UnknownLabel
        If segments overlap, or a layer holds values that no segment has.
    HipSpineError
        Whatever the reader of the file refuses.
    """
    segments = read_segments(path)
    volumes = list_volumes(path, cache=cache)
    grid = volumes[0].grid
    in_layers = len(volumes) > 1
    by_value = dict(enumerate(segments, start=1)) if in_layers else {one.value: one for one in segments}
    voxels: StackedLabels | LabelVoxels
    if in_layers:
        layers = tuple(
            Layer(
                label_voxels_of(volume),
                {one.value: new for new, one in by_value.items() if one.layer == number},
                f"layer {number} of {path}",
            )
            for number, volume in enumerate(volumes)
        )
        voxels = StackedLabels(layers, {new: one.name for new, one in by_value.items()}, str(path))
    else:
        voxels = label_voxels_of(volumes[0])
    tally = tally_labels(voxels, grid)
    meanings: dict[int, Meaning] = {}
    unknown: dict[int, str] = {}
    for value, one in by_value.items():
        try:
            meanings[value] = meaning_of_segment(one.name, codes=one.codes, modifiers=one.modifiers)
        except UnknownLabel as error:
            unknown[value] = error.message
    return LabelLook(
        path=str(path),
        voxels=voxels,
        grid=grid,
        tally=tally,
        carried=meanings,
        carried_unknown=unknown,
        carrier="slicer",
        values_are_stored=not in_layers,
        flags=volumes[0].flags,
    )


def _segment(number: int, fields: dict[str, str]) -> Segment:
    types, modifiers = _codes_of(fields.get("Tags", ""))
    return Segment(
        name=fields.get("Name", fields.get("ID", f"segment {number}")),
        value=int(fields.get("LabelValue", "1")),
        layer=int(fields.get("Layer", str(number if "LabelValue" not in fields else 0))),
        codes=types,
        modifiers=modifiers,
    )


def _codes_of(tags: str) -> tuple[tuple[Code, ...], tuple[Code, ...]]:
    """Codes of type and region, and their modifiers, from a segment's terminology entry.

    An entry has seven parts: context, category, type, type modifier, region context, region, region modifier.
    """
    for tag in tags.split("|"):
        key, _, entry = tag.partition(":")
        parts = entry.split("~")
        if key == "TerminologyEntry" and len(parts) >= 7:
            return tuple(_code(parts[2], parts[5])), tuple(_code(parts[3], parts[6]))
    return (), ()


def _code(*parts: str) -> Iterator[Code]:
    for part in parts:
        scheme, _, rest = part.partition("^")
        if scheme and rest:
            yield scheme, rest.partition("^")[0]
