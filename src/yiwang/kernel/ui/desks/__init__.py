"""Desks and case pages for every app: made from the cases room's queries, shown by the templates in ui/desks/.

An app's page is a few lines: `desk.desk_page`, `case.case_page`, `acting.form_for`, `lists.Listing`; what is its own
(facts, words of its events, fields of its forms) it hands in.
"""
