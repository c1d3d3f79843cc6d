"""Tests of hypotheses and associations, computed from aggregates that DuckDB makes.

question.py      what is asked: roles of the columns, the shape, what cannot be tested
data.py          the rows of a question as SQL
choose.py        which test fits, and why
means.py, ranks.py, counts.py, shape.py, correlation.py   the tests
effects.py       effect sizes with intervals;  multiple.py, posthoc.py   many tests;  power.py
hypothesis.py    runs a question and words it (words.py, pictures.py)
design.py, ols.py, logit.py, fitted.py, relate.py   regressions for `relate`
"""
