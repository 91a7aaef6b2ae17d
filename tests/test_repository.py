"""Rules for the files themselves that no linter knows."""

import ast
import os
import re
from pathlib import Path

import pytest
from fontTools.ttLib import TTFont

REPOSITORY = Path(__file__).parents[1]
FONTS = REPOSITORY / "resources" / "fonts"
TEXT = {".py", ".yaml", ".json", ".md", ".toml", ".csv", ".txt", ".lock", ".spec", ".ts", ".svg", ".sh", ".c", ".h", ""}
LARGEST_TEXT = 2_000_000  # bytes
MADE = {"build", "dist", "out", "__pycache__", "dosewright.egg-info"}

# Put together here from pieces, or this file would break its own rule.
MACHINE_PATHS = re.compile(
    "|".join(rf"(?<![\w.~-])/{folder}/\w" for folder in ("work", "root", "home", "opt", "Users"))
)
HOSTS = re.compile(
    "|".join([r"pypi\." + "org", "python" + "hosted", r"npmjs\." + r"(?:org|com)", r"deb\." + "debian", "file:" + "//"])
)
FIELD_WIDGETS = {"QLineEdit", "QPlainTextEdit", "QComboBox", "QSpinBox"}


def source_files() -> list[Path]:
    found = []
    for folder, folders, files in os.walk(REPOSITORY):
        folders[:] = [name for name in folders if name == ".ci" or not (name.startswith(".") or name in MADE)]
        found += [Path(folder) / name for name in files]
    return sorted(found)


def lines_matching(pattern: re.Pattern[str], paths: list[Path]) -> list[str]:
    return [
        f"{path.relative_to(REPOSITORY)}:{number}: {line.strip()[:120]}"
        for path in paths
        for number, line in enumerate(path.read_text("utf-8").splitlines(), 1)
        if pattern.search(line)
    ]


@pytest.fixture(scope="module")
def texts() -> list[Path]:
    return [path for path in source_files() if path.suffix in TEXT and path.stat().st_size < LARGEST_TEXT]


def test_no_file_names_a_folder_of_somebodys_machine(texts):
    assert lines_matching(MACHINE_PATHS, texts) == []


def test_no_file_names_a_package_host(texts):
    assert lines_matching(HOSTS, texts) == []


def test_no_folder_of_tests_is_a_package():
    # tests/core/__init__.py would hide the real core
    assert list((REPOSITORY / "tests").rglob("__init__.py")) == []


def desktop_sources() -> list[Path]:
    return sorted((REPOSITORY / "desktop").rglob("*.py"))


def names_in(tree: ast.AST) -> set[str]:
    return {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)} | {
        node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)
    }


def float_calls(tree: ast.AST) -> set[int]:
    """Lines of float(x), except where x is a parameter declared to be a number already."""
    numbers = {
        node.arg
        for node in ast.walk(tree)
        if isinstance(node, ast.arg)
        and isinstance(node.annotation, ast.Name)
        and node.annotation.id in {"float", "int"}
    }
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)]
    return {
        call.lineno
        for call in calls
        if call.func.id == "float" and not (isinstance(call.args[0], ast.Name) and call.args[0].id in numbers)
    }


@pytest.mark.parametrize("path", desktop_sources(), ids=lambda path: str(path.relative_to(REPOSITORY)))
def test_the_window_reads_no_number_but_through_the_strict_parser(path):
    """QDoubleSpinBox makes 15 of a typed "1,5"; float() takes "1_000", "nan" and full-width digits."""
    tree = ast.parse(path.read_text("utf-8"))
    names = names_in(tree)
    assert names & {"QDoubleSpinBox", "QDoubleValidator", "toDouble", "toFloat"} == set()
    if names & FIELD_WIDGETS or path.is_relative_to(REPOSITORY / "desktop" / "case"):
        assert float_calls(tree) == set()


@pytest.mark.parametrize(
    ("source", "lines"),
    [
        ("def read(text: str):\n    return float(text)", {2}),
        ("weight = float(field.text())", {1}),
        ("def write(value: float):\n    return float(value)", set()),
    ],
)
def test_the_search_for_float_tells_reading_text_from_rounding_a_number(source, lines):
    assert float_calls(ast.parse(source)) == lines


def pins(lock: str) -> dict[str, str]:
    text = (REPOSITORY / "requirements" / lock).read_text("utf-8")
    return dict(re.findall(r"^([a-z0-9._-]+)==(\S+)", text, re.MULTILINE))


@pytest.mark.parametrize("wider", ["dev.lock", "build.lock"])
def test_the_locks_agree_on_what_the_program_runs_with(wider):
    assert pins("run.lock").items() <= pins(wider).items()


@pytest.mark.parametrize("lock", ["run.lock", "dev.lock", "build.lock"])
def test_every_locked_package_has_a_hash(lock):
    text = (REPOSITORY / "requirements" / lock).read_text("utf-8")
    entries = re.split(r"^(?=[a-z0-9])", text, flags=re.MULTILINE)[1:]
    assert len(entries) == len(pins(lock))
    assert [entry.split()[0] for entry in entries if "--hash=sha256:" not in entry] == []


def test_the_fonts_come_with_their_licence():
    assert "SIL Open Font License" in (FONTS / "OFL.txt").read_text("utf-8")


def test_the_regular_font_writes_names_that_common_sets_lack():
    # characters of living people's names outside GB 2312
    assert {ord(char) for char in "喆堃镕玥珺祎犇"} <= TTFont(FONTS / "NotoSansSC-Regular.ttf").getBestCmap().keys()


def test_the_bold_font_holds_the_whole_of_gb_2312_level_one():
    level_one = [bytes((row, cell)) for row in range(0xB0, 0xD7) for cell in range(0xA1, 0xFF)][:3755]
    assert {ord(pair.decode("gb2312")) for pair in level_one} <= TTFont(
        FONTS / "NotoSansSC-Bold.ttf"
    ).getBestCmap().keys()
