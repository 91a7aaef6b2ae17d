"""What can go wrong, each with the facts a person needs to mend it."""

from __future__ import annotations

from pathlib import Path


class CoreError(Exception):
    """Base of every refusal the program makes on purpose."""


class InputError(CoreError):
    """A value a person or a file gave cannot be used.

    `field` is a JSON path or a form field, `reason` a message id of the wording catalogue, `values` what fills its
    gaps.
    """

    def __init__(self, field: str, reason: str, **values: object) -> None:
        self.field = field
        self.reason = reason
        self.values = values
        detail = ", ".join(f"{name}={value}" for name, value in values.items())
        super().__init__(f"{field}: {reason}" + (f" ({detail})" if detail else ""))


class OutOfDomain(InputError):  # noqa: N818 a state of the patient, not a fault
    """A number lies outside the range in which a formula or model holds."""

    def __init__(self, field: str, value: str, low: str, high: str) -> None:
        super().__init__(field, "out_of_domain", value=value, low=low, high=high)


class DomainNotKnown(OutOfDomain):
    """Whether a model holds the patient hangs on a covariate nobody has entered."""

    def __init__(self, field: str, model: str) -> None:
        InputError.__init__(self, field, "covariate_not_known_to_be_studied", model=model)


class DrugFileError(CoreError):
    """A drug or compound file is not what the schema asks for."""

    def __init__(self, path: Path | str, line: int, reason: str) -> None:
        self.path = str(path)
        self.line = line
        self.reason = reason
        super().__init__(f"{path}:{line}: {reason}")


class ModelError(CoreError):
    """A model cannot be built or solved as asked."""


class NoSteadyState(InputError, ModelError):  # noqa: N818 the state the screen names
    """Nobody can be in a steady state under these doses, as more is given than can be removed."""

    def __init__(self) -> None:
        super().__init__("doses", "no_steady_state")


class FitFailed(CoreError):  # noqa: N818 the state the screen names
    """No estimate could be proved to be an optimum; nothing may be recommended from it."""


class Cancelled(CoreError):  # noqa: N818 the wish of a person
    """The person stopped the work."""
