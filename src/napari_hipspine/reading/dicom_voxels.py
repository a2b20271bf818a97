"""Voxels of a DICOM series: one slice is decoded when somebody asks for it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..domain.blocks import Box
from ..domain.errors import PackageMissing, UnreadableImage
from ..domain.index_map import basic_box

_DECODED_BY_EXTRA = ("1.2.840.10008.1.2.4.8", "1.2.840.10008.1.2.4.9", "1.2.840.10008.1.2.4.20")
"""JPEG-LS, JPEG 2000 and HTJ2K: transfer syntaxes whose decoders come with the extra ``all``."""


@dataclass(frozen=True)
class DicomVoxels:
    """Slices of a DICOM stack, read one by one from their files.

    Parameters
    ----------
    frames : tuple of (str, int)
        File and frame of every slice.
    transfer_syntax : str
        UID saying how the pixels are packed.
    plane_shape : tuple of int
        ``(n_rows, n_columns)``.
    stored_type : numpy.dtype
        Type of the stored values.
    rescale : tuple of (float, float)
        Slope and intercept of every slice where they differ between slices; empty where they do not.
    """

    frames: tuple[tuple[str, int], ...]
    transfer_syntax: str
    plane_shape: tuple[int, int]
    stored_type: np.dtype[Any]
    rescale: tuple[tuple[float, float], ...] = ()

    @property
    def shape(self) -> tuple[int, int, int]:
        """``(n_slices, n_rows, n_columns)``."""
        return (len(self.frames), *self.plane_shape)

    @property
    def ndim(self) -> int:
        """Always 3."""
        return 3

    @property
    def dtype(self) -> np.dtype[Any]:
        """Stored type, or float64 where every slice has a rescale of its own."""
        return np.dtype(np.float64) if self.rescale else self.stored_type

    @property
    def block_shape(self) -> tuple[int, int, int]:
        """One slice: a file is decoded whole or not at all."""
        return (1, *self.plane_shape)

    def is_empty(self, box: Box) -> bool:
        """Whether the box is known to hold only zeros; files do not tell."""
        return False

    def read(self, box: Box) -> NDArray[Any]:
        """Voxels of one box.

        Raises
        ------
        PackageMissing
            If no decoder for the compression is installed.
        UnreadableImage
            If the pixels are damaged.
        """
        numbers = range(box[0].start, box[0].stop)
        out = np.empty((len(numbers), *(side.stop - side.start for side in box[1:])), self.dtype)
        if out.size:
            for at, number in enumerate(numbers):
                out[at] = self._plane(number)[box[1], box[2]]
        return out

    def _plane(self, number: int) -> NDArray[Any]:
        path, frame = self.frames[number]
        plane = read_pixels(path, frame, transfer_syntax=self.transfer_syntax)
        if plane.shape != self.plane_shape:
            raise UnreadableImage(f"Expected {self.plane_shape} pixels, found {plane.shape}, in {path}.")
        if not self.rescale:
            return plane
        slope, intercept = self.rescale[number]
        return plane * slope + intercept

    def __getitem__(self, key: Any) -> NDArray[Any]:
        """Voxels by numpy's basic indexing (integers, slices, ellipsis)."""
        box, picked = basic_box(key, self.shape)
        return np.asarray(self.read(box)[picked])

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> NDArray[Any]:  # noqa: FBT001 - numpy calls it so
        return np.asarray(self[...], dtype=dtype)


def read_pixels(path: str, frame: int, *, transfer_syntax: str) -> NDArray[Any]:
    """Stored values of one frame, shape ``(n_rows, n_columns)``, decompressed but not rescaled.

    Parameters
    ----------
    path : str
        File.
    frame : int
        Frame, counted from 0.
    transfer_syntax : str
        UID saying how the pixels are packed; empty for files without a preamble, which are never packed.

    Raises
    ------
    PackageMissing
        If no decoder for the compression is installed.
    UnreadableImage
        If the pixels are damaged or the compression is none for images.
    """
    from pydicom.pixels.utils import pixel_array

    require_decoder(transfer_syntax, path)
    try:
        source = path if transfer_syntax else _whole_file(path)
        return np.asarray(pixel_array(source, index=frame, raw=True))
    except (ValueError, RuntimeError, AttributeError, TypeError, EOFError, OSError) as error:
        raise UnreadableImage(
            f"Expected pixels that can be decoded, found damaged ones ({str(error).splitlines()[0]}), in {path}.",
            hint="Export the file again.",
        ) from error


def is_compressed(transfer_syntax: str) -> bool:
    """Whether pixels of a transfer syntax have to be decompressed."""
    from pydicom.uid import UID

    return bool(transfer_syntax) and UID(transfer_syntax).is_compressed


def require_decoder(transfer_syntax: str, path: str) -> None:
    """Refuse a compression that no installed package can undo.

    Raises
    ------
    PackageMissing
        If a package is missing; the hint names it.
    UnreadableImage
        If the transfer syntax is none for images.
    """
    from pydicom.pixels.decoders.base import get_decoder
    from pydicom.uid import UID

    name = UID(transfer_syntax).name
    try:
        is_available = not transfer_syntax or get_decoder(UID(transfer_syntax)).is_available
    except NotImplementedError as error:
        raise UnreadableImage(
            f"Expected pixels stored as an image, found {name}, in {path}.", hint="Export the series uncompressed."
        ) from error
    if is_available:
        return
    by_extra = transfer_syntax.startswith(_DECODED_BY_EXTRA)
    hint = 'pip install "napari-hipspine[all]"' if by_extra else "pip install python-gdcm, or export uncompressed"
    raise PackageMissing(f"Expected a decoder for {name}, found none installed, for {path}.", hint=f"{hint}.")


def _whole_file(path: str) -> Any:
    """A file without preamble, with the encoding that it was found to have."""
    import pydicom
    from pydicom.uid import ExplicitVRLittleEndian, ImplicitVRLittleEndian

    dataset = pydicom.dcmread(path, force=True)
    is_implicit = dataset.original_encoding[0]
    dataset.file_meta.TransferSyntaxUID = ImplicitVRLittleEndian if is_implicit else ExplicitVRLittleEndian
    return dataset
