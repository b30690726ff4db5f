"""Reads of data standards: elements, code lists, who uses which, findings, suggested grades."""
