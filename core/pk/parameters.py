"""The parameters population models are written in, each with its base unit."""

from __future__ import annotations

PARAMETER_UNITS = {
    "clearance": "L/h",
    "volume": "L",
    "central_volume": "L",
    "intercompartmental_clearance": "L/h",
    "intercompartmental_clearance_2": "L/h",
    "peripheral_volume": "L",
    "peripheral_volume_2": "L",
    "rate_to_peripheral": "1/h",
    "rate_from_peripheral": "1/h",
    "rate_to_peripheral_2": "1/h",
    "rate_from_peripheral_2": "1/h",
    "maximal_elimination_rate": "mg/h",
    "michaelis_constant": "mg/L",
    "absorption_rate": "1/h",
    "absorption_rate_2": "1/h",
    "transit_rate": "1/h",
    "absorption_duration": "h",
    "lag_time": "h",
    "lag_time_2": "h",
    "bioavailability": "1",
    "first_depot_share": "1",
    "metabolite_clearance": "L/h",
    "metabolite_volume": "L",
    "metabolite_fraction": "1",
    "metabolite_intercompartmental_clearance": "L/h",
    "metabolite_peripheral_volume": "L",
    "liver_flow": "L/h",
    "renal_share": "1",
    "binding_ratio": "1",
    "binding_capacity": "mg/L",
    "dissociation_constant": "mg/L",
}
# Clearances that add up to `clearance` (`sum_of` in a drug file); none of them is read by a structure itself.
PART_UNITS = {
    "renal_clearance": "L/h",
    "nonrenal_clearance": "L/h",
    "dialysis_clearance": "L/h",
    "further_clearance": "L/h",
}
MAY_BE_ZERO = ("lag_time", "lag_time_2")
