import json
import subprocess
import sys
from pathlib import Path

import pytest

from desktop.case.draft import Draft
from desktop.case.draft_file import DraftKeeper
from desktop.learn.predictors import PredictorsPage
from desktop.learn.tab import predictor_files
from desktop.library.tab import LibraryTab
from tests.desktop.conftest import VANCOMYCIN

REPOSITORY = Path(__file__).parents[2]


def run(*arguments, home):
    command = [sys.executable, "-m", "desktop", *map(str, arguments)]
    environment = {"QT_QPA_PLATFORM": "offscreen", "HOME": str(home), "PATH": "/usr/bin:/bin", "OMP_NUM_THREADS": "1"}
    return subprocess.run(
        command, check=False, cwd=REPOSITORY, env=environment, capture_output=True, text=True, timeout=280
    )


@pytest.mark.parametrize("content", ["{", json.dumps({"schema": "dosewright.case/1"}), None])
def test_a_case_that_cannot_be_opened_ends_with_status_2_and_says_why(tmp_path, content):
    path = tmp_path / "bad.case.json"
    if content is not None:
        path.write_text(content, "utf-8")
    done = run(path, home=tmp_path)
    assert done.returncode == 2
    assert "bad.case.json" in done.stderr


@pytest.mark.slow
def test_the_tour_leaves_pictures_and_reports_in_both_languages(tmp_path):
    done = run(VANCOMYCIN, "--offscreen-tour", tmp_path / "out", home=tmp_path)
    assert done.returncode == 0, done.stderr
    written = [Path(line) for line in done.stdout.split()]
    assert all(path.stat().st_size > 1000 for path in written)
    kinds = sorted(path.suffix for path in written)
    assert kinds.count(".pdf") == 2
    assert kinds.count(".csv") == 4
    assert kinds.count(".png") >= 6


def test_a_draft_left_behind_steps_aside_for_a_case_given_by_name(tmp_path):
    keeper = DraftKeeper(tmp_path / "draft.json")
    assert keeper.put_aside() is None
    for name in ("first", "second"):
        keeper.keep(Draft(record=name))
        keeper.put_aside()
    kept = [DraftKeeper(tmp_path / f"draft-{number}.json").restore().record for number in (1, 2)]
    assert kept == ["first", "second"]


def test_every_model_of_the_library_has_a_page_in_both_languages(qtbot, themed, verbs):
    from desktop.language import LANGUAGE

    library = verbs.library()
    tab = LibraryTab(library)
    tab.show()
    assert tab.list.count() == len(library.by_id)
    for code in ("en", "zh_CN"):
        LANGUAGE.use(code)
        tab.retranslate()
        for row in range(tab.list.count()):
            tab.list.setCurrentRow(row)
            text = tab.page.toPlainText()
            assert library.model(sorted(library.by_id)[row]).source.citation[:30] in text
    tab.close()


@pytest.mark.skipif(not predictor_files(), reason="no predictor is shipped")
def test_every_predictor_shows_its_card(qtbot, themed):
    tab = PredictorsPage(predictor_files())
    tab.show()
    for row in range(tab.list.count()):
        tab.list.setCurrentRow(row)
        text = tab.page.toPlainText()
        assert "SHA-256" in text
        assert "VIRTUAL" in text.upper()
    tab.close()
