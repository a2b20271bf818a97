"""Volumes and label maps as OME-Zarr 0.5 with millimetres and anatomical orientation, checked by reading them back."""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from ..domain.blocks import BlockSource
from ..domain.colours import structure_colour
from ..domain.errors import HipSpineError, InvalidChoice
from ..domain.grid import Grid, axis_letters
from ..domain.label_map import LabelMap
from ..domain.volume import Volume
from .named_voxels import NamedVoxels, slabs_of
from .places import complete_before_visible

OWN_ATTRIBUTE = "napari_hipspine"
"""Where the full affine and what else OME-Zarr has no place for is kept."""

_VERSION = "0.5"
_CHUNK = (16, 256, 256)
_ORIENTATION = {
    "L": "right-to-left",
    "R": "left-to-right",
    "P": "anterior-to-posterior",
    "A": "posterior-to-anterior",
    "S": "inferior-to-superior",
    "I": "superior-to-inferior",
}
"""Words of RFC-4 for an axis that grows towards each patient letter."""


def write_ome_zarr_image(volume: Volume, path: Path) -> Path:
    """A volume as an OME-Zarr 0.5 image of one resolution step, written whole or not at all.

    Parameters
    ----------
    volume : Volume
        Voxels are written in their native type; a scale of the voxels that is not one is refused.
    path : Path
        Folder to be made.

    Raises
    ------
    InvalidChoice
        If something is there already, or the voxels carry a scale.
    HipSpineError
        If the place cannot be written, or what was written reads back differently.
    """
    if volume.voxel_scale != (1.0, 0.0):
        raise InvalidChoice(f"Expected voxels without a scale, found {volume.voxel_scale}, for {path}.")
    own = {"contrast": volume.contrast.value, "fat_polarity": volume.fat_polarity.value}
    metadata = {"multiscales": [_multiscale(volume.grid, volume.flags, path.stem)]}
    return _write_group(path, volume.blocks(), volume.grid, metadata, {**own, **_own(volume.grid, volume.flags)})


def write_ome_zarr_labels(label_map: LabelMap, path: Path) -> Path:
    """A label map as an OME-Zarr 0.5 label image with names and colours, written whole or not at all.

    Parameters
    ----------
    label_map : LabelMap
        Values that stand for no structure become background.
    path : Path
        Folder to be made.

    Raises
    ------
    InvalidChoice
        If something is there already.
    HipSpineError
        If the place cannot be written, or what was written reads back differently.
    """
    voxels = NamedVoxels(label_map.blocks(), frozenset(label_map.structures))
    metadata = {
        "multiscales": [_multiscale(label_map.grid, label_map.flags, path.stem)],
        "image-label": {
            "version": _VERSION,
            "properties": [
                {"label-value": value, "muscle": s.muscle.id, "side": s.side.value, "name": s.label}
                for value, s in sorted(label_map.structures.items())
            ],
            "colors": [
                {"label-value": value, "rgba": [*(round(255 * part) for part in structure_colour(s)), 255]}
                for value, s in sorted(label_map.structures.items())
            ],
        },
    }
    return _write_group(path, voxels, label_map.grid, metadata, _own(label_map.grid, label_map.flags))


def _multiscale(grid: Grid, flags: tuple[str, ...], name: str) -> dict[str, Any]:
    letters = axis_letters(grid.affine)
    world = [{"L": 0, "R": 0, "P": 1, "A": 1, "S": 2, "I": 2}[letter] for letter in letters]
    axes: list[dict[str, Any]] = [{"name": "xyz"[at], "type": "space", "unit": "millimeter"} for at in world]
    if "orientation_assumed" not in flags:
        for axis, letter in zip(axes, letters, strict=True):
            axis["orientation"] = {"type": "anatomical", "value": _ORIENTATION[letter]}
    origin = [
        float(grid.affine[at, 3]) * (1 if letter in "LPS" else -1) for at, letter in zip(world, letters, strict=True)
    ]
    steps = [{"type": "scale", "scale": list(grid.spacing_mm)}, {"type": "translation", "translation": origin}]
    return {"name": name, "axes": axes, "datasets": [{"path": "0", "coordinateTransformations": steps}]}


def _own(grid: Grid, flags: tuple[str, ...]) -> dict[str, Any]:
    """The full affine, which scale and orientation cannot give for oblique slices, and what had to be assumed."""
    assumed = [flag for flag in flags if flag == "orientation_assumed"]
    return {"affine_lps": grid.affine.tolist(), "flags": assumed}


def _write_group(
    path: Path, voxels: BlockSource, grid: Grid, metadata: Mapping[str, Any], own: Mapping[str, Any]
) -> Path:
    import zarr
    from zarr.codecs import ZstdCodec

    if path.exists():
        raise InvalidChoice(
            f"Expected a place where nothing is yet, found {path}.", hint="Choose another name, or remove it first."
        )
    checksum = 0
    with complete_before_visible(path.parent, path.name) as (waiting,):
        group = zarr.open_group(str(waiting), mode="w", zarr_format=3)
        group.attrs.update({"ome": {"version": _VERSION, **metadata}, OWN_ATTRIBUTE: dict(own)})
        array: Any = group.create_array(
            "0",
            shape=voxels.shape,
            chunks=tuple(min(n, most) for n, most in zip(voxels.shape, _CHUNK, strict=True)),
            dtype=voxels.dtype.newbyteorder("="),
            compressors=ZstdCodec(level=3),
            fill_value=0,
            dimension_names=[axis["name"] for axis in metadata["multiscales"][0]["axes"]],
        )
        for start, slab in slabs_of(voxels, _CHUNK[0]):
            array[start : start + slab.shape[0]] = slab
            checksum = zlib.crc32(np.ascontiguousarray(slab, dtype=array.dtype).tobytes(), checksum)
        _check(waiting, metadata, grid, checksum)
    return path


def _check(path: Path, metadata: Mapping[str, Any], grid: Grid, checksum: int) -> None:
    import zarr

    group: Any = zarr.open_group(str(path), mode="r")
    attributes = dict(group.attrs)
    array = group["0"]
    found = 0
    for start in range(0, array.shape[0], _CHUNK[0]):
        found = zlib.crc32(np.ascontiguousarray(array[start : start + _CHUNK[0]]).tobytes(), found)
    same = (
        attributes["ome"]["multiscales"] == metadata["multiscales"]
        and attributes[OWN_ATTRIBUTE]["affine_lps"] == grid.affine.tolist()
        and array.shape == grid.shape
        and found == checksum
    )
    if not same:
        raise HipSpineError(
            f"Expected the image to read back as it was written, found a difference, in {path.name}.",
            hint="Check the disk; nothing was kept.",
        )
