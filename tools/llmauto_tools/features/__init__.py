"""Feature selection: filters over all rows, models on a sample, one ranking, scored inside the folds.

target.py      which rows have a target, its task (classification or regression), its codes
candidates.py  which columns can be features; why the others are left out
matrix.py      columns as numbers: a sample in memory, or all rows in batches
bins.py        equal-frequency bins
filters.py     one pass of sums and counts; F, chi-square, mutual information and correlations from them
mrmr.py        minimum redundancy, maximum relevance
duplicates.py  groups of correlated columns
leaks.py       columns that know the answer
embedded.py, wrappers.py, stability.py   measures that fit models
ranking.py     the consensus of the measures
folds.py, curve.py   the score as a function of the number of features
select.py      the whole; report.py, reasons.py   its result in words
"""
