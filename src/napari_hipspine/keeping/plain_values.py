"""Values read from JSON, each refused with words unless it is of the kind that is expected."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Any, TypeVar

from ..domain.errors import InvalidChoice

Word = TypeVar("Word", bound=StrEnum)
Read = TypeVar("Read")


def only(said: Any, what: str, *names: str) -> Mapping[str, Any]:
    """A mapping with exactly these names."""
    given: Mapping[str, Any] = of_type(said, dict)
    missing, unknown = sorted(set(names) - set(given)), sorted(set(given) - set(names))
    if missing or unknown:
        found = [*(f"no {name}" for name in missing), *(f"an unknown {name}" for name in unknown)]
        raise InvalidChoice(f"Expected {what} with {', '.join(names)}; found {', '.join(found)}.")
    return given


def of_type(said: Any, kind: type) -> Any:
    """A value of one type; a truth value is no number."""
    if not isinstance(said, kind) or (kind is int and isinstance(said, bool)):
        raise InvalidChoice(f"Expected a value of type {kind.__name__}, found {said!r}.")
    return said


def text_of(said: Any) -> str:
    """A text."""
    text: str = of_type(said, str)
    return text


def texts_of(said: Any, n: int) -> list[str]:
    """A list of as many texts."""
    given = [text_of(one) for one in of_type(said, list)]
    if len(given) != n:
        raise InvalidChoice(f"Expected {n} words, found {len(given)}.")
    return given


def number_of(said: Any) -> float:
    """A number."""
    if isinstance(said, bool) or not isinstance(said, int | float):
        raise InvalidChoice(f"Expected a number, found {said!r}.")
    return float(said)


def one_of(kind: type[Word], said: Any) -> Word:
    """One of a closed list of words."""
    if said not in tuple(kind):
        raise InvalidChoice(f"Expected one of {', '.join(kind)}, found {said!r}.")
    return kind(said)


def perhaps(said: Any, read: Callable[[Any], Read]) -> Read | None:
    """What is read, or None where nothing was said."""
    return None if said is None else read(said)
