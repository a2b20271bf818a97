"""A simulated cohort of small subjects through `hipspine cohort`: in one process, by workers, and with nothing to do.

Usage: python tests/benchmarks/bench_cohort.py [SUBJECTS] [WORKERS]

Every subject has files of its own (copies of one synthetic lumbar series of 24 slices), so that nothing is shared but
the disk cache. The ceiling is the measuring function called in a loop that keeps and joins nothing. One process
measures a tenth; its table must be the beginning of the workers' table, byte for byte.
"""

from __future__ import annotations

import csv
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from napari_hipspine.domain.subject import SubjectKey
from napari_hipspine.domain.volume import FatPolarity
from napari_hipspine.phantom.files import write_subject
from napari_hipspine.phantom.subjects import make_subject
from napari_hipspine.workflows.measure_subject import measure_subject
from napari_hipspine.workflows.open_subject import ImageFiles, LabelFiles, open_subject

N_ALONE = 40
"""Subjects that are measured without keeping anything, for the ceiling."""


def main(n_subjects: int = 2000, n_workers: int = 2) -> None:
    """Make the cohort, run it three times and print what it took."""
    with tempfile.TemporaryDirectory(prefix="cohort-") as place:
        folder = Path(place)
        manifest = make_cohort(folder, n_subjects)
        few = head_of(manifest, max(n_subjects // 10, 1))
        print(f"{n_subjects} subjects, {n_workers} workers, load {os.getloadavg()[0]:.1f}", flush=True)
        measure_alone(folder, 1)
        timed("measuring alone", N_ALONE, lambda: measure_alone(folder, N_ALONE))
        timed("one process", max(n_subjects // 10, 1), lambda: cohort(few, folder / "alone"))
        by_workers = ("--workers", str(n_workers))
        timed(f"{n_workers} workers", n_subjects, lambda: cohort(manifest, folder / "workers", *by_workers))
        timed("again, nothing new", n_subjects, lambda: cohort(manifest, folder / "workers"))
        for name in ("measurements.csv", "slices.csv"):
            beginning = (folder / "alone" / name).read_bytes()
            if not (folder / "workers" / name).read_bytes().startswith(beginning):
                raise SystemExit(f"Expected {name} of workers to begin as that of one process.")
        peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
        print(f"the same bytes; largest process {peak:.0f} MiB, load {os.getloadavg()[0]:.1f}")


def cohort(manifest: Path, folder: Path, *options: str) -> None:
    """Run `hipspine cohort`."""
    program = "import sys; from napari_hipspine.cli import main; sys.exit(main())"
    command = [sys.executable, "-c", program, "cohort", str(manifest), "--out", str(folder), *options]
    subprocess.run(command, check=True, capture_output=True)


def head_of(manifest: Path, n_subjects: int) -> Path:
    """A manifest of the first subjects."""
    beginning = manifest.with_name("few.csv")
    beginning.write_text("".join(manifest.read_text(encoding="utf-8").splitlines(keepends=True)[: n_subjects + 1]))
    return beginning


def timed(what: str, n_subjects: int, work: Callable[[], object]) -> None:
    """Print wall and CPU time of the work, with their shares for each subject."""
    before, began = _cpu_s(), time.perf_counter()
    work()
    wall, cpu = time.perf_counter() - began, _cpu_s() - before
    each = f"{1000 * wall / n_subjects:8.1f} ms ({1000 * cpu / n_subjects:.1f} ms CPU) a subject"
    print(f"{what:20s} {n_subjects:6d} subjects {wall:8.1f} s ({cpu:.1f} s CPU) {each}", flush=True)


def _cpu_s() -> float:
    """CPU time of this process and of those it waited for."""
    used = (resource.getrusage(whose) for whose in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(one.ru_utime + one.ru_stime for one in used)


def make_cohort(folder: Path, n_subjects: int) -> Path:
    """Files of every subject and the manifest that lists them."""
    rows = write_subject(make_subject(1, subject_id="0"), folder / "model")
    model = next(row for row in rows if row["region"] == "lumbar")
    manifest = folder / "manifest.csv"
    with manifest.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["subject_id", "image", "labels", "naming", "contrast", "fat_polarity"])
        for number in range(n_subjects):
            own = folder / "subjects" / f"{number:05d}"
            own.mkdir(parents=True)
            places = [own / Path(str(model[name])).name for name in ("image", "labels")]
            for name, place in zip(("image", "labels"), places, strict=True):
                shutil.copy(folder / "model" / str(model[name]), place)
            naming = folder / "model" / str(model["naming"])
            writer.writerow([f"sub-{number:05d}", *places, naming, model["contrast"], model["fat_polarity"]])
    return manifest


def measure_alone(folder: Path, n_subjects: int) -> None:
    """Open and measure, and keep nothing."""
    for own in sorted((folder / "subjects").iterdir())[:n_subjects]:
        image = next(own.glob("*T2w*"))
        labels = next(own.glob("*dseg*"))
        naming = next((folder / "model").rglob("*lumbar_dseg.csv"))
        pictures = ImageFiles(image=image, fat_polarity=FatPolarity.BRIGHT)
        opened = open_subject(pictures, LabelFiles(labels, naming))
        measure_subject(*opened, key=SubjectKey(own.name), inputs=[image, labels])


if __name__ == "__main__":
    main(*(int(word) for word in sys.argv[1:3]))
