"""A network made in PyTorch comes in by the same door as our own: its answers are PyTorch's, its slips are refused."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from core.errors import InputError
from core.learn.model_file import load_predictor, save_predictor, sha256
from core.learn.predictor import Graphs
from core.learn.train import Trained

FOLDER = Path(__file__).parent / "torch"  # made by export.py there
NETWORK = (FOLDER / "network.onnx").read_bytes()
ANSWERS = json.loads((FOLDER / "answers.json").read_text("utf-8"))


def packed(path: Path, trained: Trained, network: bytes = NETWORK, log_dose: list[float] = ANSWERS["log_dose"]) -> Path:
    """The network under the card of the small predictor, whose golden rows are the ones PyTorch was asked."""
    card = replace(
        trained.card,
        onnx_hash=sha256(network),
        golden=np.array(ANSWERS["rows"]),
        golden_dose=np.exp(np.array(log_dose)),
        choice_hash="",
        golden_choice=(),
    )
    save_predictor(path, Graphs(network, b""), card)
    return path


def test_it_loads_and_answers_as_pytorch_did(tmp_path: Path, trained: Trained) -> None:
    predictor = load_predictor(packed(tmp_path / "torch.dwm", trained))
    found = predictor.dose(np.array(ANSWERS["rows"]))
    assert np.log(found) == pytest.approx(ANSWERS["log_dose"], abs=1e-5)
    assert ANSWERS["torch"].startswith("2.")


def test_answers_that_are_not_its_own_are_refused(tmp_path: Path, trained: Trained) -> None:
    other = [value + 0.01 for value in ANSWERS["log_dose"]]
    with pytest.raises(InputError) as refusal:
        load_predictor(packed(tmp_path / "torch.dwm", trained, log_dose=other))
    assert refusal.value.reason == "predictor_not_reproduced"


def test_a_network_of_another_shape_is_refused(tmp_path: Path, trained: Trained) -> None:
    card = replace(trained.card, features=trained.card.features[:-1], themes=trained.card.themes[:-1])
    with pytest.raises(InputError):
        load_predictor(packed(tmp_path / "torch.dwm", replace(trained, card=card)))


@pytest.mark.parametrize("start", [b"\x80\x04\x95", b"PK\x03\x04"])
def test_a_torch_file_itself_is_refused(tmp_path: Path, start: bytes) -> None:
    """`torch.save` writes pickles, old ones bare and new ones in a ZIP."""
    path = tmp_path / "model.dwm"
    path.write_bytes(start + bytes(200))
    with pytest.raises(InputError) as refusal:
        load_predictor(path)
    assert refusal.value.reason in ("predictor_pickled", "predictor_not_one")
