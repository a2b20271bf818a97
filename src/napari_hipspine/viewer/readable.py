"""Colours that can be told from what lies behind them, in every theme."""

from __future__ import annotations

Rgb = tuple[float, float, float]
"""Red, green and blue from 0 to 1."""

LEAST_OF_LINES = 3.0
"""Contrast that lines and signs need against what lies behind them."""

LEAST_OF_TEXT = 4.5
"""Contrast that text needs."""

_DARK: Rgb = (0.137, 0.141, 0.169)
_LIGHT: Rgb = (0.922, 0.906, 0.902)
_STEP = 0.04


def contrast_ratio(one: Rgb, other: Rgb) -> float:
    """How well two colours are told apart, from 1 (not at all) to 21.

    References
    ----------
    W3C. Web Content Accessibility Guidelines 2.2, contrast ratio. https://www.w3.org/TR/WCAG22/#dfn-contrast-ratio

    Examples
    --------
    >>> round(contrast_ratio((0.0, 0.0, 0.0), (1.0, 1.0, 1.0)))
    21
    """
    low, high = sorted((_luminance(one), _luminance(other)))
    return (high + 0.05) / (low + 0.05)


def seen_through(colour: Rgb, share: float, behind: Rgb) -> Rgb:
    """Colour of which only a share is seen over what lies behind it."""
    red, green, blue = (share * a + (1 - share) * b for a, b in zip(colour, behind, strict=True))
    return red, green, blue


def behind_text(text: Rgb) -> Rgb:
    """What lies behind text of a theme: dark behind light text and light behind dark."""
    return _DARK if _luminance(text) > _luminance((0.5, 0.5, 0.5)) else _LIGHT


def readable(colour: Rgb, behind: Rgb, *, least: float = LEAST_OF_LINES) -> Rgb:
    """A colour, turned darker or lighter only as far as it takes to be told from what lies behind it."""
    towards: Rgb = (0.0, 0.0, 0.0) if _luminance(behind) > _luminance((0.5, 0.5, 0.5)) else (1.0, 1.0, 1.0)
    share = 1.0
    found = colour
    while contrast_ratio(found, behind) < least and share > 0:
        share -= _STEP
        found = seen_through(colour, share, towards)
    return found


def _luminance(colour: Rgb) -> float:
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in colour)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
