"""Checks of a table's quality: what is wrong, how bad, where, and the step that would mend it.

base.py       Finding and Subject: what every check takes and gives
profile.py    the statistics of every column, one pass over the table
NAME.py       one check each: find(subject) -> list of findings
rules/        a person's own rules (data.yml)
check.py      runs the checks and orders what they found
report.py     findings as a tool's result, personal data masked
"""
