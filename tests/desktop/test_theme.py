"""Contrasts by the formula of WCAG 2.2 (https://www.w3.org/TR/WCAG22/#dfn-contrast-ratio): text 4.5:1, graphics 3:1."""

import pytest

from desktop import theme


def luminance(colour):
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one, other):
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize(
    ("text", "ground"),
    [
        (theme.INK, theme.CARD),
        (theme.INK, theme.WINDOW),
        (theme.MUTED, theme.CARD),
        (theme.MUTED, theme.WINDOW),
        (theme.PRIOR, theme.CARD),
        (theme.INDIVIDUAL, theme.CARD),
        (theme.PROPOSED, theme.CARD),
        (theme.TARGET_TEXT, theme.TARGET_FILL),
        (theme.PRIMARY, theme.CARD),
        (theme.PRIMARY, theme.CAUTION_FILL),
        (theme.CAUTION, theme.CAUTION_FILL),
        (theme.STOP, theme.CARD),
        ("#FFFFFF", theme.STOP),
        ("#FFFFFF", theme.BANNER),
        ("#C3D0DD", theme.BANNER),
        ("#FFFFFF", theme.PRIMARY),
    ],
)
def test_text_can_be_read(text, ground):
    assert contrast(text, ground) >= 4.5


@pytest.mark.parametrize("line", [theme.TARGET, theme.FIELD_BORDER, theme.PRIOR, theme.INDIVIDUAL, theme.PROPOSED])
def test_lines_can_be_seen(line):
    assert contrast(line, theme.CARD) >= 3.0


def test_the_bundled_font_is_the_one_in_use(themed):
    from PySide6.QtGui import QFontInfo

    assert QFontInfo(themed.font()).family() == theme.FAMILY
    assert QFontInfo(themed.font()).pixelSize() == theme.BODY
