"""The middle column: concentration, effect and dose strip on one time axis, with a cursor that mouse and keys move."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent
from PySide6.QtWidgets import QStackedWidget, QVBoxLayout, QWidget

from desktop import texts
from desktop.language import Panel, say
from desktop.plots.concentration import ConcentrationPlot
from desktop.plots.doses import DoseStrip
from desktop.plots.effect_head import EffectHead
from desktop.plots.empty import EmptyPlot
from desktop.plots.head import PlotHead
from desktop.plots.readout import Readout
from desktop.plots.scene import Scene, scene_of
from desktop.plots.series import Series
from desktop.plots.table_twin import TableTwin
from desktop.state import CaseState

_STRIP_HEIGHT = 66
_CURVES, _EMPTY, _TABLE = range(3)


class PlotPanel(Panel):
    """All plots of the case."""

    wanted = Signal(str)  # a field the person asked to fill

    def __init__(self, state: CaseState, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.state = state
        self.head = PlotHead()
        self.concentration = ConcentrationPlot()
        self.effect_head = EffectHead()
        self.effect = ConcentrationPlot()
        self.strip = DoseStrip()
        self.empty = EmptyPlot(state)
        self.empty.wanted.connect(self.wanted)
        self.table = TableTwin()
        self.readout = Readout(self.concentration)
        self.stack = QStackedWidget()
        self.stack.setObjectName("plots")
        self._fresh = True
        self._scene = Scene()
        self._cursor: float | None = None
        self._lay_out()
        self._connect()
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.retranslate()

    def _lay_out(self) -> None:
        curves = QWidget()
        column = QVBoxLayout(curves)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.concentration, 5)
        column.addWidget(self.effect_head)
        column.addWidget(self.effect, 2)
        column.addWidget(self.strip)
        self.strip.setFixedHeight(_STRIP_HEIGHT)
        self.effect.setMinimumHeight(70)
        for plot in (self.concentration, self.effect):
            plot.time_axis.setStyle(showValues=False)
            plot.time_axis.setHeight(6)
        for plot in (self.effect, self.strip):
            plot.setXLink(self.concentration)
        for page in (curves, self.empty, self.table):
            self.stack.addWidget(page)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(2, 0, 2, 0)
        layout.setSpacing(2)
        layout.addWidget(self.head)
        layout.addWidget(self.stack, 1)
        layout.addWidget(self.head.foot)

    def _connect(self) -> None:
        self.state.results_changed.connect(self.refresh)
        self.state.draft_changed.connect(self.refresh)
        self.state.replaced.connect(self._start_anew)
        self.head.changed.connect(self.refresh)
        self.head.scale_changed.connect(self.concentration.set_logarithmic)
        self.head.tissue_chosen.connect(self.state.show_tissue)
        self.effect_head.chosen.connect(self.refresh)
        for plot in (self.concentration, self.effect, self.strip):
            plot.pointed.connect(self.show_cursor)
            plot.left.connect(self.hide_cursor)

    def _start_anew(self) -> None:
        self._fresh = True
        self.hide_cursor()

    def refresh(self) -> None:
        """Show the results of the state."""
        scene = self._scene = scene_of(self.state, self.head.shown, self.head.tissue)
        if scene.has_curves:
            page = _TABLE if self.head.as_table else _CURVES
        else:
            page = _EMPTY
            self.empty.refresh()
        self.stack.setCurrentIndex(page)
        self.head.set_outputs(scene.outputs, scene.unit)
        for part in (self.head, self.head.foot):
            part.setEnabled(scene.has_curves)
        if not scene.has_curves:
            self._fresh = True
            return
        self._draw(scene)
        self.table.show_scene(scene, by_clock=self.head.by_clock)
        self._describe()

    def _draw(self, scene: Scene) -> None:
        self.effect_head.set_effects(scene.effects)
        effect = self.effect_head.current
        self.concentration.set_now(scene.now)
        self.concentration.set_next_level(scene.next_level)
        gain = self.tr("next level: %1 % less uncertain").replace("%1", f"{100 * scene.narrowing:.0f}")
        self.concentration.set_next_level_label(gain)
        self.concentration.set_levels(scene.levels)
        self.concentration.set_target(scene.target)
        self.concentration.set_series(scene.concentration)
        for plot in (self.effect, self.effect_head):
            plot.setVisible(effect is not None)
        self.effect.set_now(scene.now)
        self.effect.set_levels(scene.effect_marks.get(effect.output, ()) if effect is not None else ())
        self.effect.set_target(scene.effect_targets.get(effect.output) if effect is not None else None)
        self.effect.set_series(scene.effect_series(effect.output) if effect is not None else ())
        for plot in (self.concentration, self.effect, self.strip):
            plot.set_time(scene.start, by_clock=self.head.by_clock)
        holds = self.concentration.holds() and (effect is None or self.effect.holds())
        if self._fresh or not (self.state.typing or self.state.open_row or holds):
            self.home()
            self._fresh = False
        self.strip.set_now(scene.now)
        self.strip.set_doses(scene.doses)

    def home(self) -> None:
        """Set the ranges to all that is shown."""
        self.concentration.fit()
        self.effect.fit_height()
        self.strip.set_doses(self.strip.doses)

    def show_cursor(self, time: float) -> None:
        """Read the curves at a time, snapped to the curve's own grid."""
        snapped = self._scene.snap(time)
        if snapped is None:
            return
        self._cursor = snapped
        for plot in (self.concentration, self.effect, self.strip):
            plot.cursor_line.setPos(snapped)
            plot.cursor_line.show()
        self.readout.show_at(snapped, self._readout_lines(snapped), self._readout_title(snapped))

    def hide_cursor(self) -> None:
        """Put the cursor away."""
        self._cursor = None
        for plot in (self.concentration, self.effect, self.strip):
            plot.cursor_line.hide()
        self.readout.hide()

    def _readout_title(self, time: float) -> str:
        hours = texts.hours(round(time, 1))
        if self._scene.start is None:
            return hours
        return f"{texts.moment(self._scene.start + dt.timedelta(hours=time))}  ·  {hours}"

    def _readout_lines(self, time: float) -> list[tuple[Series, tuple[float, float, float], str]]:
        lines = []
        for one in self._scene.concentration:
            value = one.value_at(time)
            if value is not None:
                lines.append((one, value, texts.unit(self._scene.unit)))
        effect = self.effect_head.current
        if effect is None:
            return lines
        for one in self._scene.effect_series(effect.output):
            value = one.value_at(time)
            if value is not None and one.key != "prior":
                lines.append((replace(one, label=say(f"effect_name_{effect.id}")), value, effect.unit))
        return lines

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802 Qt's name
        """Left and right move the cursor, Home resets the ranges, L the scale, T the time axis."""
        step = 10 if event.modifiers() & Qt.KeyboardModifier.ShiftModifier else 1
        match event.key():
            case Qt.Key.Key_Left:
                self._step(-step)
            case Qt.Key.Key_Right:
                self._step(step)
            case Qt.Key.Key_Home:
                self.home()
            case Qt.Key.Key_L:
                self.head.toggle_log()
            case Qt.Key.Key_T:
                self.head.toggle_clock()
            case _:
                super().keyPressEvent(event)

    def _step(self, steps: int) -> None:
        start = self._cursor if self._cursor is not None else self._scene.now
        time = self._scene.step(start, steps)
        if time is not None:
            self.show_cursor(time)
            self._describe()

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802 Qt's name
        """A click brings the keyboard here."""
        self.setFocus(Qt.FocusReason.MouseFocusReason)
        super().mousePressEvent(event)

    def event(self, event: QEvent) -> bool:
        """The focus ring is drawn around the plots."""
        if event.type() in (QEvent.Type.FocusIn, QEvent.Type.FocusOut):
            self.stack.setProperty("focused", "true" if event.type() == QEvent.Type.FocusIn else "false")
            self.stack.style().unpolish(self.stack)
            self.stack.style().polish(self.stack)
        return super().event(event)

    def _describe(self) -> None:
        """What a screen reader says of the plot."""
        said = [self.tr("Concentration plot")]
        if self._cursor is not None:
            said += [self.readout.plain]
        else:
            said += self._scene.summary()
        self.setAccessibleName(", ".join(said))

    def retranslate(self) -> None:
        """Write texts anew."""
        self.concentration.set_now_label(self.tr("now"))
        self.refresh()
