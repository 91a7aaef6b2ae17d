"""A chance is never rounded to a certainty."""

import pytest

from core.report.offer import percent


@pytest.mark.parametrize(
    ("chance", "said"),
    [
        *((0.0, "<1"), (0.0049, "<1"), (0.005, "<1"), (0.0051, "1"), (0.5, "50")),
        *((0.9949, "99"), (0.995, ">99"), (1.0, ">99")),
    ],
)
def test_a_chance_is_said_in_whole_percent_and_never_as_certain(chance: float, said: str) -> None:
    assert percent(chance) == said
