"""The same window as the tests of the desktop use."""

from tests.desktop.conftest import computed, state, themed, verbs, window, worked

__all__ = ["computed", "state", "themed", "verbs", "window", "worked"]
