from hypothesis import given
from hypothesis import strategies as st

from core.report.chinese_lines import break_lines


def lines(text: str, width: int) -> list[str]:
    return break_lines(text, width, len)


def test_chinese_breaks_between_characters() -> None:
    assert lines("请尽早测定血药浓度", 4) == ["请尽早测", "定血药浓", "度"]


def test_a_number_keeps_its_unit() -> None:
    assert lines("方案中，750\u00a0mg 每日", 7) == ["方案中，", "750\u00a0mg", "每日"]


def test_a_closing_mark_never_begins_a_line_and_an_opening_one_never_ends_it() -> None:
    assert lines("预测浓度。完", 4) == ["预测浓", "度。完"]
    assert lines("平均（12）值", 3) == ["平均", "（12）", "值"]


def test_a_latin_word_is_never_cut() -> None:
    assert lines("伊曲康唑 itraconazole 合用", 6) == ["伊曲康唑", "itraconazole", "合用"]


@given(st.text("药量（12，mg %。 ）a", max_size=60), st.integers(1, 20))
def test_nothing_but_spaces_at_breaks_is_lost(text: str, width: int) -> None:
    assert "".join(lines(text, width)).replace(" ", "") == text.replace(" ", "")
