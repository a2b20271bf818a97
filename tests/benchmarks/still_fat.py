"""Phantoms for filling whose fat stays where it is while the muscles move: nothing inside a muscle shows the way.

The outlines are those of the shipped phantoms, swayed more strongly. Unlike there, the pattern of fat is fixed in the
body and changes from slice to slice, every muscle section sees another part of it, fat lies thickest along the
border, fascia is seen in places only, and each slice is the mean of three heights.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import distance_transform_edt, gaussian_filter

from napari_hipspine.domain.anatomy import Region, find_structure
from napari_hipspine.phantom.acquisition import add_rician_noise, coil_sensitivity
from napari_hipspine.phantom.body import Body
from napari_hipspine.phantom.canvas import Canvas
from napari_hipspine.phantom.fields import WaveField, generator_for
from napari_hipspine.phantom.ready_made import hip_spec, lumbar_spec
from napari_hipspine.phantom.specification import PhantomSpec, Sampling
from napari_hipspine.phantom.tissue import Tissue, signals

Picture = NDArray[np.float32]

SAMPLINGS = {
    Region.LUMBAR: Sampling((28, 280, 400), (4.0, 0.5, 0.5), lowest_slice_mm=-48.0, front_mm=-75.0),
    Region.HIP: Sampling((32, 300, 540), (4.0, 0.6, 0.6), lowest_slice_mm=-44.0, front_mm=-75.0),
}
WOBBLE_MM = 2.2
SWAY_MM = {Region.LUMBAR: 1.8, Region.HIP: 1.8}
HEIGHTS = (-1 / 3, 0.0, 1 / 3)
"""Heights a slice is the mean of, in slices; the labels are those of the middle one."""

FAT_SHARES = ((0.05, 0.2), (0.15, 0.4), (0.3, 0.6))
"""Lean, middling and fatty people take turns."""

RIM_MM = 1.8
SEEN_BORDER = -0.2
FASCIA_MM = 0.5


@dataclass(frozen=True)
class StillFat:
    """A picture, its true labels and what they mean."""

    image: Picture
    labels: NDArray[np.uint16]
    spacing_mm: tuple[float, float, float]
    names: dict[int, str]


def still_fat(region: Region, seed: int) -> StillFat:
    """One volume; the same for the same seed."""
    make = lumbar_spec if region is Region.LUMBAR else hip_spec
    sampling = SAMPLINGS[region]
    spec = make(seed, sampling=sampling, wobble_mm=WOBBLE_MM, noise=0.1, coil_ripple=0.1)
    painter = _Painter(spec)
    image, labels = np.zeros(sampling.shape, np.float32), np.zeros(sampling.shape, np.uint16)
    for index, height in enumerate(sampling.heights_mm()):
        for part in HEIGHTS:
            signal, muscle = painter.slice(index, float(height + part * sampling.spacing_mm[0]))
            image[index] += signal / len(HEIGHTS)
            if part == 0:
                labels[index] = muscle
    rng = generator_for(seed, "still", "noise")
    for index, height in enumerate(sampling.heights_mm()):
        coil = coil_sensitivity(spec, painter.rows_mm, painter.columns_mm, float(height))
        noisy = add_rician_noise(image[index] * coil, spec.noise * painter.signals[Tissue.LEAN], rng)
        image[index] = gaussian_filter(noisy, 0.45)
    return StillFat(image, labels, sampling.spacing_mm, painter.names)


class _Painter:
    """Slices of one person."""

    def __init__(self, spec: PhantomSpec) -> None:
        self._body = Body(spec)
        sampling = spec.sampling
        _, n_rows, n_columns = sampling.shape
        step = sampling.spacing_mm[1]
        self.rows_mm = sampling.front_mm + (np.arange(n_rows) + 0.5) * step
        self.columns_mm = (np.arange(n_columns) + 0.5 - n_columns / 2) * step
        self.signals = signals(spec.contrast, spec.fat_polarity)
        sway = generator_for(spec.seed, "sway")
        self._sway = WaveField(sway, strength_mm=SWAY_MM[spec.region], in_plane_mm=(35.0, 90.0))
        # About one and a half slices, streaks wider than high, on two scales; and where borders are seen.
        fine, wide = _pattern(spec, "fine", (0.7, 0.55, 0.9)), _pattern(spec, "wide", (0.9, 1.56, 1.56))
        self._streaks = 0.75 * fine + 0.55 * wide
        self._seen = _pattern(spec, "seen", (1.2, 3.0, 3.0))
        self._pixel_mm = step
        self.names, self._shares = self._people(spec)

    def _people(self, spec: PhantomSpec) -> tuple[dict[int, str], dict[int, float]]:
        rng = generator_for(spec.seed, "still", "fat")
        low, high = FAT_SHARES[spec.seed % len(FAT_SHARES)]
        usual, names, shares = rng.uniform(low, high), {}, {}
        for (name, side), number in self._body.muscle_numbers.items():
            shares[number] = float(np.clip(usual * rng.uniform(0.6, 1.4), low, high))
            if name in LABELLED[spec.region] and side is not None:
                names[number] = find_structure(name, side.value).muscle.id
        return names, shares

    def slice(self, index: int, height_mm: float) -> tuple[Picture, NDArray[np.uint16]]:
        """Signal without coil and noise, and labels."""
        canvas = Canvas(self.rows_mm, self.columns_mm)
        for part, side, curve in self._body.curves(height_mm):
            swayed = curve + self._sway.at(curve, height_mm)
            canvas.paint(swayed, part.tissue, muscle=self._body.muscle_numbers.get((part.name, side), 0))
        signal = self.signals[canvas.tissue]
        inside = canvas.muscle > 0
        depth = self._depth_mm(canvas.muscle)
        fat = np.zeros(signal.shape)
        for number in np.unique(canvas.muscle[inside]):
            here = canvas.muscle == number
            fat[here] = self._fat(index, here, depth[here], self._shares[int(number)])
        lean = self.signals[Tissue.LEAN]
        signal = np.where(inside, lean + fat * (self.signals[Tissue.FAT] - lean), signal)
        border = (depth <= FASCIA_MM) & inside & (self._seen[index] > SEEN_BORDER)
        signal = np.where(border, 0.4 * signal + 0.6 * self.signals[Tissue.FASCIA], signal)
        labelled = np.isin(canvas.muscle, list(self.names))
        return signal.astype(np.float32), np.where(labelled, canvas.muscle, 0).astype(np.uint16)

    def _depth_mm(self, muscle: NDArray[np.int16]) -> NDArray[np.float64]:
        """Distance of every muscle pixel to the border of its muscle [mm]."""
        border = np.zeros(muscle.shape, bool)
        for axis in (0, 1):
            border |= muscle != np.roll(muscle, 1, axis)
        return np.asarray(distance_transform_edt(~border) * self._pixel_mm)

    def _fat(self, index: int, here: NDArray[np.bool_], depth_mm: NDArray[np.float64], share: float) -> Picture:
        """Fat of one muscle section: the level of the still pattern that gives the share."""
        back = np.broadcast_to(self.rows_mm[:, np.newaxis], here.shape)[here]
        liking = self._streaks[index][here] + 0.6 * np.exp(-depth_mm / RIM_MM) + 0.02 * (back - back.mean())
        low, high = -6.0, 6.0
        for _ in range(18):
            level = (low + high) / 2
            too_much = np.clip(0.5 + (liking - level) / 1.8, 0, 1).mean() > share
            low, high = (level, high) if too_much else (low, level)
        return np.clip(0.5 + (liking - level) / 1.8, 0, 1).astype(np.float32)


LABELLED = {
    Region.LUMBAR: ("multifidus", "erector_spinae", "quadratus_lumborum", "psoas_major"),
    Region.HIP: ("gluteus_maximus", "gluteus_medius", "gluteus_minimus", "tensor_fasciae_latae", "iliacus"),
}


def _pattern(spec: PhantomSpec, word: str, sizes: tuple[float, float, float]) -> Picture:
    """A random pattern over the whole volume, mean 0, spread 1; sizes in slices, and in the plane in millimetres."""
    in_plane = [size / spec.sampling.spacing_mm[1] for size in sizes[1:]]
    noise = generator_for(spec.seed, "still", word).standard_normal(spec.sampling.shape, dtype=np.float32)
    smooth = gaussian_filter(noise, (sizes[0], *in_plane), mode="wrap")
    return smooth / smooth.std()
