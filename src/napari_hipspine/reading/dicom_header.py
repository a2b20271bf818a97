"""DICOM headers, one record per image plane: geometry, what tells volumes apart, and acquisition facts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from ..domain.errors import UnreadableImage
from .dicom_elements import FACTS, PLACE, WANTED, WORDS, values_at_top, values_of_frames

_TOLD_APART_BY = (
    "DiffusionBValue",
    "SequenceName",
    "TemporalPosition",
    "AcquisitionNumber",
    "EchoNumbers",
    "FlipAngle",
)
_SEGMENTATIONS = ("1.2.840.10008.5.1.4.1.1.66.4", "1.2.840.10008.5.1.4.1.1.66.7")


@dataclass(frozen=True)
class ImagePlane:
    """One image plane of a DICOM file.

    Parameters
    ----------
    path : str
        File.
    frame : int
        Frame in that file, 0 where there is one.
    shape : tuple of int
        ``(n_rows, n_columns)``.
    dtype : numpy.dtype
        Type of the stored values.
    position : numpy.ndarray
        Centre of the first pixel in LPS [mm], shape ``(3,)``.
    orientation : numpy.ndarray
        Directions of growing column and growing row index, shape ``(2, 3)``.
    pixel_spacing_mm : tuple of float
        Distance of rows and of columns [mm].
    rescale : tuple of float
        Slope and intercept.
    transfer_syntax : str
        UID saying how the pixels are packed; empty when the file does not tell.
    instance_uid, series_uid : str
        UIDs of image and series.
    frame_of_reference_uid : str or None
        UID of the frame of reference.
    description : str
        Description of the series; free text, for lists only.
    words : str
        Free text of description and protocol, for the contrast rules only.
    told_apart_by : mapping
        Values that tell images at one position apart.
    facts : mapping
        Acquisition facts worth keeping.
    """

    path: str
    frame: int
    shape: tuple[int, int]
    dtype: np.dtype[Any]
    position: np.ndarray[Any, np.dtype[np.float64]]
    orientation: np.ndarray[Any, np.dtype[np.float64]]
    pixel_spacing_mm: tuple[float, float]
    rescale: tuple[float, float]
    transfer_syntax: str
    instance_uid: str
    series_uid: str
    frame_of_reference_uid: str | None
    description: str
    words: str
    told_apart_by: Mapping[str, Any] = field(default_factory=dict)
    facts: Mapping[str, Any] = field(default_factory=dict)


class NoPlane(UnreadableImage):
    """A DICOM file without a placed grey image: a report, a screen shot, a segmentation, an index."""


def read_planes(path: Path) -> tuple[ImagePlane, ...]:
    """Image planes of one DICOM file; pixels are not read.

    Raises
    ------
    NoPlane
        If the file holds no grey image with a place in the patient.
    UnreadableImage
        If the header is damaged or the file ends before its pixels do.
    """
    header = _read_header(path)
    _require_grey_image(header, path)
    try:
        if "PerFrameFunctionalGroupsSequence" in header:
            return tuple(_plane(header, path, at, values) for at, values in enumerate(values_of_frames(header)))
        if int(header.get("NumberOfFrames") or 1) > 1:
            raise NoPlane(
                f"Expected a position for each of {header.NumberOfFrames} frames, found none, in {path}.",
                hint="Export the series as enhanced MR or as one file per slice.",
            )
        return (_plane(header, path, 0, values_at_top(header)),)
    except (ValueError, TypeError, IndexError) as error:
        raise UnreadableImage(
            f"Expected numbers in the DICOM header, found a damaged value ({error}), in {path}.",
            hint="Export the file again.",
        ) from error


def _read_header(path: Path) -> Any:
    import pydicom
    from pydicom.errors import InvalidDicomError

    try:
        with path.open("rb") as file:
            header = pydicom.dcmread(file, force=True, stop_before_pixels=True, specific_tags=list(WANTED))
            element_head = 8 if header.original_encoding[0] else 12
            remaining = path.stat().st_size - file.tell() - element_head
    except (InvalidDicomError, EOFError, OSError, ValueError, AttributeError, KeyError) as error:
        raise UnreadableImage(
            f"Expected a DICOM header, found a damaged one ({error}), in {path}.", hint="Export the file again."
        ) from error
    syntax = _transfer_syntax(header)
    bits = int(header.get("Rows") or 0) * int(header.get("Columns") or 0) * int(header.get("BitsAllocated") or 0)
    expected = bits // 8 * int(header.get("NumberOfFrames") or 1)
    is_packed = syntax is not None and (syntax.is_compressed or syntax.is_deflated)
    if not is_packed and remaining < expected:
        raise UnreadableImage(
            f"Expected {expected} bytes of pixels, found {max(remaining, 0)}, in {path}.",
            hint="The file is truncated; export it again.",
        )
    return header


def _transfer_syntax(header: Any) -> Any:
    return getattr(header, "file_meta", {}).get("TransferSyntaxUID")


def _require_grey_image(header: Any, path: Path) -> None:
    if header.get("SOPClassUID") in _SEGMENTATIONS:
        raise NoPlane(
            f"Expected an image, found a DICOM segmentation, in {path}.", hint="Open it as labels, not as an image."
        )
    if "Rows" not in header or "Columns" not in header:
        raise NoPlane(f"Expected an image, found a DICOM object without pixels, in {path}.")
    kind = str(header.get("PhotometricInterpretation", "MONOCHROME2"))
    if kind != "MONOCHROME2" or int(header.get("SamplesPerPixel") or 1) != 1:
        raise NoPlane(
            f"Expected grey values (MONOCHROME2), found {kind}, in {path}.",
            hint="Screen shots and colour maps cannot be measured; choose the original series.",
        )
    if "ModalityLUTSequence" in header:
        raise NoPlane(f"Expected a linear rescale, found a lookup table, in {path}.")


def _plane(header: Any, path: Path, number: int, values: Mapping[str, Any]) -> ImagePlane:
    missing = [name for name in PLACE[:3] if not values.get(name)]
    if missing:
        raise NoPlane(
            f"Expected a place in the patient, found no {' and no '.join(missing)}, in {path}.",
            hint="Screen shots and secondary captures carry none; choose the original series.",
        )
    facts = {name: _plain(values.get(name)) for name in FACTS}
    if values.get("ScanOptions") == "":
        facts["ScanOptions"] = ()  # present and empty says that no option was used
    told_apart = {**facts, "TemporalPosition": values.get("TemporalPosition")}
    told_apart |= {name: header.get(name) for name in ("AcquisitionNumber", "EchoNumbers")}
    description = str(header.get("SeriesDescription") or header.get("ProtocolName") or "")
    return ImagePlane(
        path=str(path),
        frame=number,
        shape=(int(header.Rows), int(header.Columns)),
        dtype=_stored_type(header, path),
        position=np.array(values["ImagePositionPatient"], dtype=np.float64),
        orientation=np.array(values["ImageOrientationPatient"], dtype=np.float64).reshape(2, 3),
        pixel_spacing_mm=(float(values["PixelSpacing"][0]), float(values["PixelSpacing"][1])),
        rescale=(_number(values.get("RescaleSlope"), 1.0), _number(values.get("RescaleIntercept"), 0.0)),
        transfer_syntax=str(_transfer_syntax(header) or ""),
        instance_uid=str(header.get("SOPInstanceUID", path)),
        series_uid=str(header.get("SeriesInstanceUID", "")),
        frame_of_reference_uid=str(header.get("FrameOfReferenceUID") or "") or None,
        description=description,
        words=" ".join(str(header.get(name) or "") for name in WORDS),
        told_apart_by={name: _plain(told_apart[name]) for name in _TOLD_APART_BY},
        facts={name: value for name, value in facts.items() if value is not None},
    )


def _stored_type(header: Any, path: Path) -> np.dtype[Any]:
    bits = int(header.get("BitsAllocated") or 0)
    kind = {0: "u", 1: "i", None: "f"}.get(header.get("PixelRepresentation"))
    if kind is None or bits not in (8, 16, 32, 64) or (kind == "f" and bits < 32):
        raise NoPlane(f"Expected 8, 16, 32 or 64 bits per pixel, found {bits}, in {path}.")
    return np.dtype(f"{kind}{bits // 8}")


def _number(value: Any, otherwise: float) -> float:
    return otherwise if value is None or value == "" else float(value)


def _plain(value: Any) -> Any:
    """Header values as plain Python: float, str or tuple of them; None for empty ones."""
    if value is None or isinstance(value, bytes) or (isinstance(value, str) and not value):
        return None
    if isinstance(value, str):
        return str(value)
    if isinstance(value, (int, float)):
        return float(value)
    try:
        many = tuple(_plain(one) for one in value)
    except TypeError:
        return str(value)
    return many or None
