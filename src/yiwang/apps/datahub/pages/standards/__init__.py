"""Pages of data standards: the dictionary, code lists, columns held against them, suggested grades."""
