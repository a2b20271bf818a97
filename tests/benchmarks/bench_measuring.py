"""Time and peak memory of one measurement of a large zarr, beside the usual ways.

Run it with ``python tests/benchmarks/bench_measuring.py [GIB]``; it writes a synthetic volume of so many GiB (2 by
default) and its labels to a temporary folder, measures every candidate in a process of its own, prints a table and
removes the folder. It is no test: nothing is asserted but that all candidates count the same pixels.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

PLANE = 1024
CHUNK = (16, 256, 256)
N_STRUCTURES = 20
SPACING_MM = (4.0, 0.5, 0.5)


def make_volume(folder: Path, gib: float) -> None:
    """Image int16 and labels uint8 as zarr in zstd chunks; a body of muscles in air, noisy as MRI is."""
    import zarr
    from zarr.codecs import ZstdCodec

    n_slices = int(gib * 2**30 / (2 * PLANE * PLANE)) // CHUNK[0] * CHUNK[0]
    shape = (n_slices, PLANE, PLANE)
    codec = {"compressors": ZstdCodec(level=1), "overwrite": True}
    image = zarr.create_array(folder / "image", shape=shape, chunks=CHUNK, dtype="i2", **codec)
    labels = zarr.create_array(folder / "labels", shape=shape, chunks=CHUNK, dtype="u1", **codec)
    rng = np.random.default_rng(0)
    rows, columns = np.mgrid[:PLANE, :PLANE]
    outline = np.zeros((PLANE, PLANE), dtype=np.uint8)
    for k in range(N_STRUCTURES):
        angle = 2 * np.pi * k / N_STRUCTURES
        middle = PLANE / 2 + 0.28 * PLANE * np.array([np.sin(angle), np.cos(angle)])
        outline[np.hypot(rows - middle[0], columns - middle[1]) < 0.04 * PLANE] = k + 1
    body = np.hypot(rows - PLANE / 2, columns - PLANE / 2) < 0.4 * PLANE
    for start in range(0, n_slices, CHUNK[0]):
        signal = np.where(outline > 0, 100, np.where(body, 260, 0)).astype(np.float32)
        noisy = signal + rng.standard_normal((CHUNK[0], PLANE, PLANE), dtype=np.float32) * 12
        streaks = (rng.random((CHUNK[0], PLANE, PLANE), dtype=np.float32) < 0.1) & (outline > 0)
        noisy[streaks] += 160
        image[start : start + CHUNK[0]] = np.abs(noisy).astype(np.int16)
        labels[start : start + CHUNK[0]] = np.broadcast_to(outline, noisy.shape)


def open_arrays(folder: Path):
    """The two arrays, opened and not read."""
    import zarr

    return zarr.open_array(folder / "image", mode="r"), zarr.open_array(folder / "labels", mode="r")


def read_all(folder: Path) -> int:
    """Every chunk read and decoded by zarr, and nothing else."""
    image, labels = open_arrays(folder)
    n = 0
    for start in range(0, image.shape[0], CHUNK[0]):
        n += int(np.count_nonzero(labels[start : start + CHUNK[0]]))
        image[start : start + CHUNK[0]]
    return n


def start_only(folder: Path) -> int:
    """Imports and opening alone: what every one of our candidates starts with."""
    from napari_hipspine.measuring.kernels import compiled_kernel
    from napari_hipspine.measuring.measures import measure_volume

    compiled_kernel()
    return 0 if measure_volume and open_arrays(folder) else 1


def ours(folder: Path, *, n_workers: int = 2, only_sums: bool = False) -> int:
    """Our whole measurement with the pooled method, or the sums alone."""
    from napari_hipspine.domain.anatomy import Side, Structure, vocabulary
    from napari_hipspine.domain.grid import Grid
    from napari_hipspine.domain.label_map import LabelMap
    from napari_hipspine.domain.level_plan import LevelPlan
    from napari_hipspine.domain.protocol import MeasurementProtocol
    from napari_hipspine.domain.subject import SubjectKey
    from napari_hipspine.domain.volume import Contrast, FatPolarity, Volume
    from napari_hipspine.measuring.measures import measure_volume
    from napari_hipspine.measuring.slice_sums import sum_slices
    from napari_hipspine.reading.zarr_blocks import ZarrBlocks

    image, labels = ZarrBlocks(str(folder / "image")), ZarrBlocks(str(folder / "labels"))
    affine = np.zeros((4, 4))
    affine[2, 0], affine[1, 1], affine[0, 2], affine[3, 3] = *SPACING_MM, 1.0
    grid = Grid(image.shape, affine)
    muscles = vocabulary().of_kind("muscle")[: N_STRUCTURES // 2]
    named = {1 + k: Structure(muscles[k // 2], tuple(Side)[k % 2]) for k in range(N_STRUCTURES)}
    volume = Volume(image, grid, Contrast.T2, FatPolarity.BRIGHT)
    label_map = LabelMap(labels, grid, named)
    if only_sums:
        return int(sum_slices(volume, label_map, MeasurementProtocol(), n_workers=n_workers).n_pixels.sum())
    measured = measure_volume(
        volume, label_map, LevelPlan(), MeasurementProtocol(), key=SubjectKey("b"), n_workers=n_workers
    )
    return int(measured.slices["n_pixels"].sum())


def regionprops(folder: Path) -> int:
    """scikit-image's table slice by slice, a run of chunks in memory at a time; no tables, no thresholds."""
    from skimage.measure import regionprops_table

    image, labels = open_arrays(folder)
    n = 0
    for start in range(0, image.shape[0], CHUNK[0]):
        for seen, of_slice in zip(image[start : start + CHUNK[0]], labels[start : start + CHUNK[0]], strict=True):
            found = regionprops_table(of_slice, seen, properties=("label", "num_pixels", "intensity_mean"))
            n += int(found["num_pixels"].sum())
    return n


