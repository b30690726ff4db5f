"""Writes of reporting by form."""

from yiwang.apps.datahub.services.forms.asking import close, create, open_rounds
from yiwang.apps.datahub.services.forms.filling import MOST_ROWS, add_pasted, delete_row, hand_in, rows_of, save_row
from yiwang.apps.datahub.services.forms.judging import accept, send_back
from yiwang.apps.datahub.services.forms.urging import urge, urge_now
from yiwang.apps.datahub.services.forms.workbooks import add_file, workbook

__all__ = ["MOST_ROWS", "accept", "add_file", "add_pasted", "close", "create", "delete_row", "hand_in", "open_rounds", "rows_of", "save_row", "send_back", "urge", "urge_now", "workbook"]
