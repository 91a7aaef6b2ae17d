from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import InputError
from core.learn.onnx_gate import check_onnx
from core.learn.train import Trained

onnx = pytest.importorskip("onnx")
helper = onnx.helper


def model(nodes: list[object], initializers: list[object] | None = None, **more: object) -> "onnx.ModelProto":
    tensor = helper.make_tensor_value_info
    graph = helper.make_graph(
        nodes,
        "g",
        [tensor("x", onnx.TensorProto.FLOAT, [None, 2])],
        [tensor("y", onnx.TensorProto.FLOAT, [None, 2])],
        initializer=initializers or [],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], **more)


def refused(proto: "onnx.ModelProto") -> str:
    with pytest.raises(InputError) as refusal:
        check_onnx(proto.SerializeToString(), "model")
    return str(refusal.value.values.get("why", refusal.value.reason))


PLAIN = helper.make_node("Relu", ["x"], ["y"])


def test_a_plain_model_passes() -> None:
    check_onnx(model([PLAIN]).SerializeToString(), "model")


def test_a_converted_learner_passes(trained: Trained) -> None:
    check_onnx(trained.graphs.dose, "model")


def test_operators_of_another_domain_are_refused() -> None:
    assert refused(model([helper.make_node("Relu", ["x"], ["y"], domain="com.example")])) == "operators of com.example"


def test_an_operator_set_that_is_not_listed_is_refused() -> None:
    proto = model([PLAIN])
    proto.opset_import.append(helper.make_opsetid("com.microsoft", 1))
    assert refused(proto) == "operator set com.microsoft 1"
    old = model([PLAIN])
    old.opset_import[0].version = 99
    assert refused(old) == "operator set ai.onnx 99"


def test_weights_outside_the_file_are_refused(tmp_path: Path) -> None:
    weight = onnx.numpy_helper.from_array(np.ones((2, 2), dtype=np.float32), "w")
    proto = model([helper.make_node("MatMul", ["x", "w"], ["y"])], [weight])
    onnx.save_model(
        proto, str(tmp_path / "m.onnx"), save_as_external_data=True, location="weights.bin", size_threshold=0
    )
    raw = (tmp_path / "m.onnx").read_bytes()
    with pytest.raises(InputError) as refusal:
        check_onnx(raw, "model")
    assert refusal.value.values["why"] == "weights outside the file"


def test_weights_outside_the_file_are_found_in_a_branch_too() -> None:
    hidden = onnx.TensorProto(name="c", data_type=1, dims=[1], data_location=onnx.TensorProto.EXTERNAL)
    inner = helper.make_graph([helper.make_node("Constant", [], ["z"], value=hidden)], "then", [], [])
    branch = helper.make_node("If", ["x"], ["y"], then_branch=inner, else_branch=inner)
    assert refused(model([branch])) == "weights outside the file"


def test_functions_and_loops_are_refused() -> None:
    function = helper.make_function("", "Own", ["x"], ["y"], [PLAIN], [helper.make_opsetid("", 17)])
    assert refused(model([PLAIN], functions=[function])) == "functions of its own"
    body = helper.make_graph([PLAIN], "body", [], [])
    assert refused(model([helper.make_node("Loop", ["", "", "x"], ["y"], body=body)])) == "operator Loop"


@given(st.binary(max_size=200))
def test_no_bytes_end_in_anything_but_a_refusal(raw: bytes) -> None:
    with pytest.raises(InputError):
        check_onnx(raw, "model")


def test_a_model_cut_off_is_refused(trained: Trained) -> None:
    with pytest.raises(InputError):
        check_onnx(trained.graphs.dose[:-7], "model")
