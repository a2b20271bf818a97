"""Options by which a reader says what was decided about the fat thresholds of a subject."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from ..domain.anatomy import find_muscle
from ..domain.errors import InvalidChoice
from ..domain.threshold_review import ThresholdReview

if TYPE_CHECKING:
    from ..measuring.fat_threshold import FatThresholds

_SHAPE = "MUSCLE=SIGNAL"


def add_review_options(parser: argparse.ArgumentParser) -> None:
    """Add the options."""
    review = parser.add_argument_group("what you decided about the thresholds")
    review.add_argument(
        "--manual-threshold",
        action="append",
        default=[],
        metavar=_SHAPE,
        help="threshold of one muscle, both sides, moved by hand; the one found before stays in run.json",
    )
    review.add_argument(
        "--accept-fat-roi",
        action="store_true",
        help="you have looked at the proposed fat beside the muscles: it is right",
    )
    review.add_argument(
        "--thresholds",
        type=Path,
        metavar="RUN_JSON",
        help="thresholds accepted in an earlier run, used as they are; flagged where outlines have changed since",
    )


def threshold_decisions(arguments: argparse.Namespace) -> tuple[ThresholdReview | None, FatThresholds | None]:
    """What the reader moved or accepted, and thresholds accepted earlier; None where nothing was."""
    from ..workflows.accepted_thresholds import read_accepted_thresholds

    accepted = read_accepted_thresholds(arguments.thresholds) if arguments.thresholds else None
    if not arguments.manual_threshold and not arguments.accept_fat_roi:
        return None, accepted
    before = accepted.moved if accepted else {}
    return ThresholdReview({**before, **_moved(arguments.manual_threshold)}, arguments.accept_fat_roi), accepted


def _moved(texts: list[str]) -> dict[str, float]:
    moved: dict[str, float] = {}
    for text in texts:
        muscle, _, signal = text.partition("=")
        if muscle in moved:
            raise InvalidChoice(f"Expected one threshold per muscle, found several for {muscle}.")
        try:
            moved[find_muscle(muscle).id] = float(signal)
        except ValueError:
            raise InvalidChoice(f"Expected a threshold as {_SHAPE}, found {text!r}.") from None
    return moved
