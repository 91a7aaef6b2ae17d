"""The library finds models by their files' names and reads each once, when asked."""

from pathlib import Path

import pytest

from core.drugs.library import drug_of, library_files, model_files, read_library, resources_folder
from core.errors import DrugFileError, InputError
from core.report.wording import LANGUAGES, Wording

AREAS = {
    "anticancer and transplant": {"tacrolimus", "ciclosporin", "busulfan", "imatinib", "gefitinib", "docetaxel"},
    "anti-infective": {"vancomycin", "gentamicin", "meropenem", "linezolid", "voriconazole", "daptomycin"},
    "cardiovascular": {"digoxin", "warfarin", "apixaban", "rivaroxaban", "dabigatran", "furosemide"},
    "neuro-psychiatric": {"phenytoin", "valproate", "carbamazepine", "lamotrigine", "clozapine", "escitalopram"},
}


def shipped(local: Path | None = None):
    root = resources_folder()
    return read_library(root / "drugs", root / "compounds", local=local)


def test_the_library_holds_what_a_ward_asks_for() -> None:
    library = shipped()
    assert len(library.drugs()) >= 24
    assert len(library.by_id) >= 40
    assert all(drugs <= set(library.drugs()) for drugs in AREAS.values())
    assert len(library.models("vancomycin")) >= 10


def test_every_model_says_where_it_comes_from_and_for_whom() -> None:
    for model in shipped().by_id.values():
        assert model.source.citation
        assert model.source.population
        assert any("\u4e00" <= letter <= "\u9fff" for letter in model.source.population_zh)
        for language in LANGUAGES:
            word = Wording(language).word("model_evidence", model.source.evidence)
            assert word != model.source.evidence
        assert all(target.source and target.meaning for target in model.targets)
        assert all(harm.source for harm in model.harms)
        assert model.limits.source
        assert len(model.file_hash) == 64


def test_finding_the_models_reads_no_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.drugs.library.load_model", lambda path, **_: pytest.fail(f"read {path}"))
    library = shipped()
    assert "vancomycin.goti2018" in library.by_id
    assert drug_of("vancomycin.goti2018") in library.drugs()


def test_a_model_is_read_once() -> None:
    library = shipped()
    assert library.model("vancomycin.goti2018") is library.model("vancomycin.goti2018")


def test_unknown_drugs_and_models_are_refused_by_name() -> None:
    with pytest.raises(InputError, match="drug_unknown"):
        shipped().models("water")
    with pytest.raises(InputError, match="model_unknown"):
        shipped().model("vancomycin.nobody1900")


def test_a_sites_own_model_uses_the_shipped_facts_and_is_marked(tmp_path: Path) -> None:
    text = (resources_folder() / "drugs" / "vancomycin.goti2018.yaml").read_text("utf-8")
    own = tmp_path / "vancomycin.ours2026.yaml"
    own.write_text(text.replace("id: vancomycin.goti2018", "id: vancomycin.ours2026"), "utf-8")
    library = shipped(tmp_path)
    model = library.model("vancomycin.ours2026")
    assert getattr(model, "local") is True  # noqa: B009 not in the protocol
    assert model.targets == library.model("vancomycin.goti2018").targets
    assert library.broken == ()


@pytest.mark.parametrize(
    ("identifier", "reason"),
    [("vancomycin.goti2018", "another file"), ("teicoplanin.ours2026", "does not begin"), ("no id at all: [", "YAML")],
)
def test_a_broken_file_of_a_site_is_reported_and_never_in_the_way(tmp_path: Path, identifier: str, reason: str) -> None:
    text = (resources_folder() / "drugs" / "vancomycin.goti2018.yaml").read_text("utf-8")
    (tmp_path / "vancomycin.ours2026.yaml").write_text(
        text.replace("id: vancomycin.goti2018", f"id: {identifier}"), "utf-8"
    )
    library = shipped(tmp_path)
    assert [reason in str(error) for error in library.broken] == [True]
    assert "vancomycin.goti2018" in library.by_id


def test_two_shipped_files_of_one_id_are_a_fault(tmp_path: Path) -> None:
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "x.y2000.yaml").write_text("schema: 1\n", "utf-8")
    with pytest.raises(DrugFileError, match="another file"):
        read_library(tmp_path / "a", tmp_path / "b")


def test_common_files_are_no_models() -> None:
    assert library_files()
    assert not [path for path in model_files(resources_folder() / "drugs") if path.stem.endswith(".common")]
