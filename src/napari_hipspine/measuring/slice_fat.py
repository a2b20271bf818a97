"""Which pixels of a measured series are called fat, one slice after the other."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..domain.label_map import LabelMap
from ..domain.protocol import MeasurementProtocol
from ..domain.volume import Volume, WaterFat
from .called_fat import Pixels, called_fat, cuts_by_value, fat_scale, measured_labels
from .fat_threshold import FatThresholds
from .surroundings import Mask


@dataclass(frozen=True, eq=False)
class SliceFat:
    """What is needed to judge pixels as they were judged when the series was measured.

    Parameters
    ----------
    image : Volume or WaterFat
        As it was measured.
    label_map : LabelMap
        On the image's grid.
    thresholds : FatThresholds
        That were accepted.
    protocol : MeasurementProtocol
        Erosion and valid range.
    per_unit : float
        100 for a fat-fraction map in per cent.
    """

    image: Volume | WaterFat
    label_map: LabelMap
    thresholds: FatThresholds
    protocol: MeasurementProtocol
    per_unit: float = 1.0

    def on_slice(self, slice_index: int) -> tuple[Mask, Mask]:
        """Pixels that can be judged, and those of them called fat, shape ``(n_rows, n_columns)`` each.

        Pixels of a muscle without a threshold cannot be judged.
        """
        return self._judged(slice_index, None)

    def on_pixels(self, slice_index: int, rows: NDArray[np.intp], columns: NDArray[np.intp]) -> tuple[Mask, Mask]:
        """The same for some pixels of a slice, shape ``(n,)`` each; of a large slice only these are reckoned with."""
        return self._judged(slice_index, (rows, columns))

    def _judged(self, slice_index: int, pixels: Pixels | None) -> tuple[Mask, Mask]:
        whole = measured_labels(self.label_map, slice_index, self.protocol)
        labels = whole if pixels is None else whole[pixels]
        cuts = cuts_by_value(self.label_map, self.thresholds)
        scale = fat_scale(self.image, slice_index, self.protocol, per_unit=self.per_unit, pixels=pixels)
        cut = cuts[np.where((labels > 0) & (labels < len(cuts)), labels, 0)]
        counted = np.isfinite(scale) & np.isfinite(cut)
        return counted, counted & called_fat(self.image, scale, labels, cuts)
