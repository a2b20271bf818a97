"""Formulas as R writes them: ``cbp ~ lmm_z * intermat_z + age + factor(site)`` and ``1|centre``."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import combinations

from ...domain.errors import InvalidChoice
from .names import NAME, quote_name, unquote_name
from .response import Response, parse_response, why_not_a_response

INTERCEPT = "(Intercept)"
"""Name of the constant term."""

_ATOM = re.compile(rf"\s*(?:(?:factor|C)\(\s*(?P<factor>{NAME})\s*\)|(?P<plain>{NAME})|(?P<one>1))\s*")
_SHAPE = "Names joined by +, : and *, with factor(NAME) for numbers that are categories."


@dataclass(frozen=True)
class Variable:
    """One variable of a formula.

    Parameters
    ----------
    name : str
        As R writes it in term names, e.g. ``age`` or ``factor(site)``.
    column : str
        Column of the table.
    is_declared_factor : bool
        Whether its numbers are names of categories.
    """

    name: str
    column: str
    is_declared_factor: bool = False

    @property
    def text(self) -> str:
        """As it is written in a formula."""
        return f"factor({quote_name(self.column)})" if self.is_declared_factor else quote_name(self.column)


@dataclass(frozen=True)
class Formula:
    """A parsed formula; every model has an intercept.

    Parameters
    ----------
    text : str
        As it was written, with single spaces.
    response : Response
        The outcome, or counts of events.
    variables : tuple of Variable
        In the order of their first appearance.
    terms : tuple of tuple of str
        Variable names of each term: main terms first, then pairs, then higher orders, as R orders them.
    """

    text: str
    response: Response
    variables: tuple[Variable, ...]
    terms: tuple[tuple[str, ...], ...]

    @property
    def columns(self) -> tuple[str, ...]:
        """Columns of the table that the formula needs, the outcome first, each once."""
        return tuple(dict.fromkeys([*self.response.columns, *(v.column for v in self.variables)]))

    def without(self, term: tuple[str, ...]) -> Formula:
        """The same formula without one term and without every higher term that holds all of its variables."""
        left = tuple(one for one in self.terms if not set(term) <= set(one))
        needed = {name for one in left for name in one}
        spelled = {variable.name: variable.text for variable in self.variables}
        right = " + ".join(":".join(spelled[name] for name in one) for one in left) or "1"
        text = f"{self.response.text} ~ {right}"
        return Formula(text, self.response, tuple(v for v in self.variables if v.name in needed), left)


@dataclass(frozen=True)
class RandomPart:
    """What varies between groups: the intercept and, where `slope` names a column, its slope too."""

    group: str
    slope: str | None = None

    @property
    def text(self) -> str:
        """As it is written in R."""
        return f"{'1' if self.slope is None else f'1 + {self.slope}'} | {self.group}"


def parse_formula(text: str) -> Formula:
    """A formula with its terms expanded (``a * b`` is ``a + b + a:b``).

    Raises
    ------
    InvalidChoice
        If it is not of the shape ``outcome ~ a + b:c + d * e``, has an interaction without the terms it rests on, or
        has the outcome on both sides.
    """
    left, tilde, right = text.partition("~")
    if not tilde or "~" in right or not left.strip() or not right.strip():
        raise InvalidChoice(f"Expected a formula as outcome ~ a + b, found {text!r}.", hint=_SHAPE)
    response = parse_response(left)
    if response is None:
        raise InvalidChoice(f"Expected {why_not_a_response(left)}, in the formula {text!r}.")
    variables: dict[str, Variable] = {}
    terms: dict[frozenset[str], None] = {}
    for part in right.split("+"):
        for term in _expand(part, variables, text):
            terms.setdefault(term)
    formula = Formula(" ".join(text.split()), response, tuple(variables.values()), _order(terms, tuple(variables)))
    _check(formula, text)
    return formula


def parse_random(text: str) -> RandomPart:
    """What varies between groups, from ``1|centre``, ``time|subject`` or ``1 + time|subject``.

    Raises
    ------
    InvalidChoice
        If it is of another shape.
    """
    found = re.fullmatch(rf"\s*\(?\s*(?:1|(?:1\s*\+\s*)?({NAME}))\s*\|\s*({NAME})\s*\)?\s*", text)
    if found is None:
        raise InvalidChoice(
            f"Expected random terms as 1|GROUP or 1 + COLUMN|GROUP, found {text!r}.",
            hint="One grouping column, with a random intercept and at most one random slope.",
        )
    return RandomPart(unquote_name(found[2]), unquote_name(found[1]) if found[1] else None)


def _expand(part: str, variables: dict[str, Variable], text: str) -> list[frozenset[str]]:
    """Terms of one summand, adding its variables in the order met."""
    factors = [frozenset(_read_atoms(product, variables, text)) for product in part.split("*")]
    chosen = [frozenset().union(*some) for size in range(1, len(factors) + 1) for some in combinations(factors, size)]
    return [term for term in chosen if term]


def _read_atoms(product: str, variables: dict[str, Variable], text: str) -> list[str]:
    names = []
    for atom in product.split(":"):
        found = _ATOM.fullmatch(atom)
        if found is None:
            raise InvalidChoice(
                f"Expected a column name, found {atom.strip()!r}, in the formula {text!r}.", hint=_SHAPE
            )
        if found["one"]:
            continue
        column = unquote_name(found["factor"] or found["plain"])
        name = f"factor({column})" if found["factor"] else column
        variables.setdefault(name, Variable(name, column, is_declared_factor=bool(found["factor"])))
        names.append(name)
    return names


def _order(terms: dict[frozenset[str], None], names: tuple[str, ...]) -> tuple[tuple[str, ...], ...]:
    """Terms by their order, each with its variables in the order of first appearance."""
    spelled = [tuple(name for name in names if name in term) for term in terms]
    return tuple(sorted(spelled, key=len))


def _check(formula: Formula, text: str) -> None:
    twice = {*formula.response.columns} & {variable.column for variable in formula.variables}
    if twice:
        raise InvalidChoice(f"Expected the outcome on the left only, found {min(twice)!r} twice, in {text!r}.")
    columns = [variable.column for variable in formula.variables]
    double = sorted({column for column in columns if columns.count(column) > 1})
    if double:
        raise InvalidChoice(f"Expected {double[0]} either as it is or as factor({double[0]}), found both, in {text!r}.")
    known = set(formula.terms)
    for term in formula.terms:
        for size in range(1, len(term)):
            lacking = [":".join(lower) for lower in combinations(term, size) if lower not in known]
            if lacking:
                raise InvalidChoice(
                    f"Expected {', '.join(lacking)} beside {':'.join(term)}, found the interaction alone, in {text!r}.",
                    hint=f"Write {' * '.join(term)}.",
                )
