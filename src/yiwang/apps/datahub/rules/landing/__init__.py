"""Landing (归集落地): which header is which column, and the SQL that turns texts into the contract's types."""
