"""Writes of open data: prepare and release, take back, count uses, requests, challenges."""
