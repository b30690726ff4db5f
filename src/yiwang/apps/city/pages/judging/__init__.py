"""Doors of how work is judged: appeals, double-blind checks and the like."""

from yiwang.apps.city.pages.judging.acceptance import acceptance_page, acceptance_pdf, sample_page
from yiwang.apps.city.pages.judging.appeals import appeal_row, appeals_page
from yiwang.apps.city.pages.judging.checks import check_page, checks_page, draw_page, draws_page
from yiwang.apps.city.pages.judging.contracting import contract_page, contract_sheet, contracts_page
from yiwang.apps.city.pages.judging.figures import figures_page
from yiwang.apps.city.pages.judging.missed import missed_one, missed_page, own_list, own_missed
from yiwang.apps.city.pages.judging.outside import media_page, outside_page
from yiwang.apps.city.pages.judging.precedents import precedent_page, precedent_row, precedents_page, rule_page
from yiwang.apps.city.pages.judging.second import second_list, second_page

__all__ = [
    "acceptance_page", "acceptance_pdf", "appeal_row",
    "appeals_page",
    "check_page",
    "checks_page",
    "contract_page", "contract_sheet", "contracts_page", "draw_page",
    "draws_page",
    "figures_page",
    "media_page",
    "missed_one",
    "missed_page",
    "outside_page",
    "own_list",
    "own_missed",
    "precedent_page",
    "precedent_row",
    "precedents_page",
    "rule_page",
    "sample_page", "second_list",
    "second_page",
]
