"""Where the cursor stands."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget


def is_inside(widget: QWidget | None, ancestor: QWidget) -> bool:
    """Whether a widget, or the popup it belongs to, lies within another."""
    while widget is not None:
        if widget is ancestor:
            return True
        widget = widget.parentWidget()
    return False
