"""Words that no sentence of ours may hold, because no table of ours can show what they say."""

from __future__ import annotations

import re

FORBIDDEN_WORDS = (
    "cause",
    "causes",
    "caused",
    "causal",
    "effect of",
    "effects of",
    "due to",
    "leads to",
    "compensatory",
    "compensation",
    "protective",
    "protects",
    "synergistic",
    "risk",
    "goutallier",
    "sarcopenia",
    "sarcopenic",
)


def find_forbidden_words(text: str) -> list[str]:
    """The forbidden words a text holds, in the order of the list; upper and lower case are one.

    Examples
    --------
    >>> find_forbidden_words("Fat causes pain, a risk.")
    ['causes', 'risk']
    """
    return [word for word in FORBIDDEN_WORDS if re.search(rf"\b{re.escape(word)}\b", text, flags=re.IGNORECASE)]
