"""A correlation table in sentences that say only what stands in it, each number beside the pair it belongs to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..domain.tables import SEPARATOR
from .correlation_layout import ALPHA, Cell, CorrelationLayout, format_p, format_rho, lay_out

if TYPE_CHECKING:
    import pandas as pd

MODERATE_FROM, STRONG_FROM = 0.4, 0.6
"""Absolute coefficients from which an association is called moderate, and strong; below it is weak."""

SIZE_WORDS = f"weak below {MODERATE_FROM}, moderate from {MODERATE_FROM}, strong from {STRONG_FROM}"


def write_sentences(correlations: pd.DataFrame) -> list[str]:
    """Sentences on the whole table, then one on every cell with p below .05, the smallest p first.

    Parameters
    ----------
    correlations : pandas.DataFrame
        One row per cell, as `CORRELATIONS` of `domain.tables` says.
    """
    layout = lay_out(correlations)
    given = describe_covariates(correlations)
    below = sorted((cell for cell in layout.cells.values() if cell.is_below_alpha), key=lambda cell: cell.p or 0.0)
    return [*_on_the_table(layout, given), *(describe_association(cell, given=given) for cell in below)]


def describe_association(cell: Cell, *, given: str = "") -> str:
    """One cell as a sentence: pair, size and sign, rho with interval, n, p and q, or why there is none.

    Parameters
    ----------
    cell : Cell
        One cell of a layout.
    given : str
        Words on what was held constant, such as ``given age and sex``.
    """
    pair = f"{cell.lumbar} and {_inner(str(cell.hip))}"
    if cell.rho is None:
        return f"{pair}: no coefficient, n {cell.n} ({', '.join(cell.reasons) or 'no reason stated'})."
    held = f", {given}," if given else ""
    numbers = [f"ρ {format_rho(cell.rho)}"]
    if cell.low is not None and cell.high is not None:
        numbers.append(f"95 % interval {format_rho(cell.low)} to {format_rho(cell.high)}")
    numbers += [f"n {cell.n}", f"p {format_p(cell.p)} ({cell.p_method})"]
    numbers.append("no q" if cell.q is None else f"q {format_p(cell.q)}")
    if not cell.is_below_alpha:
        return f"No association of {_inner(pair)}{held} was shown ({'; '.join(numbers)})."
    how = f"{_size_word(cell.rho)} and {'positively' if cell.rho > 0 else 'inversely'}"
    after = "" if cell.q is None or cell.is_q_below_alpha else f"; q is not below {ALPHA}"
    return f"{pair} were {how} associated{held} in this sample ({'; '.join(numbers)}){after}."


def _on_the_table(layout: CorrelationLayout, given: str) -> list[str]:
    """How many cells there are, how many p are small, and how many chance alone gives."""
    filled = [cell for cell in layout.cells.values() if cell.rho is not None]
    if not filled:
        return [f"None of {len(layout.cells)} cells has a coefficient."]
    ns = sorted({cell.n for cell in filled})
    n_words = f"n {ns[0]}" if len(ns) == 1 else f"n {ns[0]} to {ns[-1]}"
    n_below = sum(cell.is_below_alpha for cell in filled)
    n_q = sum(cell.is_q_below_alpha for cell in filled)
    held = f" {given}" if given else ""
    what = f"Spearman's ρ{held} of {_inner(layout.lumbar_title)}, with {_inner(layout.hip_title)}"
    filling = f"{len(filled)} of {len(layout.cells)} cells have a coefficient ({n_words})"
    small = f"{n_below} of {len(filled)} have p < {ALPHA}; chance alone gives about {len(filled) * ALPHA:.1f}"
    adjusted = f"{n_q} have q < {ALPHA} ({layout.header})"
    return [f"{what}: {filling}. {layout.rules}", f"{small}. {adjusted}.", f"Size words: {SIZE_WORDS}."]


def _size_word(rho: float) -> str:
    size = abs(rho)
    return "strongly" if size >= STRONG_FROM else "moderately" if size >= MODERATE_FROM else "weakly"


def _inner(name: str) -> str:
    """A name as it stands inside a sentence."""
    return name[:1].lower() + name[1:]


def describe_covariates(correlations: pd.DataFrame) -> str:
    """What was held constant, such as ``given age and sex``; nothing where nothing was."""
    words = [word for cell in correlations["covariates"].head(1) for word in cell.split(SEPARATOR) if word]
    if not words:
        return ""
    listed = words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"
    return f"given {listed}"
