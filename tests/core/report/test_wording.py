import pytest

from core.clinic.alert import Alert, Severity
from core.errors import InputError, OutOfDomain
from core.report.wording import LANGUAGES, MissingText, Wording


def test_gaps_are_filled_and_further_values_left_out() -> None:
    text = Wording("en").text("dose_above_single", {"value": "3000 mg", "limit": "2000 mg", "source": "Liu", "x": 1})
    assert text == "One dose of 3000 mg is above the highest single dose, 2000 mg (Liu)."


def test_a_value_that_looks_like_a_gap_is_left_as_it_is() -> None:
    assert "{limit}" in Wording("en").text("must_be_positive", {"value": "{limit}"})


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_unknown_message_or_a_missing_value_is_a_clear_fault(language: str) -> None:
    with pytest.raises(MissingText, match=r"no text for the message id 'there_is_none'"):
        Wording(language).text("there_is_none")
    with pytest.raises(MissingText, match=r"'must_be_positive' needs a value for 'value'"):
        Wording(language).text("must_be_positive")


def test_a_language_that_is_not_there_is_refused() -> None:
    with pytest.raises(InputError, match="choice_unknown"):
        Wording("fr")


def test_drug_names_stay_latin_in_english_and_stand_second_in_chinese() -> None:
    assert Wording("en").drug("gefitinib") == "gefitinib"
    assert Wording("zh_CN").drug("gefitinib") == "吉非替尼 gefitinib"
    assert Wording("zh_CN").drug("osimertinib", "奥希替尼") == "奥希替尼 osimertinib"
    assert Wording("zh_CN").drug("unheardofinib") == "unheardofinib"


def test_an_error_says_value_limit_and_cure() -> None:
    error = OutOfDomain("weight", "900 kg", "0.3 kg", "400 kg")
    for part in ("900 kg", "0.3 kg", "400 kg"):
        assert part in Wording("en").error(error)
        assert part in Wording("zh_CN").error(error)


def test_an_error_about_a_covariate_names_it_in_words() -> None:
    error = InputError("covariates.serum_creatinine", "covariate_missing", model="vancomycin.goti2018")
    assert Wording("en").error(error).startswith("serum creatinine is needed")
    assert "需要血清肌酐" in Wording("zh_CN").error(error)


def test_an_alert_names_covariate_and_unit_and_translates_choices() -> None:
    unusual = Alert(Severity.CAUTION, "value_unusual", {"value": "170", "low": "35", "high": "160"}, "weight")
    assert Wording("en").alert(unusual).startswith("weight 170 kg is unusual in adults (usually 35 to 160)")
    values = {"value": "poor", "choices": "normal, intermediate", "model": "m", "covariate": "cyp2d6_phenotype"}
    unstudied = Alert(Severity.CAUTION, "covariate_not_studied", values, "cyp2d6_phenotype")
    assert "CYP2D6 表型“慢代谢”未经研究（已研究：正常代谢, 中间代谢" in Wording("zh_CN").alert(unstudied)


def test_an_assumed_choice_is_said_in_the_language() -> None:
    gaps = {"covariate": "child_pugh", "assumed": "none"}
    assert "无" in Wording("zh_CN").text("why_assumed", gaps)
    assert Wording("zh_CN").text("why_assumed", gaps | {"assumed": "42 g/L"}).count("42 g/L") == 1
