"""Colours, font and style of the window; contrasts against white are measured in `tests/desktop/test_theme.py`."""

from __future__ import annotations

import importlib.resources

from PySide6.QtGui import QColor, QFont, QFontDatabase, QPalette
from PySide6.QtWidgets import QApplication

INK = "#1B2430"
MUTED = "#52606D"
PRIOR = "#6B7280"
INDIVIDUAL = "#0072B2"
PROPOSED = "#B34700"
TARGET = "#009E73"
TARGET_TEXT = "#00563F"
TARGET_FILL = "#DDF2EA"
BANNER = "#16324F"
PRIMARY = "#0B5CAD"
FIELD_BORDER = "#7B8794"
STOP = "#9F1D1D"
CAUTION = "#5C3B00"
CAUTION_FILL = "#FFF4DB"
NOTE_FILL = "#EAF2FA"
WINDOW = "#F3F5F8"
CARD = "#FFFFFF"
HAIRLINE = "#D3DAE2"
ERROR_FILL = "#FDF3F3"
BODY = 13  # px
LABEL = 12

_FONTS = ("NotoSansSC-Regular.ttf", "NotoSansSC-Bold.ttf")
FAMILY = "Noto Sans SC"

_STYLE = f"""
* {{ font-family: "{FAMILY}"; font-size: {BODY}px; }}
QToolTip {{ background: {BANNER}; color: white; border: 0; padding: 4px 6px; }}
QWidget#banner {{ background: {BANNER}; }}
QWidget#banner QLabel {{ color: white; }}
QWidget#banner QLabel[role="label"] {{ color: #C3D0DD; font-size: {LABEL}px; }}
QWidget#banner QLabel[role="name"] {{ font-size: 16px; font-weight: 700; }}
QWidget#banner QLabel[role="value"] {{ font-weight: 700; }}
QWidget#banner QToolButton {{ color: white; border: 1px solid #6E86A0; border-radius: 4px; padding: 2px 8px;
    background: transparent; }}
QWidget#banner QToolButton:hover {{ background: #24476B; }}
QWidget#banner QToolButton:focus {{ border: 2px solid white; padding: 1px 7px; }}
QFrame[role="card"] {{ background: {CARD}; border: 1px solid {HAIRLINE}; border-radius: 6px; }}
QLabel[role="title"] {{ font-weight: 700; }}
QLabel[role="label"], QCheckBox[role="label"] {{ color: {MUTED}; font-size: {LABEL}px; }}
QLabel[role="muted"] {{ color: {MUTED}; font-size: {LABEL}px; }}
QLabel[role="dose"] {{ font-size: 24px; font-weight: 700; }}
QLabel[role="drug"] {{ font-size: 15px; font-weight: 700; }}
QLabel[role="number"] {{ font-weight: 700; }}
QLabel[role="error"] {{ color: {STOP}; font-size: {LABEL}px; }}
QLabel[role="wait"] {{ font-size: 20px; font-weight: 700; color: {MUTED}; }}
QLineEdit, QPlainTextEdit, QComboBox {{ background: white; color: {INK}; border: 1px solid {FIELD_BORDER};
    border-radius: 4px; padding: 1px 6px;
    min-height: 20px; selection-background-color: {PRIMARY}; selection-color: white; }}
QComboBox {{ padding-right: 2px; }}
QComboBox QLineEdit {{ border: 0; padding: 0; min-height: 0; background: transparent; }}
QComboBox QLineEdit:focus {{ border: 0; padding: 0; }}
QTableCornerButton::section {{ background: white; border: 0; }}
QComboBox::drop-down {{ border: 0; width: 18px; }}
QComboBox::down-arrow {{ image: url(%ICONS%/chevron.svg); width: 10px; height: 10px; }}
QComboBox[role="unit"] {{ border-color: #B5BFC9; color: {MUTED}; }}
QLineEdit:focus, QPlainTextEdit:focus, QComboBox:focus {{ border: 2px solid {PRIMARY}; padding: 0 5px; }}
QComboBox:focus {{ padding-right: 1px; }}
QLineEdit[fault="true"], QPlainTextEdit[fault="true"], QComboBox[fault="true"] {{ border: 2px solid {STOP};
    background: {ERROR_FILL}; padding: 0 5px; }}
QLineEdit:disabled, QComboBox:disabled {{ background: #EEF1F4; color: {MUTED}; border-color: #B5BFC9; }}
QComboBox QAbstractItemView {{ background: white; color: {INK}; selection-background-color: {PRIMARY};
    selection-color: white;
    border: 1px solid {FIELD_BORDER}; outline: 0; }}
QPushButton {{ background: white; color: {INK}; border: 1px solid {FIELD_BORDER}; border-radius: 4px;
    padding: 3px 8px; min-height: 22px; }}
QPushButton:hover {{ background: #EDF3FA; }}
QPushButton:pressed {{ background: #DCE8F5; }}
QPushButton:focus {{ border: 2px solid {PRIMARY}; padding: 2px 7px; }}
QPushButton:disabled {{ color: #8A949E; background: #EEF1F4; border-color: #CDD4DB; }}
QPushButton[role="primary"] {{ background: {PRIMARY}; color: white; border-color: {PRIMARY}; font-weight: 700; }}
QPushButton[role="primary"]:hover {{ background: #094C90; }}
QPushButton[role="primary"]:focus {{ border: 2px solid {INK}; }}
QPushButton[role="primary"]:disabled {{ background: #C5CED8; color: #4A5560; border-color: #C5CED8;
    font-weight: 400; }}
QPushButton[role="link"], QToolButton[role="link"] {{ border: 0; background: transparent; color: {PRIMARY};
    padding: 1px 3px; min-height: 16px;
    text-align: left; }}
QPushButton[role="link"]:hover, QToolButton[role="link"]:hover {{ text-decoration: underline; }}
QPushButton[role="link"]:focus, QToolButton[role="link"]:focus {{ border: 2px solid {PRIMARY};
    border-radius: 3px; padding: 0 1px; }}
QPushButton[role="link"]:disabled {{ color: {MUTED}; }}
QCheckBox {{ spacing: 5px; }}
QCheckBox:focus, QRadioButton:focus {{ outline: 0; }}
QCheckBox::indicator {{ width: 14px; height: 14px; border: 1px solid {FIELD_BORDER}; border-radius: 3px;
    background: white; }}
QCheckBox::indicator:checked {{ image: url(%ICONS%/check.svg); background: {PRIMARY}; border-color: {PRIMARY}; }}
QCheckBox::indicator:focus {{ border: 2px solid {PRIMARY}; }}
QCheckBox::indicator:checked:focus {{ border: 2px solid {INK}; }}
QCheckBox::indicator:disabled {{ border-color: #CDD4DB; background: #EEF1F4; }}
QTabWidget::pane {{ border: 0; }}
QTabBar::tab {{ background: transparent; color: {MUTED}; padding: 5px 16px; border: 0;
    border-bottom: 3px solid transparent; }}
QTabBar::tab:selected {{ color: {INK}; font-weight: 700; border-bottom-color: {PRIMARY}; }}
QTabBar::tab:hover {{ color: {INK}; }}
QTabBar::tab:focus {{ background: #E2ECF7; }}
QTableWidget, QTableView, QListWidget, QTextBrowser {{ background: white; border: 1px solid {HAIRLINE};
    border-radius: 4px;
    gridline-color: #E6EAEE; selection-background-color: #DCE9F7; selection-color: {INK}; outline: 0; }}
QTableWidget:focus, QTableView:focus, QListWidget:focus, QTextBrowser:focus {{ border: 2px solid {PRIMARY}; }}
QHeaderView {{ background: white; }}
QHeaderView::section {{ background: white; color: {MUTED}; border: 0; border-bottom: 1px solid {HAIRLINE};
    padding: 2px 3px; font-size: {LABEL}px; }}
QTableView::item {{ padding: 1px 3px; }}
QListWidget::item {{ padding: 5px 6px; }}
QProgressBar {{ border: 1px solid {FIELD_BORDER}; border-radius: 3px; background: white; }}
QProgressBar::chunk {{ background: {PRIMARY}; }}
QStackedWidget#plots {{ border: 2px solid transparent; border-radius: 4px; }}
QStackedWidget#plots[focused="true"] {{ border-color: {PRIMARY}; }}
QScrollArea {{ border: 0; background: transparent; }}
QScrollArea > QWidget > QWidget {{ background: transparent; }}
QScrollBar:vertical {{ background: transparent; width: 8px; margin: 0; }}
QScrollBar::handle:vertical {{ background: #B8C2CC; border-radius: 4px; min-height: 24px; margin: 1px; }}
QScrollBar::handle:vertical:hover {{ background: {FIELD_BORDER}; }}
QScrollBar:horizontal {{ background: transparent; height: 10px; margin: 0; }}
QScrollBar::handle:horizontal {{ background: #B8C2CC; border-radius: 4px; min-width: 24px; margin: 1px; }}
QScrollBar::add-line, QScrollBar::sub-line {{ width: 0; height: 0; }}
QScrollBar::add-page, QScrollBar::sub-page {{ background: transparent; }}
QWidget#status {{ background: white; border-top: 1px solid {HAIRLINE}; }}
QFrame[role="stop"] {{ background: {STOP}; border-radius: 6px; }}
QFrame[role="stop"] QLabel {{ color: white; }}
QFrame[role="caution"] {{ background: {CAUTION_FILL}; border: 1px solid #8A5A00;
    border-left: 5px solid #8A5A00; border-radius: 4px; }}
QFrame[role="caution"] QLabel {{ color: {CAUTION}; }}
QFrame[role="note"] {{ background: {NOTE_FILL}; border-radius: 4px; }}
QFrame[role="recommendation"] {{ background: {CARD}; border: 2px solid {BANNER}; border-radius: 6px; }}
QFrame[role="faults"] {{ background: {ERROR_FILL}; border: 1px solid {STOP}; border-radius: 4px; }}
"""


