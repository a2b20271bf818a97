"""DICOM segmentation objects: frames put back on their slices, segments named by label and codes."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby
from pathlib import Path
from typing import Any

from ..domain.errors import UnknownLabel, UnreadableImage
from .label_looks import LabelLook, tally_labels
from .namings import Meaning
from .segment_frames import FramePixels, SegmentFrames, SegmentPlane, grid_of_planes, planes_of
from .stacked_labels import Layer, StackedLabels
from .structure_words import Code, meaning_of_segment

SOP_CLASSES = ("1.2.840.10008.5.1.4.1.1.66.4", "1.2.840.10008.5.1.4.1.1.66.7")
"""Segmentation Storage and Label Map Segmentation Storage."""

_PREAMBLE_BYTES = 128


def find_dicom_segmentation(path: Path) -> Path | None:
    """The segmentation object at a path: the file itself, or the only file of a folder; None if it is none."""
    if path.is_dir():
        files = [file for file in path.iterdir() if file.is_file()]
        return find_dicom_segmentation(files[0]) if len(files) == 1 else None
    with path.open("rb") as file:
        file.seek(_PREAMBLE_BYTES)
        if file.read(4) != b"DICM":
            return None
    import pydicom

    header = pydicom.dcmread(path, specific_tags=["SOPClassUID"], stop_before_pixels=True)
    return path if header.get("SOPClassUID") in SOP_CLASSES else None


def look_at_dicom_segmentation(path: Path) -> LabelLook:
    """Segments of a segmentation object as one label map; the values are the segment numbers.

    Parameters
    ----------
    path : Path
        File for which `find_dicom_segmentation` answers.

    Raises
    ------
    UnknownLabel
        If segments overlap, or the segmentation is fractional.
    UnreadableImage
        If its frames do not form a regular stack.
    """
    import pydicom

    header = pydicom.dcmread(path, stop_before_pixels=True)
    kind = str(header.get("SegmentationType", "BINARY"))
    if kind not in ("BINARY", "LABELMAP"):
        raise UnknownLabel(
            f"Expected a binary segmentation or a label map, found {kind.lower()}, in {path}.",
            hint="Export the segmentation as binary segments.",
        )
    if not header.get("PerFrameFunctionalGroupsSequence") or not header.get("SharedFunctionalGroupsSequence"):
        raise UnreadableImage(f"Expected frames with their positions, found none, in {path}.")
    planes = list(planes_of(header, str(path)))
    grid, slices = grid_of_planes(header, planes, str(path))
    segments = {int(one.SegmentNumber): one for one in header.SegmentSequence}
    names = {number: str(one.get("SegmentLabel", "")) for number, one in segments.items()}
    layers = _layers(str(path), planes, slices, grid.shape, tuple(segments))
    voxels = StackedLabels(layers, names, str(path))
    meanings: dict[int, Meaning] = {}
    unknown: dict[int, str] = {}
    for number, one in segments.items():
        try:
            meanings[number] = _meaning(one, names[number])
        except UnknownLabel as error:
            unknown[number] = error.message
    return LabelLook(
        path=str(path),
        voxels=voxels,
        grid=grid,
        tally=tally_labels(voxels, grid),
        carried=meanings,
        carried_unknown=unknown,
        carrier="dicom-seg",
    )


def _layers(
    path: str,
    planes: list[SegmentPlane],
    slices: list[int],
    shape: tuple[int, int, int],
    numbers: tuple[int, ...],
) -> tuple[Layer, ...]:
    """One layer per segment; a single one where the pixels are segment numbers.

    Raises
    ------
    UnreadableImage
        If two frames show one segment on one slice.
    """
    layers = []
    pixels = FramePixels(path)
    placed = sorted(zip((plane.segment for plane in planes), slices, (plane.frame for plane in planes), strict=True))
    for segment, group in groupby(placed, key=lambda one: one[0]):
        frames = [-1] * shape[0]
        for _, at, frame in group:
            if frames[at] >= 0:
                raise UnreadableImage(
                    f"Expected one frame per segment and slice, found two (segment {segment}, slice {at}), in {path}."
                )
            frames[at] = frame
        becomes = {1: segment} if segment else {number: number for number in numbers}
        layers.append(Layer(SegmentFrames(pixels, tuple(frames), shape[1:]), becomes, path))
    return tuple(layers)


def _meaning(segment: Any, name: str) -> Meaning:
    types = [*segment.get("SegmentedPropertyTypeCodeSequence", ()), *segment.get("AnatomicRegionSequence", ())]
    inner = ("SegmentedPropertyTypeModifierCodeSequence", "AnatomicRegionModifierSequence")
    modifiers = [item for one in (*types, segment) for key in inner for item in one.get(key, ())]
    return meaning_of_segment(name, codes=_codes(types), modifiers=_codes(modifiers))


def _codes(items: Iterable[Any]) -> list[Code]:
    return [(str(item.get("CodingSchemeDesignator", "")), str(item.get("CodeValue", ""))) for item in items]
