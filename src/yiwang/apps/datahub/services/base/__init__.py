"""The base databases' services: rows come in, become golden records, are read with a purpose, and taken apart again."""
