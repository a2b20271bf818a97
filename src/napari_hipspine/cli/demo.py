"""`hipspine demo`: the main job on the synthetic sample subjects."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

_SHOWN = ["muscle", "side", "level", "csa_mm2", "fcsa_mm2", "fi", "ff"]


def add_parser(commands: Any) -> None:
    """Add the command and its options."""
    parser = commands.add_parser("demo", help="measure the sample subjects and look at them", description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("demo_output"), help="folder for tables, report, screenshot")
    parser.add_argument(
        "--window",
        choices=("auto", "closed", "none"),
        default="auto",
        help="auto: stays open where there are a display and a terminal; closed: goes once its picture is taken; "
        "none: no napari window at all",
    )
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Measure, print, write, and show in napari."""
    from ..workflows.demo import run_demo
    from ..workflows.relate_cohort import format_table1

    made = run_demo(arguments.out, tell=lambda words: print(words, file=sys.stderr))
    for result in made.results:
        print(f"\n{result.key.subject_id}: {', '.join(sorted(set(result.measurements['region'])))}")
        print(_as_text(result.measurements))
    print(f"\nSynthetic cohort of 31 (no person was measured)\n{format_table1(made.relation.correlations)}")
    for failure in made.failures:
        print(f"hipspine: {failure.subject_id}: {failure.message}\n  {failure.hint}", file=sys.stderr)
    print(f"\nWritten to {arguments.out}: tables per series, report.html, cohort/")
    if arguments.window != "none":
        stays_open = arguments.window == "auto" and _is_watched()
        _show(arguments.out / "screenshot.png", stays_open=stays_open)
    return 1 if made.failures else 0


def _as_text(measurements: pd.DataFrame) -> str:
    """The table as people read it: areas without decimals, fractions in percent, missing cells as dashes."""
    shown = measurements.loc[measurements["side"] == "both", _SHOWN].dropna(axis="columns", how="all")
    shown = shown.drop(columns="side").rename(
        columns={"csa_mm2": "CSA [mm2]", "fcsa_mm2": "fCSA [mm2]", "fi": "FI [%]", "ff": "fat fraction [%]"}
    )
    percent = [name for name in shown.columns if "%" in name]
    shown[percent] = shown[percent] * 100
    forms = {name: "{:.1f}".format if name in percent else "{:.0f}".format for name in shown.columns if "[" in name}
    return str(shown.to_string(index=False, na_rep="-", formatters=forms))


def _is_watched() -> bool:
    """Whether there is a display, and a person before it."""
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")) and sys.stdout.isatty()


def _show(screenshot: Path, *, stays_open: bool) -> None:
    """A napari window on the first sample, and its picture."""
    from ..viewer.demo_window import show_demo

    show_demo(screenshot, stays_open=stays_open)
    print(f"Screenshot: {screenshot}")
