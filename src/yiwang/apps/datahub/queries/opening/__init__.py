"""Reads of open data: sets for everybody, preparation for offices, requests, challenges, figures."""
