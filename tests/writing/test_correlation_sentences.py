from __future__ import annotations

import pandas as pd
import pytest

from napari_hipspine.domain.tables import CORRELATIONS
from napari_hipspine.relating.published import published_correlations
from napari_hipspine.writing.correlation_layout import lay_out
from napari_hipspine.writing.correlation_sentences import describe_association, write_sentences
from napari_hipspine.writing.wording import FORBIDDEN_WORDS, find_forbidden_words


def make_table(**cells: object) -> pd.DataFrame:
    row = {
        "lumbar_muscle": "multifidus",
        "lumbar_measure": "fi",
        "lumbar_level": "L4",
        "hip_muscle": "sartorius",
        "hip_measure": "fcsa",
        "hip_level": "greater_trochanter",
        "n": 29,
        "family": "all",
        "family_size": 1,
    }
    return CORRELATIONS.frame([row | cells])


def describe(**cells: object) -> str:
    (cell,) = lay_out(make_table(**cells)).cells.values()
    return describe_association(cell)


def test_every_sentence_on_the_published_table_pairs_the_numbers_of_one_cell() -> None:
    table = published_correlations()
    sentences = write_sentences(table)
    assert "9 of 72 have p < 0.05; chance alone gives about 3.6. 0 have q < 0.05" in sentences[1]
    assert len(sentences) == 3 + 9
    # Two numbers that a text on this table has put beside the wrong pair.
    assert any(s.startswith("Multifidus FI and tensor fasciae latae FI") and "p 0.034" in s for s in sentences)
    assert any(s.startswith("Erector spinae fCSA and gluteus minimus FI") and "ρ 0.582" in s for s in sentences)
    assert sentences[3] == (
        "Erector spinae FI and sartorius FI were moderately and inversely associated in this sample (ρ −0.508; "
        "95 % interval −0.748 to −0.150; n 29; p 0.005 (published); q 0.274); q is not below 0.05."
    )


def test_no_sentence_holds_a_forbidden_word() -> None:
    for covariates in ("", "age;sex;bmi"):
        table = published_correlations().assign(covariates=covariates)
        cells = [describe_association(cell, given="given age") for cell in lay_out(table).cells.values()]
        assert find_forbidden_words(" ".join([*write_sentences(table), *cells])) == []
    assert find_forbidden_words("The effect of fat is COMPENSATORY, no riskier") == ["effect of", "compensatory"]
    assert len(set(FORBIDDEN_WORDS)) == len(FORBIDDEN_WORDS)


def test_a_cell_without_a_coefficient_says_why() -> None:
    assert describe(n=3, reason="too_few_subjects") == (
        "Multifidus FI and sartorius fCSA: no coefficient, n 3 (too few subjects)."
    )
    assert write_sentences(make_table(n=3, reason="too_few_subjects")) == ["None of 1 cells has a coefficient."]


@pytest.mark.parametrize(
    ("rho", "p", "words"),
    [
        (0.39, 0.01, "were weakly and positively associated in this sample"),
        (-0.4, 0.01, "were moderately and inversely associated in this sample"),
        (0.6, 0.01, "were strongly and positively associated in this sample"),
        (0.6, 0.05, "No association of multifidus FI and sartorius fCSA was shown"),
    ],
)
def test_size_and_sign(rho: float, p: float, words: str) -> None:
    assert words in describe(rho=rho, p=p, p_method="t", q=p)


def test_q_is_said_not_to_hold_only_where_it_does_not() -> None:
    assert describe(rho=0.5, p=0.001, p_method="t", q=0.01).endswith("q 0.010).")
    assert describe(rho=0.5, p=0.01, p_method="t").endswith("no q).")
