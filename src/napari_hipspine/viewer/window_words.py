"""Refusals in the words of the window: a hint that names an option of the command line names the control instead."""

from __future__ import annotations

import re

from ..domain.errors import HipSpineError

CONTROLS = {
    "image": "“Image” in step 1",
    "water": "“Water” in step 1",
    "fat": "“Fat” in step 1",
    "fat-fraction": "“Fat fraction” in step 1",
    "series": "“Series” in step 1",
    "labels-series": "a file that holds one series",
    "accept-header-mismatch": "“Accept headers that disagree” in step 1",
    "orientation": "the orientation in step 1",
    "subject": "“Subject” in step 1",
    "fat-polarity": "“Fat” in step 1",
    "allow-fat-suppressed": "“Measure although fat was suppressed” in step 1",
    "level": "a level marked in step 2",
    "naming": "“Naming” in step 3",
    "ignore-unknown": "“Leave out unknown values” in step 3",
    "threshold": "“Manual threshold” in step 4",
    "fat-roi": "“Redraw” in step 4",
    "implants": "“Implants” in step 4",
    "variations": "“Variations, for the sensitivity table” in step 5",
    "metal": "a metal region, on the command line",
    "out": "“Export…”",
    "mixed-contrast": "the switch for several contrasts",
    "session": "“Session”",
    "lumbar-session": "the session of the lumbar values",
    "hip-session": "the session of the hip values",
    "side": "“Side”",
    "lumbar-level": "the level of the lumbar values",
    "hip-level": "the level of the hip values",
    "covariates": "“Covariates”",
    "participants": "“Participants”",
    "measurements": "“Measurements”",
    "by": "“Readers told by”",
    "random": "“Groups”",
    "kind": "“Outcome”",
    "workers": "the number of workers",
}
"""Where the window has what an option of the command line says."""

_OPTION = re.compile(r"--([a-z][a-z-]*)(?: (?:[A-Z][A-Z_]+\b|'[^']*'))?")
"""An option with the word in capitals or quotes that stands for its value."""


def in_window(text: str) -> str:
    """A sentence with the controls of the window in place of options; other words stay as they are.

    Examples
    --------
    >>> in_window("Give one with --threshold.")
    'Give one with “Manual threshold” in step 4.'
    """
    return _OPTION.sub(lambda found: CONTROLS.get(found[1], found[0]), text)


def refusal_words(error: HipSpineError) -> str:
    """What is wrong and what to do, for a notification."""
    return in_window(str(error))
