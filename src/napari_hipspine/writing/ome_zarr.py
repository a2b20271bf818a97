"""Volumes and label maps as OME-Zarr 0.5 with millimetres and anatomical orientation, checked by reading them back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ..domain.blocks import BlockSource
from ..domain.colours import structure_colour
from ..domain.errors import HipSpineError, InvalidChoice
from ..domain.grid import Grid, axis_letters
from ..domain.label_map import LabelMap
from ..domain.subject import Progress, stay_silent
from ..domain.volume import Volume
from .named_voxels import NamedVoxels
from .places import complete_before_visible
from .pyramid import Factors, PyramidBuilder, pyramid_factors, shape_of_step
from .zarr_chunk_files import ZSTD_LEVEL, ChunkWriter

OWN_ATTRIBUTE = "napari_hipspine"
"""Where the full affine and what else OME-Zarr has no place for is kept."""

_VERSION = "0.5"
_CHUNK = (16, 256, 256)
_FINEST: tuple[Factors, ...] = ((1, 1, 1),)
_ORIENTATION = {
    "L": "right-to-left",
    "R": "left-to-right",
    "P": "anterior-to-posterior",
    "A": "posterior-to-anterior",
    "S": "inferior-to-superior",
    "I": "superior-to-inferior",
}
"""Words of RFC-4 for an axis that grows towards each patient letter."""


def write_ome_zarr_image(
    volume: Volume, path: Path, *, n_steps: int | None = None, progress: Progress = stay_silent
) -> Path:
    """A volume as an OME-Zarr 0.5 image with resolution steps, written whole or not at all.

    Parameters
    ----------
    volume : Volume
        Voxels are written in their native type; a scale of the voxels that is not one is refused.
    path : Path
        Folder to be made.
    n_steps : int, optional
        Resolution steps; by default as many as bring rows and columns down to 256. Slices are joined only where
        they lie about as close as pixels.
    progress : Progress
        Told how many slices are written; may cancel, and nothing is left then.

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
    factors = pyramid_factors(volume.grid.shape, volume.grid.spacing_mm, n_steps=n_steps)
    metadata = {"multiscales": [_multiscale(volume.grid, volume.flags, path.stem, factors)]}
    own |= _own(volume.grid, volume.flags)
    return _write_group(path, volume.blocks(), volume.grid, metadata, own, factors=factors, progress=progress)


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
        "multiscales": [_multiscale(label_map.grid, label_map.flags, path.stem, _FINEST)],
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


def _multiscale(grid: Grid, flags: tuple[str, ...], name: str, factors: Sequence[Factors]) -> dict[str, Any]:
    letters = axis_letters(grid.affine)
    world = [{"L": 0, "R": 0, "P": 1, "A": 1, "S": 2, "I": 2}[letter] for letter in letters]
    axes: list[dict[str, Any]] = [{"name": "xyz"[at], "type": "space", "unit": "millimeter"} for at in world]
    if "orientation_assumed" not in flags:
        for axis, letter in zip(axes, letters, strict=True):
            axis["orientation"] = {"type": "anatomical", "value": _ORIENTATION[letter]}
    signs = [1 if letter in "LPS" else -1 for letter in letters]
    origin = [float(grid.affine[at, 3]) * sign for at, sign in zip(world, signs, strict=True)]
    datasets = [
        {"path": str(step), "coordinateTransformations": _placed(grid.spacing_mm, origin, one)}
        for step, one in enumerate(factors)
    ]
    return {"name": name, "axes": axes, "datasets": datasets}


def _placed(spacing_mm: Sequence[float], origin: Sequence[float], factors: Factors) -> list[dict[str, Any]]:
    """Scale and translation of a step: the centre of its first voxel lies amid the voxels that were joined."""
    scale = [spacing * factor for spacing, factor in zip(spacing_mm, factors, strict=True)]
    first = [at + (new - old) / 2 for at, new, old in zip(origin, scale, spacing_mm, strict=True)]
    return [{"type": "scale", "scale": scale}, {"type": "translation", "translation": first}]


def _own(grid: Grid, flags: tuple[str, ...]) -> dict[str, Any]:
    """The full affine, which scale and orientation cannot give for oblique slices, and what had to be assumed."""
    assumed = [flag for flag in flags if flag == "orientation_assumed"]
    return {"affine_lps": grid.affine.tolist(), "flags": assumed}


def _write_group(
    path: Path,
    voxels: BlockSource,
    grid: Grid,
    metadata: Mapping[str, Any],
    own: Mapping[str, Any],
    *,
    factors: Sequence[Factors] = _FINEST,
    progress: Progress = stay_silent,
) -> Path:
    import zarr

    if path.exists():
        raise InvalidChoice(
            f"Expected a place where nothing is yet, found {path}.", hint="Choose another name, or remove it first."
        )
    with complete_before_visible(path.parent, path.name) as (waiting,):
        group = zarr.open_group(str(waiting), mode="w", zarr_format=3)
        group.attrs.update({"ome": {"version": _VERSION, **metadata}, OWN_ATTRIBUTE: dict(own)})
        names = [axis["name"] for axis in metadata["multiscales"][0]["axes"]]
        steps = []
        for number, one in enumerate(factors):
            shape = shape_of_step(voxels.shape, one)
            _new_array(group, str(number), shape, voxels.dtype, names)
            steps.append(ChunkWriter(waiting / str(number), shape, _CHUNK, voxels.dtype))
        PyramidBuilder(voxels, steps, factors).build(progress)
        _check(waiting, metadata, grid, steps)
    return path


def _new_array(group: Any, name: str, shape: tuple[int, int, int], dtype: np.dtype[Any], names: list[str]) -> None:
    from zarr.codecs import BytesCodec, ZstdCodec

    group.create_array(
        name,
        shape=shape,
        chunks=_CHUNK,
        dtype=dtype.newbyteorder("="),
        serializer=BytesCodec(endian="little") if dtype.itemsize > 1 else BytesCodec(endian=None),
        compressors=ZstdCodec(level=ZSTD_LEVEL),
        fill_value=0,
        dimension_names=names,
    )


def _check(path: Path, metadata: Mapping[str, Any], grid: Grid, steps: Sequence[ChunkWriter]) -> None:
    """Refuse what does not read back: the metadata and a chunk of every step through zarr, and every chunk's bytes."""
    import zarr

    group: Any = zarr.open_group(str(path), mode="r")
    attributes = dict(group.attrs)
    same = (
        attributes["ome"]["multiscales"] == metadata["multiscales"]
        and attributes[OWN_ATTRIBUTE]["affine_lps"] == grid.affine.tolist()
        and all(group[str(number)].shape == step.shape for number, step in enumerate(steps))
        and all(step.reads_back(group[str(number)]) for number, step in enumerate(steps))
    )
    if not same:
        raise HipSpineError(
            f"Expected the image to read back as it was written, found a difference, in {path.name}.",
            hint="Check the disk; nothing was kept.",
        )