def simple_itk(folder: Path) -> int:
    """SimpleITK's label statistics slice by slice, a run of chunks in memory at a time."""
    import SimpleITK

    image, labels = open_arrays(folder)
    n = 0
    for start in range(0, image.shape[0], CHUNK[0]):
        for seen, of_slice in zip(image[start : start + CHUNK[0]], labels[start : start + CHUNK[0]], strict=True):
            statistics = SimpleITK.LabelStatisticsImageFilter()
            statistics.Execute(SimpleITK.GetImageFromArray(seen), SimpleITK.GetImageFromArray(of_slice))
            n += sum(statistics.GetCount(value) for value in statistics.GetLabels() if value)
    return n


CANDIDATES: dict[str, Callable[[Path], int]] = {
    "imports and opening only": start_only,
    "read and decode only, zarr": read_all,
    "ours, sums, 1 worker": lambda folder: ours(folder, n_workers=1, only_sums=True),
    "ours, sums, 2 workers": lambda folder: ours(folder, only_sums=True),
    "ours, all of it, 2 workers": ours,
    "SimpleITK per slice": simple_itk,
    "regionprops_table per slice": regionprops,
}


def peak_mib() -> float:
    """Highest resident memory of this process so far [MiB]."""
    status = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in status if line.startswith("VmHWM")) / 1024


def run_one(folder: Path, name: str) -> None:
    """Run a candidate in this process and print what it took as JSON."""
    # The highest memory of a process is inherited from the one that started it; set it back first (Linux only).
    Path("/proc/self/clear_refs").write_text("5")
    before, start = resource.getrusage(resource.RUSAGE_SELF), time.perf_counter()
    n = CANDIDATES[name](folder)
    seconds, after = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_SELF)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    print(json.dumps({"n": n, "wall_s": seconds, "cpu_s": cpu, "peak_mib": peak_mib()}))


def main(gib: float) -> None:
    """Make the volume, run every candidate and print the table."""
    with tempfile.TemporaryDirectory(prefix="hipspine-bench-") as name:
        folder = Path(name)
        make_volume(folder, gib)
        print(f"{gib:g} GiB image, {gib / 2:g} GiB labels, chunks {CHUNK}, zstd, {N_STRUCTURES} structures")
        print(f"{'':30s} {'wall s':>8s} {'CPU s':>8s} {'peak MiB':>9s}")
        counted = set()
        for candidate in CANDIDATES:
            command = [sys.executable, __file__, "--one", str(folder), candidate]
            told = subprocess.run(command, check=True, capture_output=True, text=True).stdout
            took = json.loads(told.splitlines()[-1])
            counted.update([took["n"]] if took["n"] else [])
            print(f"{candidate:30s} {took['wall_s']:8.2f} {took['cpu_s']:8.2f} {took['peak_mib']:9.0f}")
        if len(counted) > 1:
            raise SystemExit(f"Expected one number of pixels from all candidates, found {sorted(counted)}.")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--one"]:
        run_one(Path(sys.argv[2]), sys.argv[3])
    else:
        main(float(sys.argv[1]) if len(sys.argv) > 1 else 2.0)
