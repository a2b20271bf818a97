"""Names that OME-Zarr label images carry in the properties of their values."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ..domain.anatomy import find_structure
from ..domain.errors import HipSpineError, UnknownLabel
from .namings import Meaning
from .ome_zarr import ome_metadata
from .remote_folder import RemotePath, zarr_store
from .structure_words import meaning_of_segment


def read_label_names(path: Path | RemotePath) -> tuple[dict[int, Meaning], dict[int, str]]:
    """Meanings of the values of a label image, and why some have none; both empty where nothing is named.

    A value is named by ``muscle`` and ``side`` (as our own writer does) or by a ``name`` that tells both.

    Parameters
    ----------
    path : Path
        Folder of the label image.
    """
    import zarr

    properties = (
        ome_metadata(zarr.open_group(zarr_store(path), mode="r")).get("image-label", {}).get("properties") or ()
    )
    meanings: dict[int, Meaning] = {}
    unknown: dict[int, str] = {}
    for entry in properties:
        value = int(entry.get("label-value", 0))
        try:
            meanings[value] = _meaning_of(entry)
        except HipSpineError as error:
            unknown[value] = error.message
    return ({}, {}) if not meanings else (meanings, unknown)


def _meaning_of(entry: dict[str, Any]) -> Meaning:
    if entry.get("muscle"):
        structure = find_structure(str(entry["muscle"]), str(entry.get("side", "")))
        return Meaning(str(entry.get("name") or structure.label), structure)
    if not entry.get("name"):
        raise UnknownLabel("Expected a muscle or a name, found neither.")
    return meaning_of_segment(str(entry["name"]))
