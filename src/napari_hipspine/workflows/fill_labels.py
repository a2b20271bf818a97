"""Outlines on a few slices, filled in on the slices between, from file to file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ..domain.anatomy import find_structure
from ..domain.cache import VolumeCache
from ..domain.errors import InvalidChoice, UnknownLabel
from ..domain.index_map import seen_on
from ..domain.signal import SignalVoxels
from ..domain.subject import Progress, stay_silent
from ..domain.volume import Volume

if TYPE_CHECKING:
    from ..reading.label_looks import LabelLook
    from ..segmenting.filled import Filled

Extent = tuple[str, int, int]
"""Label value, or muscle and side as ``gluteus_minimus:left``; its first and its last slice."""


@dataclass(frozen=True, eq=False)
class FilledLabels:
    """Labels that were filled and written.

    Parameters
    ----------
    path : Path
        The file written.
    key_slices : tuple of int
        Slices taken as drawn.
    filled : Filled
        Labels, disagreement and notes.
    """

    path: Path
    key_slices: tuple[int, ...]
    filled: Filled


def fill_labels(
    image: str | Path,
    labels: str | Path,
    out: str | Path,
    *,
    key_slices: Sequence[int] | None = None,
    extents: Sequence[Extent] = (),
    slab_starts: Sequence[int] = (),
    naming: str | Path | None = None,
    image_series: str | None = None,
    labels_series: str | None = None,
    cache: VolumeCache | None = None,
    progress: Progress = stay_silent,
) -> FilledLabels:
    """Labels with the gaps between key slices filled in, written with the axes and affine of the labels file.

    Parameters
    ----------
    image, labels, out : path
        Picture, drawn labels, and the NIfTI file to be made.
    key_slices : sequence of int, optional
        Indices from 0 along the slice axis as stored in the labels file; by default every slice that has labels.
    extents : sequence of (str, int, int)
        First and last slice of label values, or of muscles as ``muscle:side``.
    slab_starts : sequence of int
        Slices with which a slab of another angulation begins; nothing is filled from one slab into the next.
    naming : str or path, optional
        What the label values mean; needed where an extent names a muscle and the file carries no names.
    image_series, labels_series : str, optional
        Which volume, where a place holds several.
    cache : VolumeCache, optional
        Keeps decoded voxels between sittings.
    progress : Progress
        Told how far the work has come; may cancel it.

    Raises
    ------
    HipSpineError
        Whatever the readers refuse, grids that no lossless step joins, keys and extents that contradict the labels.
    """
    from ..reading.label_maps import look_at_labels
    from ..reading.volumes import open_volume
    from ..segmenting.fill_between import fill_between
    from ..writing.labels_like import refuse_place, write_labels_like

    refuse_place(Path(labels), Path(out))
    look = look_at_labels(labels, series=labels_series, cache=cache)
    picture = open_volume(image, series=image_series, cache=cache)
    keys = tuple(int(k) for k in np.unique(look.tally.slice_index)) if key_slices is None else tuple(key_slices)
    filled = fill_between(
        _on_labels(picture, look),
        look.voxels,
        key_slices=keys,
        spacing_mm=look.grid.spacing_mm,
        extents=_extents_by_value(extents, look, naming),
        slabs=_slab_of_each_slice(slab_starts, look.grid.shape[0]),
        progress=progress,
    )
    path = write_labels_like(filled.labels, look.grid, Path(labels), Path(out))
    return FilledLabels(path, tuple(sorted(set(keys))), filled)


def _on_labels(picture: Volume, look: LabelLook) -> SignalVoxels:
    """The picture as seen on the grid of the labels."""
    return SignalVoxels(seen_on(picture.voxels, picture.grid, look.grid), picture.voxel_scale)


def _slab_of_each_slice(starts: Sequence[int], n_slices: int) -> list[int] | None:
    outside = sorted(start for start in starts if not 0 <= start < n_slices)
    if outside:
        raise InvalidChoice(f"Expected slabs to begin with slices from 0 to {n_slices - 1}, found {outside[0]}.")
    return [sum(start <= index for start in set(starts)) for index in range(n_slices)] if starts else None


def _extents_by_value(
    extents: Sequence[Extent], look: LabelLook, naming: str | Path | None
) -> Mapping[int, tuple[int, int]]:
    by_name = any(not name.isdecimal() for name, _, _ in extents)
    values = _values_by_name(look, naming) if by_name else {}
    found: dict[int, tuple[int, int]] = {}
    for name, first, last in extents:
        value = int(name) if name.isdecimal() else _value_of(name, values, look)
        if value in found:
            raise InvalidChoice(f"Expected one extent per muscle, found two, for {name}.")
        if value not in look.counts:
            raise UnknownLabel(
                f"Expected an extent of a label value that is drawn, found {value}, in {look.path}.",
                hint=f"The values drawn are {', '.join(str(v) for v in look.counts)}.",
            )
        found[value] = (first, last)
    return found


def _values_by_name(look: LabelLook, naming: str | Path | None) -> Mapping[str, int]:
    from ..reading.label_maps import propose_names

    return {structure.id: value for value, structure in propose_names(look, naming).named.items()}


def _value_of(name: str, values: Mapping[str, int], look: LabelLook) -> int:
    muscle, _, side = name.partition(":")
    structure = find_structure(muscle, side)
    if structure.id not in values:
        raise UnknownLabel(
            f"Expected an extent of a muscle that is drawn, found {structure.label}, in {look.path}.",
            hint=f"The muscles drawn are {', '.join(values) or 'none'}.",
        )
    return values[structure.id]
