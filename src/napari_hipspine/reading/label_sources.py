"""Whatever holds labels, looked at: one image, or a file that carries names."""

from __future__ import annotations

from pathlib import Path

from ..domain.cache import VolumeCache
from ..domain.volume import Volume
from .label_looks import LabelLook, label_voxels_of, tally_labels
from .volumes import open_volume


def look_at_source(path: Path, *, series: str | int | None = None, cache: VolumeCache | None = None) -> LabelLook:
    """Values of whatever holds labels, and the names it carries.

    Parameters
    ----------
    path : Path
        File or folder.
    series : str or int, optional
        Which volume, where there are several.
    cache : VolumeCache, optional
        Keeps voxels that are slow to decode.

    Raises
    ------
    HipSpineError
        Whatever the reader of the file refuses.
    """
    return look_at_volume(open_volume(path, series=series, cache=cache))


def look_at_volume(volume: Volume) -> LabelLook:
    """Values of one opened volume that carries no names."""
    voxels = label_voxels_of(volume)
    return LabelLook(
        path=volume.source.path,
        voxels=voxels,
        grid=volume.grid,
        tally=tally_labels(voxels, volume.grid),
        flags=volume.flags,
    )
