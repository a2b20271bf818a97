"""Numbers per slice and structure, and fits per structure, of a volume in memory, beside what people use.

Run ``python tests/benchmarks/bench_in_memory.py``. Ours work on one thread, the others on as many as they take.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from typing import Any

import measured_subject
import numpy as np
from goals import Goal, judged
from large_volumes import N_STRUCTURES, noisy_tile

from napari_hipspine.domain.protocol import MeasurementProtocol
from napari_hipspine.measuring.class_fits import fit_mixture
from napari_hipspine.measuring.slice_sums import SliceSums, sum_slices

SECTION = "In memory, 64 × 512 × 512, 30 structures"
FITS = "Two Gaussians per structure"
PROPERTIES = ("label", "num_pixels", "intensity_mean", "intensity_std", "intensity_min", "intensity_max")
N_FITTED = 3
ROUNDS = 5


def scene() -> tuple[np.ndarray, np.ndarray]:
    image, labels = noisy_tile("dense", np.random.default_rng(0), n_slices=64)
    return np.ascontiguousarray(image[:, ::2, ::2]), np.ascontiguousarray(labels[:, ::2, ::2])


def ours(image: np.ndarray, labels: np.ndarray) -> SliceSums:
    return sum_slices(*measured_subject.subject(image, labels), MeasurementProtocol(), n_workers=1)


def moments(sums: SliceSums) -> np.ndarray:
    """Pixels, mean, standard deviation, least and greatest signal per slice and structure."""
    found = np.full((*sums.n_pixels.shape, 5), np.nan)
    for of_slice, bins in zip(found, map(sums.bins, range(len(found))), strict=True):
        if bins is None:
            continue
        is_there = bins.lengths > 0
        ends = np.cumsum(bins.lengths)[is_there]
        starts = ends - bins.lengths[is_there]
        values = bins.values
        # Sums of whole numbers below 2**53 are exact.
        weighted = bins.counts * values.astype(np.float64)
        n, total = np.add.reduceat(bins.counts, starts, dtype=np.int64), np.add.reduceat(weighted, starts)
        squares = np.add.reduceat(np.multiply(weighted, values, out=weighted), starts)
        spread = np.sqrt(np.maximum(squares / n - (total / n) ** 2, 0))
        of_slice[is_there] = np.stack([n, total / n, spread, values[starts], values[ends - 1]], axis=1)
    return found


def by_regionprops(image: np.ndarray, labels: np.ndarray) -> np.ndarray:
    from skimage.measure import regionprops_table

    found = np.full((len(image), N_STRUCTURES, 5), np.nan)
    for z, (seen, of_slice) in enumerate(zip(image, labels, strict=True)):
        table = regionprops_table(of_slice, seen, properties=PROPERTIES)
        found[z, table["label"] - 1] = np.stack([table[name] for name in PROPERTIES[1:]], axis=1)
    return found


def by_simple_itk(image: np.ndarray, labels: np.ndarray) -> np.ndarray:
    import SimpleITK as Sitk

    found = np.full((len(image), N_STRUCTURES, 5), np.nan)
    for z, (seen, of_slice) in enumerate(zip(image, labels, strict=True)):
        told = Sitk.LabelStatisticsImageFilter()
        told.UseHistogramsOff()
        told.Execute(Sitk.GetImageFromArray(seen), Sitk.GetImageFromArray(of_slice))
        for value in told.GetLabels():
            if value:
                n, spread = told.GetCount(value), told.GetSigma(value)
                # SimpleITK divides by n - 1.
                row = n, told.GetMean(value), spread * np.sqrt((n - 1) / n), told.GetMinimum(value)
                found[z, value - 1] = (*row, told.GetMaximum(value))
    return found


def timed(work: Callable[[], Any], rounds: int = ROUNDS) -> tuple[float, float, Any]:
    """Median wall and CPU time [s], and what came out."""
    walls, cpus, result = [], [], None
    for _ in range(rounds):
        wall, cpu = time.perf_counter(), time.process_time()
        result = work()
        walls.append(time.perf_counter() - wall)
        cpus.append(time.process_time() - cpu)
    return statistics.median(walls), statistics.median(cpus), result


def _told(wall: float, cpu: float) -> str:
    return f"{1000 * wall:.0f} ms ({1000 * cpu:.0f} ms CPU)"


def statistics_goals() -> list[Goal]:
    measured_subject.prepare()
    image, labels = scene()
    wall, cpu, found = timed(lambda: moments(ours(image, labels)))
    rows = []
    for name, peer, times in (
        ("scikit-image regionprops_table per slice", by_regionprops, 10),
        ("SimpleITK label statistics per slice", by_simple_itk, 5),
    ):
        their_wall, their_cpu, theirs = timed(lambda peer=peer: peer(image, labels), rounds=3)
        np.testing.assert_allclose(found, theirs, rtol=1e-5, atol=1e-3)
        faster, by_cpu = their_wall / wall, their_cpu / cpu
        told = f"{faster:.1f} × (CPU {by_cpu:.1f} ×)"
        words = f"≥ {times} × faster, ours on one thread"
        rows.append(
            Goal(
                name,
                _told(wall, cpu),
                _told(their_wall, their_cpu),
                told,
                words,
                judged(faster, by_cpu) >= times,
                SECTION,
            )
        )
    return rows


def mixture_goals() -> list[Goal]:
    """Fits to pixels as MuscleMap makes them, beside ours to the histogram, both from the voxels on."""
    from sklearn.mixture import GaussianMixture

    image, labels = scene()

    def mine() -> list[np.ndarray]:
        sums = ours(image, labels)
        return [fit_mixture(sums.pooled([number]), 2).means for number in range(N_FITTED)]

    def theirs() -> list[np.ndarray]:
        found = []
        for value in range(1, N_FITTED + 1):
            pixels = image[labels == value].astype(np.float64).reshape(-1, 1)
            model = GaussianMixture(2, covariance_type="full", n_init=20, tol=1e-3, random_state=0).fit(pixels)
            found.append(np.sort(model.means_.ravel()))
        return found

    wall, cpu, found = timed(mine)
    their_wall, their_cpu, peer = timed(theirs, rounds=1)
    np.testing.assert_allclose(np.array(found), np.array(peer), rtol=0.01)
    faster, by_cpu = their_wall / wall, their_cpu / cpu
    return [
        Goal(
            f"scikit-learn, full covariance, n_init 20, tol 1e-3, {N_FITTED} structures",
            f"{_told(wall, cpu)}, histograms of all 30 included",
            _told(their_wall, their_cpu),
            f"{faster:.0f} × (CPU {by_cpu:.0f} ×)",
            "≥ 10 × faster",
            judged(faster, by_cpu) >= 10,
            FITS,
        )
    ]


def main() -> None:
    for goal in (*statistics_goals(), *mixture_goals()):
        print(f"{goal.what}: {goal.ours} | {goal.theirs} | {goal.ratio} | {goal.goal} | {goal.verdict}", flush=True)


if __name__ == "__main__":
    main()
