"""Make all synthetic sample data anew, byte for byte: pictures, labels, levels, truths and the synthetic cohort.

python sample_data/make_samples.py [--package-data FOLDER] [--truths FOLDER]
"""

from __future__ import annotations

import argparse
from pathlib import Path

from napari_hipspine.phantom import make_sample_subject, sample_ids
from napari_hipspine.phantom.cohort import make_cohort
from napari_hipspine.phantom.files import (
    LEVEL_COLUMNS,
    SERIES_COLUMNS,
    level_rows,
    truth_columns,
    truth_rows,
    write_measurements,
    write_subject,
    write_table,
)
from napari_hipspine.phantom.region import COMPARED_LEVELS

HERE = Path(__file__).resolve().parent
PACKAGE_DATA = HERE.parent / "src" / "napari_hipspine" / "sample_data"


def make_samples(package_data: Path, truths: Path) -> None:
    """Write what the package ships into one folder and the true answers into another."""
    series, levels, slices, at_levels = [], [], [], []
    for subject_id in sample_ids():
        subject = make_sample_subject(subject_id)
        series.extend(write_subject(subject, package_data))
        levels.extend(level_rows(subject))
        slices.extend(truth_rows(subject))
        at_levels.extend(truth_rows(subject, at_levels=COMPARED_LEVELS))
        print(f"{subject_id} written")
    write_table(package_data / "series.csv", SERIES_COLUMNS, [list(row.values()) for row in series])
    write_table(package_data / "levels.csv", LEVEL_COLUMNS, levels)
    write_table(truths / "true_slices.csv", truth_columns(), slices)
    write_table(truths / "true_at_levels.csv", truth_columns(), at_levels)
    write_measurements(package_data / "synthetic_31_measurements.csv", make_cohort())


def main() -> None:
    """Read the folders from the command line and write."""
    parser = argparse.ArgumentParser(description="Make all synthetic sample data anew.")
    parser.add_argument("--package-data", type=Path, default=PACKAGE_DATA, help="where the samples go")
    parser.add_argument("--truths", type=Path, default=HERE, help="where the true answers go")
    given = parser.parse_args()
    given.package_data.mkdir(parents=True, exist_ok=True)
    given.truths.mkdir(parents=True, exist_ok=True)
    make_samples(given.package_data, given.truths)


if __name__ == "__main__":
    main()
