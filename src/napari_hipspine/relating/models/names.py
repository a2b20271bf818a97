"""Column names as they are written in a formula."""

from __future__ import annotations

import re

NAME = r"[^\W\d][\w.]*|\.[^\W\d][\w.]*|`[^`]+`"
"""A name, or any text in backticks."""


def quote_name(name: str) -> str:
    """A column name as it is written in a formula."""
    return name if re.fullmatch(NAME, name) and not name.startswith("`") else f"`{name}`"


def unquote_name(name: str) -> str:
    """The column a written name stands for."""
    return name.strip("`")
