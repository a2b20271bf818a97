"""Water and fat: as a scanner computed them, from two files, or from an in-phase and an opposed-phase echo."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from os import PathLike
from pathlib import Path

from ..domain.cache import VolumeCache
from ..domain.errors import SeriesAmbiguous, UnreadableImage
from ..domain.volume import Contrast, Volume, WaterFat
from .echoes import as_fat, as_water, echo_pair, only_one_each, water_fat_from_echoes
from .volumes import describe_volumes, list_volumes, open_volume, volumes_of_series

__all__ = [
    "computed_pair",
    "echo_pair",
    "open_water_fat",
    "open_water_fat_pair",
    "pair_of_series",
    "water_fat_from_echoes",
]


def open_water_fat(
    path: str | PathLike[str], *, series: str | int | None = None, cache: VolumeCache | None = None
) -> WaterFat:
    """Water and fat from one place: as marked by the scanner, else from its two echoes.

    Parameters
    ----------
    path : path-like
        Folder or file with the series.
    series : str or int, optional
        Series UID, or the number of any volume of the series; by default all of one place is looked at.
    cache : VolumeCache, optional
        Keeps voxels that are slow to decode.

    Raises
    ------
    SeriesAmbiguous
        If more than one series gives a pair.
    UnreadableImage
        If there is no pair.
    GridMismatch
        If water and fat lie on different grids.
    """
    listed = list_volumes(path, cache=cache)
    chosen = volumes_of_series(listed, path, series=series)
    if series is not None and chosen[0].source.series:
        chosen = tuple(volume for volume in listed if volume.source.series == chosen[0].source.series)
    of_series = [
        [volume for volume in chosen if volume.source.series == uid]
        for uid in dict.fromkeys(volume.source.series for volume in chosen)
    ]
    pairs = [pair for volumes in of_series if (pair := pair_of_series(volumes))] or [
        pair for pair in [computed_pair(chosen)] if pair
    ]
    if len(pairs) > 1:
        raise SeriesAmbiguous(
            f"Expected one series with water and fat, found {len(pairs)}, in {path}:\n{describe_volumes(listed)}",
            hint="Choose one by a number of its volumes with --series.",
        )
    if not pairs:
        raise UnreadableImage(
            f"Expected a water and a fat image, or one in-phase and one opposed-phase echo of a series, found "
            f"neither, in {path}:\n{describe_volumes(listed)}",
            hint="Give the two images with --water and --fat.",
        )
    return pairs[0]


def open_water_fat_pair(
    water_path: str | PathLike[str],
    fat_path: str | PathLike[str],
    *,
    water_series: str | int | None = None,
    fat_series: str | int | None = None,
    cache: VolumeCache | None = None,
) -> tuple[Volume, Volume]:
    """Water and fat from two places, not yet paired: their headers may disagree.

    Where a folder holds several volumes, the only one that its header calls water, or fat, is taken.

    Make the pair with `WaterFat`, which refuses two different grids, or with
    `napari_hipspine.domain.volume.accept_header_mismatch`.
    """
    water = _open_marked(water_path, Contrast.WATER, series=water_series, cache=cache)
    fat = _open_marked(fat_path, Contrast.FAT, series=fat_series, cache=cache)
    return as_water(water), as_fat(fat)


def _open_marked(
    path: str | PathLike[str], contrast: Contrast, *, series: str | int | None, cache: VolumeCache | None
) -> Volume:
    """The volume asked for, or the only one of a folder with this contrast."""
    if series is None and Path(path).is_dir():
        marked = [volume for volume in list_volumes(path, cache=cache) if volume.contrast is contrast]
        if len(marked) == 1:
            return marked[0]
    return open_volume(path, series=series, cache=cache)


def computed_pair(volumes: Iterable[Volume]) -> WaterFat | None:
    """Water and fat as the scanner computed them, if exactly one of each is there.

    Raises
    ------
    GridMismatch
        If they lie on different grids.
    """
    found = only_one_each(volumes, lambda volume: volume.contrast, Contrast.WATER, Contrast.FAT)
    return WaterFat(*found) if found else None


def pair_of_series(volumes: Sequence[Volume]) -> WaterFat | None:
    """Water and fat of the volumes of one series: as the scanner computed them, else from its echoes; else None."""
    computed = computed_pair(volumes)
    if computed:
        return computed
    echoes = echo_pair(volumes)
    return water_fat_from_echoes(*echoes) if echoes else None
