import datetime as dt

import numpy as np

from desktop.plots.axes import TimeAxis, ValueAxis
from desktop.plots.band import Band
from desktop.plots.labels import Box, Wanted, place
from desktop.plots.scene import scene_of
from desktop.plots.series import PRIOR, Series

START = dt.datetime(2026, 7, 6, 8, 0, tzinfo=dt.UTC)
X = np.linspace(0, 400, 100)


def flat(y):
    return np.full(100, float(y))


def test_a_name_is_written_where_it_hides_nothing():
    wanted = Wanted(60, 16, X, flat(200), flat(210), flat(190))
    other = (np.linspace(0, 200, 50), np.full(50, 180.0))
    box = place(wanted, Box(0, 0, 400, 300), [(X, flat(200)), other], [], [])
    assert box.hits(X, flat(200)) == 0
    assert box.hits(*other) == 0
    assert box.left >= 0
    assert box.left + box.width <= 400


def test_two_names_never_lie_over_each_other():
    wanted = Wanted(60, 16, X, flat(200), flat(210), flat(190))
    area = Box(0, 0, 400, 300)
    first = place(wanted, area, [], [], [])
    second = place(wanted, area, [], [first], [])
    assert not first.overlaps(second)


def test_a_curve_outside_the_view_has_no_place_and_breaks_nothing():
    empty = np.array([])
    box = place(Wanted(60, 16, empty, empty, empty, empty), Box(5, 7, 400, 300), [], [], [])
    assert (box.left, box.top) == (5, 7)


def test_clock_ticks_fall_on_midnight(themed):
    axis = TimeAxis()
    axis.show_times(START, by_clock=True)
    spacing, ticks = axis.tickValues(0, 240, 600)[0]
    assert spacing >= 24
    assert axis.tickStrings(ticks, 1, spacing)[0] == "07-Jul"
    assert [(START + dt.timedelta(hours=tick)).hour for tick in ticks] == [0] * len(ticks)


def test_hour_ticks_are_round_hours(themed):
    axis = TimeAxis()
    axis.show_times(START, by_clock=False)
    spacing, ticks = axis.tickValues(0, 240, 600)[0]
    assert all(tick % spacing == 0 for tick in ticks)


def test_values_are_never_rescaled_by_a_prefix(themed):
    axis = ValueAxis()
    assert not axis.autoSIPrefix
    assert axis.tickStrings([0.0, 0.5, 40000.0], 1, 1) == ["0", "0.5", "40000"]
    axis.show_scale(logarithmic=True)
    assert axis.tickStrings([2.0, 2 + np.log10(5)], 1, 1) == ["100", "500"]


def test_a_band_leaves_out_what_cannot_be_drawn(themed):
    band = Band("#0072B2", 60)
    band.set_data(np.arange(4.0), np.array([np.nan, 1.0, 1.0, 1.0]), np.array([2.0, 2.0, 3.0, 2.0]))
    assert band.boundingRect().left() == 1.0
    assert band.boundingRect().height() == 2.0
    band.set_data(np.arange(1.0), np.ones(1), np.ones(1))
    assert band.boundingRect().isEmpty()


def test_a_curve_says_nothing_outside_its_times():
    one = Series("prior", "population", PRIOR, np.array([2.0, 4.0]), np.array([1.0, 3.0]), np.zeros(2), np.ones(2))
    assert one.value_at(3.0) == (2.0, 0.0, 1.0)
    assert one.value_at(1.0) is None
    assert one.value_at(5.0) is None


def test_the_scene_cuts_past_and_future_at_the_present(qtbot, worked):
    scene = scene_of(worked.state, ("prior", "individual", "proposed"), "plasma")
    now = worked.state.case.now
    by_key = {one.key: one for one in scene.concentration}
    assert by_key["individual"].times[-1] <= now
    assert by_key["proposed"].times[0] >= now
    assert {dose.kind for dose in scene.doses} == {"given", "proposed"}
    assert [level.value for level in scene.levels] == [item.value.value for item in worked.state.case.levels]


def test_a_level_put_aside_is_drawn_hollow_and_counts_for_nothing(worked):
    levels = worked.case_tab.input.levels
    levels.open(0)
    levels.change_shown(use=False, reason="haemolysed")
    scene = scene_of(worked.state, ("prior", "individual"), "plasma")
    assert [level.used for level in scene.levels] == [False, True]
    assert len(worked.state.case.used_levels) == 1
