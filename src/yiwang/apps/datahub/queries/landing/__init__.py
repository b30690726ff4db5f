"""Reads of landed data: which files and rows are present, deliveries and their refused rows by who may see them."""

from yiwang.apps.datahub.queries.landing.present import base_of, contract_of, latest, paths, relation, wanted_folders
from yiwang.apps.datahub.queries.landing.runs import (
    HAND_IN,
    datasets,
    hand_back,
    hand_backs,
    run_for,
    runs_of,
)

__all__ = [
    "HAND_IN", "base_of", "contract_of", "datasets", "hand_back", "hand_backs", "latest", "paths", "relation", "run_for", "runs_of", "wanted_folders",
]  # fmt: skip
