"""Pure functions of the data centre: contracts of data, identifiers, linkage, quality, privacy."""
