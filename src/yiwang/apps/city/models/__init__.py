"""City management's own tables, a file for each subject."""

from yiwang.apps.city.models.acceptance import AcceptanceSample
from yiwang.apps.city.models.appeals import CityAppeal
from yiwang.apps.city.models.case import CityCase, PlantedDuplicate
from yiwang.apps.city.models.census import CensusAnswer, CensusItem, CensusOrder, CensusPart
from yiwang.apps.city.models.checks import CheckDraw, JudgingSetting, LotterySeed, SecondCheck
from yiwang.apps.city.models.contracting import Contract, Settlement
from yiwang.apps.city.models.dictionary import CityClass, CityClassAlias, CityDuty
from yiwang.apps.city.models.field import FieldMark, GridCover, NoFixSpan, Position
from yiwang.apps.city.models.imports import ImportedRequest, ImportLine, ImportRun
from yiwang.apps.city.models.missed import MissedReport
from yiwang.apps.city.models.outside import MediaReport, OutsideFigure
from yiwang.apps.city.models.ownership import OwnershipItem, OwnershipList
from yiwang.apps.city.models.precedents import Precedent, RuleProposal

__all__ = [
    "AcceptanceSample",
    "CensusAnswer",
    "CensusItem",
    "CensusOrder",
    "CensusPart",
    "CheckDraw",
    "CityAppeal",
    "CityCase",
    "CityClass",
    "CityClassAlias",
    "CityDuty",
    "Contract",
    "FieldMark",
    "GridCover",
    "ImportLine",
    "ImportRun",
    "ImportedRequest",
    "JudgingSetting",
    "LotterySeed",
    "MediaReport",
    "MissedReport",
    "NoFixSpan",
    "OutsideFigure",
    "OwnershipItem",
    "OwnershipList",
    "PlantedDuplicate",
    "Position",
    "Precedent",
    "RuleProposal",
    "SecondCheck",
    "Settlement",
]
