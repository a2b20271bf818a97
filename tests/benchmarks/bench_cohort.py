"""Time of a simulated cohort of small subjects: in one process, on a local cluster, and again with nothing to do.

Usage: python tests/benchmarks/bench_cohort.py [SUBJECTS] [WORKERS]

Every subject has files of its own (copies of one synthetic lumbar series of 24 slices), so that nothing is shared but
the disk cache. The ceiling is the same measuring function called in a loop that keeps and joins nothing.
"""

from __future__ import annotations

import csv
import os
import resource
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from napari_hipspine.domain.subject import SubjectKey
from napari_hipspine.domain.volume import FatPolarity
from napari_hipspine.phantom.files import write_subject
from napari_hipspine.phantom.subjects import make_subject
from napari_hipspine.workflows.cohort_runners import on_this_computer
from napari_hipspine.workflows.measure_cohort import measure_cohort, open_manifest
from napari_hipspine.workflows.measure_subject import measure_subject
from napari_hipspine.workflows.open_subject import ImageFiles, LabelFiles, open_subject

N_ALONE = 40
"""Subjects that are measured without keeping anything, for the ceiling."""


def main(n_subjects: int = 2000, n_workers: int = 2) -> None:
    """Make the cohort, run it three times and print what it took."""
    with tempfile.TemporaryDirectory(prefix="cohort-") as place:
        folder = Path(place)
        manifest = make_cohort(folder, n_subjects)
        entries = open_manifest(manifest)
        print(f"{n_subjects} subjects, {n_workers} workers, load {os.getloadavg()[0]:.1f}")
        ceiling = timed("measuring alone, per subject", N_ALONE, lambda: measure_alone(folder, N_ALONE)) / N_ALONE
        few = entries[: max(n_subjects // 10, 1)]
        wall = timed("this process", len(few), lambda: measure_cohort(few, folder / "alone"))
        print(f"  kept, joined and written: {1000 * (wall / len(few) - ceiling):.1f} ms a subject beside the measuring")

        def on_cluster() -> None:
            with on_this_computer(n_workers) as runner:
                measure_cohort(entries, folder / "cluster", runner=runner)

        timed(f"{n_workers} workers", n_subjects, on_cluster)
        timed("again, nothing new", n_subjects, lambda: measure_cohort(entries, folder / "cluster"))
        print(f"peak memory of this process {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MiB")


def timed(what: str, n_subjects: int, work: Callable[[], object]) -> float:
    """Wall time of the work [s], printed with its share for each subject."""
    began = time.perf_counter()
    work()
    wall = time.perf_counter() - began
    print(
        f"{what:32s} {wall:8.1f} s   {1000 * wall / n_subjects:8.1f} ms a subject   {n_subjects / wall:6.1f} a second"
    )
    return wall


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
