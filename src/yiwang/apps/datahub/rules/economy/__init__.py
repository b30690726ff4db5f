"""Pure rules of the macro-economic base (宏观经济库): periods, reckonings, prices, doubts, sheets."""
