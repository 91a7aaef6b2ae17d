"""What the window asks of the core: the verbs of `core/session.py`, so that a test can stand in for them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from core.advise.doubted_level import DoubtedLevel
from core.advise.forgiveness import Forgiveness
from core.advise.judge import DoseForTarget
from core.advise.mic_table import MicTable
from core.advise.next_sample import NextSample
from core.advise.recommendation import Option, Recommendation, Regimen
from core.clinic.alert import Alert
from core.clinic.case import Case
from core.drugs.library import Library
from core.drugs.model import BoundModel, DrugTarget
from core.infer.prediction import Array, Prediction
from core.pbpk.sensitivity import Sensitivity
from core.session import Individualisation
from core.task import Task


class Verbs(Protocol):
    """The workflow; every verb is a pure function of its arguments."""

    def library(self) -> Library:
        """The drugs and models at hand."""

    def check_case(self, case: Case) -> tuple[Alert, ...]:
        """Questions about the plausibility of what was entered."""

    def bind_models(self, case: Case) -> tuple[BoundModel, ...]:
        """The models that hold the patient."""

    def target(self, case: Case) -> DrugTarget:
        """What the case is judged by."""

    def predict_prior(self, case: Case, *, tissues: Sequence[str] = (), task: Task | None = None) -> Prediction:
        """Curves before any level."""

    def individualise(self, case: Case, task: Task | None = None) -> Individualisation:
        """Fit the patient."""

    def predict_individual(
        self, case: Case, individualisation: Individualisation, *, tissues: Sequence[str] = (), task: Task | None = None
    ) -> Prediction:
        """Curves after the levels."""

    def recommend(
        self, case: Case, individualisation: Individualisation, *, task: Task | None = None
    ) -> Recommendation:
        """Ranked options."""

    def judge(
        self, case: Case, individualisation: Individualisation, regimens: Sequence[Regimen]
    ) -> tuple[Option, ...]:
        """Judge regimens of the clinician's own."""

    def objections(self, case: Case, regimen: Regimen) -> tuple[Alert, ...]:
        """What stands against a regimen of the clinician's own."""

    def predict_proposed(
        self,
        case: Case,
        individualisation: Individualisation,
        regimen: Regimen,
        times: Array | None = None,
        *,
        tissues: Sequence[str] = (),
        task: Task | None = None,
    ) -> Prediction:
        """Curves under a proposed regimen."""

    def time_grid(self, case: Case, *regimens: Regimen) -> Array:
        """Times for drawing, h."""

    def dose_for_target(self, case: Case, individualisation: Individualisation, way: Regimen) -> DoseForTarget:
        """The dose that puts the exposure on the target."""

    def next_sample(
        self, case: Case, individualisation: Individualisation, recommendation: Recommendation
    ) -> NextSample:
        """When the next level would teach most."""

    def level_scenarios(
        self, case: Case, individualisation: Individualisation, index: int, task: Task | None = None
    ) -> tuple[DoubtedLevel, ...]:
        """The best option were a level wrong."""

    def advice_with_flat_prior(
        self, case: Case, individualisation: Individualisation, task: Task | None = None
    ) -> tuple[DoubtedLevel, ...]:
        """The best option with a flatter prior beside it, where the levels ask for one."""

    def forgiveness_of(
        self,
        case: Case,
        individualisation: Individualisation,
        regimens: Sequence[Regimen],
        task: Task | None = None,
    ) -> tuple[Forgiveness, ...]:
        """What a late, missed or doubled dose does."""

    def chances_by_mic(
        self, case: Case, individualisation: Individualisation, regimens: Sequence[Regimen]
    ) -> tuple[MicTable, ...]:
        """How each regimen fares by the MIC."""

    def drivers(self, case: Case, individualisation: Individualisation) -> tuple[Sensitivity, ...]:
        """What drives the exposure; nothing where no whole body is modelled."""
