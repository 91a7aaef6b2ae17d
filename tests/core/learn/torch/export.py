"""Makes the network and the answers beside this file with PyTorch 2.13: `python export.py`; the tests need neither.

A small network of the shape a predictor has, scaled inputs, two hidden layers, one output (the logarithm of a dose),
with weights from a seed; what PyTorch itself computes for a few rows is kept for comparison.
"""

import json
from pathlib import Path

import torch

FEATURES = 16
HERE = Path(__file__).parent


def main() -> None:
    """Export, and write down PyTorch's own answers."""
    torch.manual_seed(5)
    network = torch.nn.Sequential(
        torch.nn.LayerNorm(FEATURES),
        torch.nn.Linear(FEATURES, 16),
        torch.nn.SiLU(),
        torch.nn.Linear(16, 8),
        torch.nn.Tanh(),
        torch.nn.Linear(8, 1),
    ).eval()
    with torch.no_grad():
        network[-1].bias.fill_(6.0)  # about 400 mg
    rows = 50.0 * torch.rand(6, FEATURES) + 1.0
    torch.onnx.export(
        network,
        (rows,),
        str(HERE / "network.onnx"),
        input_names=["features"],
        output_names=["log_dose"],
        dynamic_axes={"features": {0: "patients"}, "log_dose": {0: "patients"}},
        opset_version=17,
        dynamo=False,
    )
    with torch.no_grad():
        answers = network(rows)[:, 0]
    document = {"torch": torch.__version__, "rows": rows.tolist(), "log_dose": answers.tolist()}
    (HERE / "answers.json").write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
