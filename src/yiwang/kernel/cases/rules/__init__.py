"""Pure rules of cases: clocks and what actions do to them."""
