"""No refusal that reaches the window speaks of options of the command line."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

import napari_hipspine
from napari_hipspine.domain.errors import InvalidChoice
from napari_hipspine.viewer.window_words import CONTROLS, in_window, refusal_words

PACKAGE = Path(napari_hipspine.__file__).parent
TYPED_IN_A_TERMINAL = {"window"}
"""The demo asks for a window; none is there yet."""


def hints() -> list[str]:
    """Every text that is handed over as a hint, outside the command line's own room."""
    found = []
    for path in PACKAGE.rglob("*.py"):
        if "cli" in path.relative_to(PACKAGE).parts:
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call):
                found += [ast.unparse(k.value) for k in node.keywords if k.arg == "hint"]
    return found


def test_every_option_in_a_hint_has_a_control_in_the_window():
    named = {option for hint in hints() for option in re.findall(r"--([a-z][a-z-]*)", hint)}
    assert len(named) > 15
    assert named - set(CONTROLS) == TYPED_IN_A_TERMINAL
    for hint in hints():
        kept = set(re.findall(r"--([a-z][a-z-]*)", in_window(hint)))
        assert kept <= TYPED_IN_A_TERMINAL, hint


@pytest.mark.parametrize(
    ("hint", "said"),
    [
        ("Give --image FILE, or --fat-fraction FILE.", "Give “Image” in step 1, or “Fat fraction” in step 1."),
        ("Name them as --random '1|GROUP'.", "Name them as “Groups”."),
        ("a - b -- c", "a - b -- c"),
    ],
)
def test_controls_stand_in_place_of_options(hint, said):
    assert in_window(hint) == said


def test_message_and_hint_are_both_said():
    assert refusal_words(InvalidChoice("Expected a, found b.", hint="Use --out.")) == (
        "Expected a, found b.\nUse “Export…”."
    )
