"""What a recommendation rests on, short enough to read and long enough to replay it."""

from __future__ import annotations

from core.advise.recommendation import Recommendation
from core.report.offer import evidence_word, target_said
from core.report.phrase import Phrase, Said
from core.units import format_number

SHORT_HASH = 12


def basis_lines(recommendation: Recommendation) -> tuple[Said, ...]:
    """Target and its source, harms' sources, models with hash and weight, inputs' hash, program version, sampling."""
    basis = recommendation.basis
    target: dict[str, Said] = {
        "target": target_said(recommendation.target),
        "grade": evidence_word(recommendation.target_evidence),
        "source": recommendation.target_source,
    }
    lines: list[Said] = [Phrase("report_target_source", target)]
    for option in recommendation.options[:1]:
        for risk in option.risks:
            gaps: dict[str, Said] = {"toxicity": Phrase(risk.name), "grade": evidence_word(risk.evidence)}
            lines.append(Phrase("report_harm_source", {**gaps, "source": risk.source}))
    for model in basis.models:
        gaps = {
            "model": model.model_id,
            "hash": model.file_hash[:SHORT_HASH],
            "weight": format_number(100 * model.weight, 3),
            "citation": model.citation,
        }
        lines.append(Phrase("report_model_row_local" if model.local else "report_model_row", gaps))
    opinion = recommendation.second_opinion
    if opinion is not None and opinion.model_id:
        gaps = {"model": opinion.model_id, "hash": opinion.file_hash[:SHORT_HASH]}
        lines.append(Phrase("report_predictor_row", gaps))
    gaps = {
        "version": basis.program_version,
        "hash": basis.inputs_hash[:SHORT_HASH],
        "samples": str(basis.samples),
        "seed": str(basis.seed),
    }
    lines.append(Phrase("report_basis_row", gaps))
    return tuple(lines)
