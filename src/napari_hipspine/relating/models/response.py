"""The left side of a formula: one outcome per row, or counts of events as R's cbind writes them."""

from __future__ import annotations

import re
from dataclasses import dataclass

from ...domain.errors import InvalidChoice
from .names import NAME, quote_name, unquote_name

_COLUMN = re.compile(rf"\s*(?P<events>{NAME})\s*")
_SHARE = re.compile(rf"\s*(?P<events>{NAME})\s*/\s*(?P<total>{NAME})\s*")
_PAIR = re.compile(rf"\s*cbind\(\s*(?P<events>{NAME})\s*,\s*(?:(?P<total>{NAME})\s*-\s*)?(?P<rest>{NAME})\s*\)\s*")
_SHAPES = "outcome, cbind(EVENTS, NON_EVENTS), cbind(EVENTS, TRIALS - EVENTS) or EVENTS/TRIALS"


@dataclass(frozen=True)
class Response:
    """What a model is about.

    Parameters
    ----------
    events : str
        Column of the outcome, or of the number of events.
    rest : str, optional
        Column of the number of non-events.
    total : str, optional
        Column of the number of trials.
    """

    events: str
    rest: str | None = None
    total: str | None = None

    @property
    def is_counted(self) -> bool:
        """Whether a row holds a number of events among several trials."""
        return self.rest is not None or self.total is not None

    @property
    def columns(self) -> tuple[str, ...]:
        """Columns of the table, the events first."""
        return tuple(name for name in (self.events, self.rest, self.total) if name is not None)

    @property
    def text(self) -> str:
        """As it is written in a formula."""
        if self.rest is not None:
            return f"cbind({quote_name(self.events)}, {quote_name(self.rest)})"
        return quote_name(self.events) + (f" / {quote_name(self.total)}" if self.total is not None else "")


def parse_response(text: str) -> Response | None:
    """The left side of a formula; None where it is of another shape.

    Raises
    ------
    InvalidChoice
        If non-events are written as trials less something else than the events.
    """
    one, share, pair = (shape.fullmatch(text) for shape in (_COLUMN, _SHARE, _PAIR))
    if one is not None:
        return Response(unquote_name(one["events"]))
    if share is not None:
        return _distinct(Response(unquote_name(share["events"]), total=unquote_name(share["total"])), text)
    if pair is None:
        return None
    events, rest = unquote_name(pair["events"]), unquote_name(pair["rest"])
    if pair["total"] is None:
        return _distinct(Response(events, rest=rest), text)
    if rest != events:
        raise InvalidChoice(f"Expected cbind({events}, TRIALS - {events}), found {text.strip()!r}.")
    return _distinct(Response(events, total=unquote_name(pair["total"])), text)


def why_not_a_response(text: str) -> str:
    """What the left side of a formula may be, for messages."""
    return f"{_SHAPES} on the left, found {text.strip()!r}"


def _distinct(response: Response, text: str) -> Response:
    if len(set(response.columns)) < len(response.columns):
        raise InvalidChoice(f"Expected two columns of counts, found one twice, in {text.strip()!r}.")
    return response
