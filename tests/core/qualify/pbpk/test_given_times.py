import pytest

from core.qualify.pbpk.given_times import UnreadableTimes, read_course


@pytest.mark.parametrize(
    ("times", "doses", "expected"),
    [
        ("0", "600", [(0.0, 600.0)]),
        ("0-24-48", "5", [(0.0, 5.0), (24.0, 5.0), (48.0, 5.0)]),
        ("0;12", "5", [(0.0, 5.0), (12.0, 5.0)]),
        ("48 + 72 + 84.5", "5", [(48.0, 5.0), (72.0, 5.0), (84.5, 5.0)]),
        ("S0-T24-R3", "10", [(0.0, 10.0), (24.0, 10.0), (48.0, 10.0)]),
        ("(S-24,T-12,R-2)", "10", [(24.0, 10.0), (36.0, 10.0)]),
        ("S0-R1", "600", [(0.0, 600.0)]),
        ("S0-(S0-T6-R2)-T24-R2", "80", [(0.0, 80.0), (6.0, 80.0), (24.0, 80.0), (30.0, 80.0)]),
        ("0-(S12-T12-R2)", "5", [(0.0, 5.0), (12.0, 5.0), (24.0, 5.0)]),
        ("400: 0, 200: 24-48", "400/200", [(0.0, 400.0), (24.0, 200.0), (48.0, 200.0)]),
        ("400: S18-T24-R1; 200mg: 0-6", "400/200", [(0.0, 200.0), (6.0, 200.0), (18.0, 400.0)]),
        ("S0-T24-R1 (2 mg), S24-T24-R1 (600 mg)", "first 2, then 600", [(0.0, 2.0), (24.0, 600.0)]),
        ("S0-T24-R1/S72-T24-R1", "50/100", [(0.0, 50.0), (72.0, 100.0)]),
    ],
)
def test_the_notation_of_interaction_tables_is_read(
    times: str, doses: str, expected: list[tuple[float, float]]
) -> None:
    assert read_course(times, doses) == expected


@pytest.mark.parametrize(
    ("times", "doses"),
    [
        ("", "600"),
        ("0", ""),
        ("0", "0"),
        ("S0-T24", "5"),  # how often?
        ("S0-R3", "5"),  # how far apart?
        ("S384-R24-T4", "5"),  # repeats and interval turned round
        ("0-4-(S24-T8-25)", "5"),
        ("0-24", "50/100"),  # which dose when?
        ("75: 0; 150: 12", "75"),  # a dose nobody mentions
        ("first day", "5"),
        ("(0-24", "5"),
        ("0-24)", "5"),
        ("S0-T24-R2.5", "5"),
        ("S0-T1-R99999", "5"),
    ],
)
def test_what_would_have_to_be_guessed_is_refused(times: str, doses: str) -> None:
    with pytest.raises(UnreadableTimes):
        read_course(times, doses)
