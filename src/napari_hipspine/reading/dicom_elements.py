"""Which DICOM elements are read, and where enhanced multi-frame files hide them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

FACTS = (
    "Modality",
    "Manufacturer",
    "ManufacturerModelName",
    "MagneticFieldStrength",
    "MRAcquisitionType",
    "ScanningSequence",
    "SequenceVariant",
    "SequenceName",
    "PulseSequenceName",
    "EchoPulseSequence",
    "AcquisitionContrast",
    "SpectrallySelectedSuppression",
    "ScanOptions",
    "ImageType",
    "EchoTime",
    "RepetitionTime",
    "InversionTime",
    "FlipAngle",
    "SliceThickness",
    "SpacingBetweenSlices",
    "DiffusionBValue",
)
"""Header elements that are kept: acquisition only, nothing that could name or date a person."""

_PIXELS = ("Rows", "Columns", "BitsAllocated", "PixelRepresentation", "SamplesPerPixel", "PhotometricInterpretation")
_IDENTITY = ("SOPClassUID", "SOPInstanceUID", "SeriesInstanceUID", "FrameOfReferenceUID", "NumberOfFrames")
PLACE = ("ImagePositionPatient", "ImageOrientationPatient", "PixelSpacing", "RescaleSlope", "RescaleIntercept")
WORDS = ("SeriesDescription", "ProtocolName")
_GROUPS = ("SharedFunctionalGroupsSequence", "PerFrameFunctionalGroupsSequence")
_SPLITS = ("TemporalPositionIdentifier", "AcquisitionNumber", "EchoNumbers", "ModalityLUTSequence")
_SIEMENS_B_VALUE = (0x0019, 0x100C)

_FRAME_ELEMENTS = {
    "ImagePositionPatient": ("PlanePositionSequence", "ImagePositionPatient"),
    "ImageOrientationPatient": ("PlaneOrientationSequence", "ImageOrientationPatient"),
    "PixelSpacing": ("PixelMeasuresSequence", "PixelSpacing"),
    "SliceThickness": ("PixelMeasuresSequence", "SliceThickness"),
    "SpacingBetweenSlices": ("PixelMeasuresSequence", "SpacingBetweenSlices"),
    "RescaleSlope": ("PixelValueTransformationSequence", "RescaleSlope"),
    "RescaleIntercept": ("PixelValueTransformationSequence", "RescaleIntercept"),
    "EchoTime": ("MREchoSequence", "EffectiveEchoTime"),
    "RepetitionTime": ("MRTimingAndRelatedParametersSequence", "RepetitionTime"),
    "FlipAngle": ("MRTimingAndRelatedParametersSequence", "FlipAngle"),
    "ImageType": ("MRImageFrameTypeSequence", "FrameType"),
    "AcquisitionContrast": ("MRImageFrameTypeSequence", "AcquisitionContrast"),
    "SpectrallySelectedSuppression": ("MRModifierSequence", "SpectrallySelectedSuppression"),
    "DiffusionBValue": ("MRDiffusionSequence", "DiffusionBValue"),
    "TemporalPosition": ("FrameContentSequence", "TemporalPositionIndex"),
}
"""Where an enhanced multi-frame file holds, per frame or shared, what other files hold at the top."""

WANTED: tuple[Any, ...] = (
    *FACTS,
    *_PIXELS,
    *_IDENTITY,
    *PLACE,
    *WORDS,
    *_GROUPS,
    *_SPLITS,
    _SIEMENS_B_VALUE,
)
"""Everything that is read of a header; the rest is passed over."""


def values_at_top(header: Any) -> dict[str, Any]:
    """Elements of a file with one image."""
    values = {name: header.get(name) for name in (*FACTS, *PLACE)}
    values["TemporalPosition"] = header.get("TemporalPositionIdentifier")
    if values["DiffusionBValue"] is None and _SIEMENS_B_VALUE in header:
        written = header[_SIEMENS_B_VALUE].value
        text = written.decode("ascii", "ignore") if isinstance(written, bytes) else str(written)
        values["DiffusionBValue"] = float(text) if text.strip().isdecimal() else None
    return values


def values_of_frames(header: Any) -> Iterator[dict[str, Any]]:
    """Elements of each frame of an enhanced file: per frame, else shared, else at the top."""
    at_top = values_at_top(header)
    shared = (header.get("SharedFunctionalGroupsSequence") or [{}])[0]
    for frame in header.PerFrameFunctionalGroupsSequence:
        values = dict(at_top)
        for name, (group, element) in _FRAME_ELEMENTS.items():
            for functional_groups in (frame, shared):
                items = functional_groups.get(group)
                found = items[0].get(element) if items else None
                if found is not None:
                    values[name] = found
                    break
        yield values
