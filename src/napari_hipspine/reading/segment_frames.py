"""Frames of a DICOM segmentation object: which segment and slice each belongs to, and their pixels."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..domain.blocks import Box
from ..domain.errors import UnreadableImage
from ..domain.grid import Grid

_OFF_GRID_MM = 0.1
_SAME_POSITION_MM = 0.01


@dataclass(frozen=True)
class SegmentPlane:
    """One frame of a segmentation object.

    Parameters
    ----------
    frame : int
        Its number in the file, from 0.
    segment : int
        Number of the segment it shows; 0 where its pixels are the numbers of segments.
    position : ndarray, shape (3,)
        Centre of the first pixel in LPS [mm].
    """

    frame: int
    segment: int
    position: NDArray[np.float64]


@dataclass(frozen=True)
class FramePixels:
    """Frames of one file, decoded one at a time; the file is parsed once in every process that looks.

    Parameters
    ----------
    path : str
        The file.
    """

    path: str

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.path,)

    @cached_property
    def _parsed(self) -> Any:
        import pydicom

        return pydicom.dcmread(self.path)

    def read(self, frame: int) -> NDArray[Any]:
        """Pixels of one frame, shape ``(n_rows, n_columns)``.

        Raises
        ------
        UnreadableImage
            If the frame cannot be decoded.
        """
        from pydicom.pixels.utils import pixel_array

        try:
            return pixel_array(self._parsed, index=frame)
        except (AttributeError, NotImplementedError, OSError, RuntimeError, ValueError) as error:
            raise UnreadableImage(
                f"Expected frames that can be decoded, found frame {frame} that cannot ({error}), in {self.path}.",
                hint="Export the segmentation uncompressed.",
            ) from error


@dataclass(frozen=True)
class SegmentFrames:
    """The frames of one segment on all slices; slices without a frame are background.

    Parameters
    ----------
    pixels : FramePixels
        The file.
    frames : tuple of int
        Frame of every slice, -1 where there is none.
    plane_shape : tuple of int
        ``(n_rows, n_columns)``.
    """

    pixels: FramePixels
    frames: tuple[int, ...]
    plane_shape: tuple[int, int]

    @property
    def shape(self) -> tuple[int, int, int]:
        """``(n_slices, n_rows, n_columns)``."""
        return (len(self.frames), *self.plane_shape)

    @property
    def dtype(self) -> np.dtype[Any]:
        """Unsigned 16-bit."""
        return np.dtype(np.uint16)

    @property
    def block_shape(self) -> tuple[int, int, int]:
        """One slice."""
        return (1, *self.plane_shape)

    def is_empty(self, box: Box) -> bool:
        """Whether no slice of the box has a frame."""
        return all(frame < 0 for frame in self.frames[box[0]])

    def read(self, box: Box) -> NDArray[np.uint16]:
        """Pixels of one box.

        Raises
        ------
        UnreadableImage
            If a frame cannot be decoded.
        """
        out = np.zeros([s.stop - s.start for s in box], np.uint16)
        for at, frame in enumerate(self.frames[box[0]]):
            if frame >= 0:
                out[at] = self.pixels.read(frame)[box[1], box[2]]
        return out


def planes_of(header: Any, path: str) -> Iterator[SegmentPlane]:
    """Segment and position of every frame.

    Raises
    ------
    UnreadableImage
        If a frame tells neither.
    """
    shared = header.SharedFunctionalGroupsSequence[0]
    is_label_map = str(header.get("SegmentationType", "")) == "LABELMAP"
    for number, own in enumerate(header.PerFrameFunctionalGroupsSequence):
        position = _first("PlanePositionSequence", own, shared)
        segment = _first("SegmentIdentificationSequence", own, shared)
        if position is None or (segment is None and not is_label_map):
            raise UnreadableImage(
                f"Expected segment and position of every frame, found neither or one, at frame {number} of {path}.",
                hint="Segmentations of whole-slide or tiled images cannot be read.",
            )
        yield SegmentPlane(
            number,
            0 if is_label_map or segment is None else int(segment.ReferencedSegmentNumber),
            np.array(position.ImagePositionPatient, dtype=np.float64),
        )


def grid_of_planes(header: Any, planes: Sequence[SegmentPlane], path: str) -> tuple[Grid, list[int]]:
    """Grid with slices ascending along row x column, and the slice every frame lies on.

    Slices on which nothing was segmented may have been left out; they are part of the grid between the outermost ones.

    Raises
    ------
    UnreadableImage
        If orientation or spacing are missing, or the frames do not lie evenly along one line.
    """
    shared, first = header.SharedFunctionalGroupsSequence[0], header.PerFrameFunctionalGroupsSequence[0]
    orientation = _first("PlaneOrientationSequence", first, shared)
    measures = _first("PixelMeasuresSequence", first, shared)
    if orientation is None or measures is None:
        raise UnreadableImage(f"Expected orientation and pixel spacing, found none, in {path}.")
    along_row, along_column = np.array(orientation.ImageOrientationPatient, dtype=np.float64).reshape(2, 3)
    normal = np.cross(along_row, along_column)
    origins = np.array([plane.position for plane in planes])
    depths = origins @ normal
    step = _step_mm(measures, depths, path)
    start = origins[depths.argmin()]
    slices = np.rint((depths - depths.min()) / step).astype(int)
    off = np.abs(origins - start - np.outer(slices * step, normal)).max()
    if off > _OFF_GRID_MM:
        raise UnreadableImage(
            f"Expected frames spaced evenly along one line, found one {off:.2f} mm beside it, in {path}.",
            hint="Segment an image whose slices are evenly spaced.",
        )
    row_mm, column_mm = (float(v) for v in measures.PixelSpacing)
    affine = np.eye(4)
    affine[:3, :] = np.stack([normal * step, along_column * row_mm, along_row * column_mm, start], axis=1)
    shape = (int(slices.max()) + 1, int(header.Rows), int(header.Columns))
    return Grid(shape, affine, header.get("FrameOfReferenceUID")), slices.tolist()


def _step_mm(measures: Any, depths: NDArray[np.float64], path: str) -> float:
    """Distance of slices: as stated, else the smallest between two frames, else the thickness of the only one."""
    stated = measures.get("SpacingBetweenSlices")
    if stated:
        return abs(float(stated))
    apart = np.diff(np.sort(depths))
    if apart.size and apart.max() > _SAME_POSITION_MM:
        return float(apart[apart > _SAME_POSITION_MM].min())
    thickness = measures.get("SliceThickness")
    if not thickness:
        raise UnreadableImage(f"Expected a slice distance, found none, in {path}.")
    return float(thickness)


def _first(name: str, *groups: Any) -> Any:
    """First item of a sequence, from the frame's own functional groups, else from the shared ones."""
    return next((group[name][0] for group in groups if group.get(name)), None)
