import io
import pickle
import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from core.errors import InputError
from core.learn import model_file
from core.learn.model_file import load_predictor, save_predictor, sha256
from core.learn.predictor import Graphs
from core.learn.train import Trained


@pytest.fixture
def saved(tmp_path: Path, trained: Trained) -> Path:
    path = tmp_path / "vancomycin.dwm"
    save_predictor(path, trained.graphs, trained.card)
    return path


def reason(path: Path) -> str:
    with pytest.raises(InputError) as refusal:
        load_predictor(path)
    return refusal.value.reason


def repack(path: Path, **parts: bytes) -> None:
    with zipfile.ZipFile(path) as pack:
        members = {name: pack.read(name) for name in pack.namelist()}
    members |= {name.replace("_", "."): value for name, value in parts.items()}
    with zipfile.ZipFile(path, "w") as pack:
        for name, value in members.items():
            pack.writestr(name, value)


def test_what_was_saved_gives_the_same_doses(saved: Path, trained: Trained) -> None:
    predictor = load_predictor(saved)
    assert np.array_equal(predictor.dose(trained.card.golden), trained.card.golden_dose)
    assert predictor.card.regions[1].limit == trained.card.regions[1].limit
    assert len(trained.card.golden) >= 20


def test_the_same_predictor_gives_the_same_file(saved: Path, trained: Trained, tmp_path: Path) -> None:
    again = tmp_path / "again.dwm"
    save_predictor(again, trained.graphs, trained.card)
    assert again.read_bytes() == saved.read_bytes()


def test_one_changed_byte_of_the_card_is_noticed(saved: Path) -> None:
    with zipfile.ZipFile(saved) as pack:
        card = pack.read("card.json")
    repack(saved, card_json=card.replace(b'"coverage": 0.9', b'"coverage": 0.8', 1))
    assert reason(saved) == "predictor_altered"


def test_another_network_under_the_same_card_is_noticed(saved: Path, trained: Trained) -> None:
    repack(saved, model_onnx=trained.graphs.dose + b"\x00\x00")
    assert reason(saved) == "predictor_altered"


def test_a_damaged_file_is_refused(saved: Path) -> None:
    whole = saved.read_bytes()
    for place in range(60, len(whole) - 400, len(whole) // 40):  # packed bytes all over the file
        raw = bytearray(whole)
        raw[place] ^= 0xFF
        saved.write_bytes(bytes(raw))
        assert reason(saved) in ("predictor_not_one", "predictor_altered"), place
    saved.write_bytes(whole[:100])
    assert reason(saved) == "predictor_not_one"


def test_golden_rows_that_do_not_come_out_are_noticed(tmp_path: Path, trained: Trained) -> None:
    path = tmp_path / "vancomycin.dwm"
    save_predictor(path, trained.graphs, replace(trained.card, golden_dose=trained.card.golden_dose * 1.001))
    assert reason(path) == "predictor_not_reproduced"


def test_a_pickle_is_refused_and_never_run(tmp_path: Path) -> None:
    marker = tmp_path / "ran"

    class Harmful:
        def __reduce__(self) -> tuple[object, tuple[str]]:
            return Path.touch, (marker,)  # type: ignore[return-value]

    path = tmp_path / "vancomycin.dwm"
    for protocol in range(2, 6):
        path.write_bytes(pickle.dumps(Harmful(), protocol=protocol))
        assert reason(path) == "predictor_pickled"
    assert not marker.exists()


def test_joblib_and_torch_files_are_refused_as_pickles(tmp_path: Path) -> None:
    import joblib

    path = tmp_path / "vancomycin.dwm"
    for compress in (0, 3, ("bz2", 3), ("xz", 3), ("gzip", 3)):
        joblib.dump({"model": np.arange(1000.0)}, path, compress=compress)
        assert reason(path) == "predictor_pickled", compress
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as pack:
        pack.writestr("archive/data.pkl", b"\x80\x02.")  # the form torch.save writes
    path.write_bytes(stream.getvalue())
    assert reason(path) == "predictor_pickled"


def test_a_zip_of_anything_else_is_refused(saved: Path) -> None:
    repack(saved, extra_txt=b"more")
    assert reason(saved) == "predictor_not_one"


def test_a_file_that_is_too_large_is_not_even_read(tmp_path: Path) -> None:
    path = tmp_path / "vancomycin.dwm"
    with path.open("wb") as stream:
        stream.truncate(model_file.MOST_BYTES + 1)
    assert reason(path) == "predictor_too_large"


def test_a_small_file_that_unpacks_to_too_much_is_refused(saved: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(model_file, "_MOST_UNPACKED", 1000)
    assert reason(saved) == "predictor_too_large"


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    assert reason(tmp_path / "none.dwm") == "file_not_read"


def test_a_card_whose_parts_do_not_fit_is_refused(tmp_path: Path, trained: Trained) -> None:
    path = tmp_path / "vancomycin.dwm"
    save_predictor(path, trained.graphs, replace(trained.card, background=trained.card.background[:, :3]))
    assert reason(path) == "predictor_card_broken"


def test_a_network_of_another_shape_is_refused(tmp_path: Path, trained: Trained) -> None:

    onnx = pytest.importorskip("onnx")
    tensor = onnx.helper.make_tensor_value_info
    graph = onnx.helper.make_graph(
        [onnx.helper.make_node("Relu", ["x"], ["y"])],
        "g",
        [tensor("x", onnx.TensorProto.FLOAT, [None, 3])],
        [tensor("y", onnx.TensorProto.FLOAT, [None, 3])],
    )
    opset = [onnx.helper.make_opsetid("", 17)]
    raw = onnx.helper.make_model(graph, opset_imports=opset, ir_version=8).SerializeToString()
    path = tmp_path / "vancomycin.dwm"
    save_predictor(path, Graphs(raw), replace(trained.card, onnx_hash=sha256(raw), choice_hash=""))
    assert reason(path) == "predictor_shape_differs"