def icons_folder() -> str:
    """Folder of the icons, as a style sheet wants it."""
    return str(importlib.resources.files("resources") / "icons").replace("\\", "/")


def apply_theme(app: QApplication) -> None:
    """Give the application its style, palette and bundled font; nothing depends on what the machine has installed."""
    folder = importlib.resources.files("resources") / "fonts"
    for name in _FONTS:
        QFontDatabase.addApplicationFont(str(folder / name))
    app.setStyle("Fusion")
    app.setPalette(_palette())
    font = QFont(FAMILY)
    font.setPixelSize(BODY)
    app.setFont(font)
    app.setStyleSheet(_STYLE.replace("%ICONS%", icons_folder()))


def _palette() -> QPalette:
    roles = QPalette.ColorRole
    palette = QPalette()
    for role, colour in (
        (roles.Window, WINDOW),
        (roles.WindowText, INK),
        (roles.Base, "#FFFFFF"),
        (roles.AlternateBase, "#F7F9FB"),
        (roles.Text, INK),
        (roles.Button, "#FFFFFF"),
        (roles.ButtonText, INK),
        (roles.Highlight, PRIMARY),
        (roles.HighlightedText, "#FFFFFF"),
        (roles.PlaceholderText, MUTED),
        (roles.ToolTipBase, BANNER),
        (roles.ToolTipText, "#FFFFFF"),
        (roles.Link, PRIMARY),
        (roles.LinkVisited, PRIMARY),
    ):
        palette.setColor(role, QColor(colour))
    for role in (roles.Text, roles.ButtonText, roles.WindowText):
        palette.setColor(QPalette.ColorGroup.Disabled, role, QColor(MUTED))
    return palette
