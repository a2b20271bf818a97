"""OME-Zarr 0.4 and 0.5 and plain zarr arrays: geometry from the metadata, no chunk read."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import product
from math import prod
from pathlib import Path
from typing import Any

from ..domain.errors import HipSpineError, UnreadableImage
from ..domain.grid import arrange_axes
from ..domain.volume import Contrast, FatPolarity, Source, Volume
from .remote_folder import RemotePath, zarr_store
from .zarr_blocks import ZarrBlocks
from .zarr_geometry import ArrayGeometry, geometry_of_array, geometry_of_multiscale

OWN_ATTRIBUTE = "napari_hipspine"
"""Where our own writer keeps what OME-Zarr has no place for."""

STATED_SPACING = "spacing_mm"
"""Attribute by which a user states the spacing of an image whose metadata lack it."""


def is_zarr(path: Path | RemotePath) -> bool:
    """Whether a folder is a zarr group or array of version 2 or 3."""
    return path.is_dir() and any((path / name).is_file() for name in ("zarr.json", ".zgroup", ".zarray"))


def list_zarr_volumes(path: Path | RemotePath) -> tuple[Volume, ...]:
    """Images of a zarr, one per channel and time point, without its labels.

    Parameters
    ----------
    path : Path
        OME-Zarr image, collection of images, a group of plain arrays, or one plain array.

    Raises
    ------
    UnreadableImage
        If there is no image in it, or its geometry is missing, not physical or contradicts itself.
    """
    node = _open(path)
    if _is_array(node):
        return _volumes_of_array(path, node)
    metadata = ome_metadata(node)
    if metadata.get("multiscales"):
        return _volumes_of_image(path, node, metadata)
    if "plate" in metadata or "well" in metadata:
        raise UnreadableImage(
            f"Expected one image, found a plate or well of a screen, in {path}.", hint="Open one image inside it."
        )
    found = tuple(volume for inner in _inner_images(path, node) for volume in list_zarr_volumes(inner))
    if not found:
        raise UnreadableImage(
            f"Expected an OME-Zarr image or an array, found a group without either, in {path}.",
            hint="Give the folder of the image inside it.",
        )
    return found


def list_zarr_labels(path: Path | RemotePath) -> tuple[Volume, ...]:
    """Label images of an OME-Zarr: those kept under its ``labels``, or the folder itself if it is one.

    Each is told by its name, in ``source.series``. Empty where there are none.

    Raises
    ------
    UnreadableImage
        If a listed label image is missing or its geometry cannot be read.
    """
    node = _open(path)
    if _is_array(node):
        return ()
    metadata = ome_metadata(node)
    if "image-label" in metadata:
        return _volumes_of_image(path, node, metadata, name=path.name)
    folder = path / "labels" if is_zarr(path / "labels") else path
    listing = _open(folder)
    names = ome_metadata(listing).get("labels", ()) if not _is_array(listing) else ()
    found: list[Volume] = []
    for name in names:
        inner = _open(folder / name)
        found.extend(_volumes_of_image(folder / name, inner, ome_metadata(inner), name=name))
    return tuple(found)


def ome_metadata(group: Any) -> Mapping[str, Any]:
    """OME metadata of a group: under ``ome`` since 0.5, bare before; where both are written, both."""
    attributes = dict(group.attrs)
    return {**attributes, **attributes.get("ome", {})}


def _open(path: Path | RemotePath) -> Any:
    import zarr
    from zarr.errors import BaseZarrError

    try:
        return zarr.open(zarr_store(path), mode="r")
    except (BaseZarrError, FileNotFoundError, ValueError, KeyError, TypeError) as error:
        raise UnreadableImage(
            f"Expected a zarr group or array, found none that can be opened ({error}), in {path}.",
            hint="Copy the folder again, with its hidden files.",
        ) from error


def _is_array(node: Any) -> bool:
    return hasattr(node, "shape")


def _inner_images(path: Path | RemotePath, group: Any) -> list[Path | RemotePath]:
    """Folders of images and arrays right inside a group, in natural order; labels and tables are no images."""
    inner = [path / name for name, _ in group.members()]
    wanted = [one for one in inner if one.name not in ("labels", "tables", "OME")]
    wanted = [one for one in wanted if (one / ".zarray").is_file() or "multiscales" in ome_metadata(_open(one))]
    wanted += [one for one in inner if one not in wanted and _is_array(_open(one))]
    return sorted(wanted, key=lambda one: (not one.name.isdigit(), one.name.zfill(8)))


def _volumes_of_image(
    path: Path | RemotePath, group: Any, metadata: Mapping[str, Any], *, name: str = ""
) -> tuple[Volume, ...]:
    attributes = dict(group.attrs)
    own = {
        **attributes.get(OWN_ATTRIBUTE, {}),
        **{key: attributes[key] for key in (STATED_SPACING,) if key in attributes},
    }
    found: list[Volume] = []
    images = metadata.get("multiscales", ())
    for number, image in enumerate(images):
        levels = [str(dataset["path"]) for dataset in image.get("datasets", ())]
        if not levels or any(not is_zarr(path / level) for level in levels):
            raise UnreadableImage(
                f"Expected an array for every resolution step ({', '.join(levels) or 'none listed'}), "
                f"found some missing, in {path}.",
                hint="Copy the folder again.",
            )
        full = _open(path / levels[0])
        geometry = geometry_of_multiscale(image, full.shape, own, where=str(path))
        series = name or (str(image.get("name", number)) if len(images) > 1 else "")
        labels = [str(c.get("label", "")) for c in (metadata.get("omero") or {}).get("channels", ())]
        found += _volumes([path / level for level in levels], full, geometry, own, series, labels)
    return tuple(found)


def _volumes_of_array(path: Path | RemotePath, array: Any) -> tuple[Volume, ...]:
    geometry = geometry_of_array(array, where=str(path))
    return tuple(_volumes([path], array, geometry, {}, "", []))


def _volumes(
    levels: list[Path | RemotePath],
    full: Any,
    geometry: ArrayGeometry,
    own: Mapping[str, Any],
    series: str,
    channel_labels: list[str],
) -> list[Volume]:
    """One volume per place on the axes that are not space."""
    if full.dtype.kind not in "biuf" or prod(full.shape) == 0:
        raise UnreadableImage(
            f"Expected real numbers in at least one voxel, found {full.dtype} of shape {full.shape}, in {levels[0]}."
        )
    shape = [full.shape[axis] for axis in geometry.axes]
    try:
        grid, order = arrange_axes(shape, geometry.affine)
    except HipSpineError as error:
        raise UnreadableImage(f"{error.message[:-1]}, in {levels[0]}.", hint=error.hint) from error
    first, second, third = (geometry.axes[axis] for axis in order)
    places = list(product(*(range(full.shape[axis]) for axis in geometry.others)))
    volumes = []
    for place in places:
        fixed = [0] * full.ndim
        for axis, at in zip(geometry.others, place, strict=True):
            fixed[axis] = at
        told = [(geometry.names[axis], at) for axis, at in zip(geometry.others, place, strict=True)]
        varying = [(name, at) for (name, at), axis in zip(told, geometry.others, strict=True) if full.shape[axis] > 1]
        steps = [ZarrBlocks(str(level), (first, second, third), tuple(fixed)) for level in levels]
        volumes.append(
            Volume(
                steps[0],
                grid,
                contrast=Contrast(own.get("contrast", Contrast.UNKNOWN)),
                fat_polarity=FatPolarity(own.get("fat_polarity", FatPolarity.UNKNOWN)),
                source=Source(
                    path=str(levels[0].parent if geometry.is_ome else levels[0]),
                    format="ome-zarr" if geometry.is_ome else "zarr",
                    series=" ".join([*([series] if series else []), *(f"{name}{at}" for name, at in varying)]),
                    description=_describe(series, varying, channel_labels),
                ),
                flags=geometry.flags,
                resolution_steps=tuple(steps[1:]),
            )
        )
    return volumes


def _describe(series: str, varying: list[tuple[str, int]], channel_labels: list[str]) -> str:
    words = [series] if series else []
    for name, at in varying:
        label = channel_labels[at] if name == "c" and at < len(channel_labels) else ""
        kind = {"c": "channel", "t": "time point"}.get(name, f"axis {name}")
        words.append(f"{kind} {at}{f' ({label})' if label else ''}")
    return ", ".join(words)
