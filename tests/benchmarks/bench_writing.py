"""Time and memory of writing an OME-Zarr 0.5 with three resolution steps, beside two other writers.

Usage: python tests/benchmarks/bench_writing.py [MIB]

The same uint16 volume (default 1024 MiB, isotropic, on disk as zstd zarr), the same steps (1, 2, 4), the same filter
(mean of neighbours), the same chunks and codec where a writer lets them be chosen. Every candidate runs in a process of
its own; ours also reads everything back and compares it, which the others do not. The other writers are in the
dependency group `bench`.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

CHUNKS = (16, 256, 256)
SPACING = (0.5, 0.5, 0.5)
ROUNDS = 3
COUNTED = ("wall_s", "cpu_s", "mib", "stored_mib")


def write_ours(source: Path, target: Path) -> None:
    """This package, as `hipspine convert` does it."""
    from napari_hipspine.reading.volumes import open_volume
    from napari_hipspine.writing.ome_zarr import write_ome_zarr_image

    write_ome_zarr_image(open_volume(source), target, n_steps=3)


def write_with_ome_zarr(source: Path, target: Path) -> None:
    """The reference implementation, from dask."""
    import dask.array as da
    from ome_zarr.scale import Methods
    from ome_zarr.writer import write_image

    write_image(
        da.from_zarr(str(source)),
        str(target),
        scale_factors=(2, 4),
        method=Methods.LOCAL_MEAN,
        axes="zyx",
        scale=dict(zip("zyx", SPACING, strict=True)),
        axes_units=dict.fromkeys("zyx", "millimeter"),
        storage_options={"chunks": CHUNKS},
    )


def write_with_ngff_zarr(source: Path, target: Path) -> None:
    """ngff-zarr, from dask."""
    import dask.array as da
    from ngff_zarr import Methods, to_multiscales, to_ngff_image, to_ngff_zarr

    units = dict.fromkeys("zyx", "millimeter")
    image = to_ngff_image(
        da.from_zarr(str(source)), dims=tuple("zyx"), scale=dict(zip("zyx", SPACING, strict=True)), axes_units=units
    )
    steps = to_multiscales(image, scale_factors=[2, 4], method=Methods.DASK_BIN_SHRINK, chunks=CHUNKS, cache=False)
    to_ngff_zarr(str(target), steps, version="0.5")


WRITERS: dict[str, Callable[[Path, Path], None]] = {
    "ours, read back": write_ours,
    "ome-zarr": write_with_ome_zarr,
    "ngff-zarr": write_with_ngff_zarr,
}


def main(n_mib: int = 1024) -> None:
    """Make the volume, let every writer write it and print the table."""
    with tempfile.TemporaryDirectory(prefix="writing-") as place:
        folder = Path(place)
        source = make_volume(folder / "source.zarr", n_mib)
        print(f"{n_mib} MiB uint16, steps 1, 2, 4, load {os.getloadavg()[0]:.1f}; the best of {ROUNDS} rounds")
        found: dict[str, list[dict[str, Any]]] = {name: [] for name in WRITERS}
        for number in range(ROUNDS):
            for name in WRITERS:
                found[name].append(run_apart(name, source, folder / f"{list(WRITERS).index(name)}-{number}.ome.zarr"))
        print_table(found)


def run_apart(name: str, source: Path, target: Path) -> dict[str, Any]:
    """Time and memory of one writer in a fresh process; empty where it is not installed."""
    command = [sys.executable, __file__, "--one", name, str(source), str(target)]
    said = subprocess.run(command, capture_output=True, text=True, check=False)
    return json.loads(said.stdout.splitlines()[-1]) if said.returncode == 0 else {"error": said.stderr[-400:]}


def write_one(name: str, source: str, target: str) -> None:
    """Write once and print what it took, beyond what importing takes."""
    write = WRITERS[name]
    import numpy as np
    import zarr

    warm = Path(target).parent / f"warm-{Path(target).name}"
    array = zarr.create_array(f"{warm}-source", shape=(16, 64, 64), chunks=(16, 64, 64), dtype=np.uint16)
    array[...] = 1
    array.attrs["spacing_mm"] = SPACING
    write(Path(f"{warm}-source"), warm)
    before, wall, cpu = forget_peak(), time.perf_counter(), time.process_time()
    write(Path(source), Path(target))
    took = {"wall_s": time.perf_counter() - wall, "cpu_s": time.process_time() - cpu, "mib": peak_mib() - before}
    took["stored_mib"] = sum(file.stat().st_size for file in Path(target).rglob("*") if file.is_file()) / 2**20
    print(json.dumps(took))


def forget_peak() -> float:
    """Memory of this process now [MiB], from which its peak is counted on (Linux)."""
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
    return peak_mib()


def peak_mib() -> float:
    """Largest memory of this process since it was last forgotten [MiB] (Linux)."""
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return int(next(line.split()[1] for line in lines if line.startswith("VmHWM"))) / 1024


def make_volume(path: Path, n_mib: int) -> Path:
    """Smooth tissue with noise, cheap to make."""
    import numpy as np
    import zarr

    edge = 1024
    n_slices = n_mib * 2**20 // (2 * edge * edge)
    array = zarr.create_array(str(path), shape=(n_slices, edge, edge), chunks=CHUNKS, dtype=np.uint16)
    array.attrs["spacing_mm"] = SPACING
    rng = np.random.default_rng(1)
    noise = rng.integers(0, 60, (CHUNKS[0], edge, edge), dtype=np.uint16)
    ramp = (np.hypot(*np.mgrid[-1:1:1024j, -1:1:1024j]) < 0.8) * np.uint16(600)
    for start in range(0, n_slices, CHUNKS[0]):
        slab = np.roll(noise, start, axis=2) + ramp
        array[start : start + CHUNKS[0]] = slab[: n_slices - start]
    return path


def print_table(found: dict[str, list[dict[str, Any]]]) -> None:
    """Best times and least memory of every writer, and how many times ours they are."""
    best = {
        name: {key: min(one[key] for one in rounds) for key in COUNTED}
        for name, rounds in found.items()
        if all("error" not in one for one in rounds)
    }
    ours = best["ours, read back"]
    for name, rounds in found.items():
        if name not in best:
            print(f"{name:18s} did not run: {rounds[0].get('error', '')}")
            continue
        cells = [f"{best[name][key]:8.1f} ({best[name][key] / ours[key]:4.1f} x)" for key in COUNTED]
        print(f"{name:18s} wall s {cells[0]}   CPU s {cells[1]}   memory MiB {cells[2]}   stored MiB {cells[3]}")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--one"]:
        write_one(*sys.argv[2:5])
    else:
        main(*(int(word) for word in sys.argv[1:2]))
