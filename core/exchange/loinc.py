"""Which laboratory code means which covariate or level (LOINC, loinc.org), and which covariates have a code to write.

Codes of total drug in serum, plasma or blood only: a free level is another quantity. Drug names are the library's.
"""

from __future__ import annotations

from collections.abc import Mapping

LOINC = "http://loinc.org"

COVARIATES: Mapping[str, str] = {
    "29463-7": "weight",
    "3141-9": "weight",
    "8302-2": "height",
    "2160-0": "serum_creatinine",
    "14682-9": "serum_creatinine",
    "2164-2": "creatinine_clearance",
    "98979-8": "egfr",
    "62238-1": "egfr",
    "33914-3": "egfr",
    "1751-7": "albumin",
    "1975-2": "bilirubin",
    "14631-6": "bilirubin",
    "6301-6": "inr",
    "34714-6": "inr",
    "751-8": "neutrophils",
    "6690-2": "leukocytes",
    "777-3": "platelets",
    "4544-3": "haematocrit",
    "20570-8": "haematocrit",
    "2524-7": "lactate",
}
SMOKING_STATUS = "72166-2"
# SNOMED CT answers to the smoking status.
SMOKER: Mapping[str, str] = {
    "449868002": "yes",
    "428041000124106": "yes",
    "77176002": "yes",
    "428071000124103": "yes",
    "428061000124105": "yes",
    "8517006": "no",
    "266919005": "no",
}

LEVELS: Mapping[str, str] = {
    "20578-1": "vancomycin",
    "4092-3": "vancomycin",
    "4090-7": "vancomycin",
    "35668-3": "gentamicin",
    "35670-9": "tobramycin",
    "35669-1": "amikacin",
    "10535-3": "digoxin",
    "3968-5": "phenytoin",
    "4086-5": "valproate",
    "3432-2": "carbamazepine",
    "3948-7": "phenobarbital",
    "14334-7": "lithium",
    "4049-3": "theophylline",
    "11253-2": "tacrolimus",
    "3520-4": "ciclosporin",
    "29247-4": "sirolimus",
    "14836-1": "methotrexate",
}

# The code to write; MASS_CODES instead where the value is a mass concentration.
COVARIATE_CODES: Mapping[str, str] = {
    "weight": "29463-7",
    "height": "8302-2",
    "serum_creatinine": "14682-9",
    "creatinine_clearance": "2164-2",
    "egfr": "98979-8",
    "albumin": "1751-7",
    "bilirubin": "14631-6",
    "inr": "6301-6",
    "neutrophils": "751-8",
    "leukocytes": "6690-2",
    "platelets": "777-3",
    "haematocrit": "4544-3",
    "lactate": "2524-7",
}
MASS_CODES: Mapping[str, str] = {"serum_creatinine": "2160-0", "bilirubin": "1975-2"}
LEVEL_CODES: Mapping[str, str] = {drug: code for code, drug in reversed(list(LEVELS.items()))}
