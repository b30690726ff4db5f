"""Pure rules of judging: periods, formulas, scores, definitions. No database, no clock."""
