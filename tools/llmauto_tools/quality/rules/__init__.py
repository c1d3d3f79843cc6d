"""The rules of a person about a table (data.yml).

model.py    what a rule file may say
read.py     a file as rules, its errors with the line and the field
values.py   rules on single values: pandera, in batches
whole.py    rules on the whole table: DuckDB
check.py    all of them, and what came out
"""
