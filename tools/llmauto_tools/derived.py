"""Derived tables: saved results with their lineage, immutable files, and undo.

Each save writes a new parquet file under `tables/` (to a temporary name, then renamed) and one row in
`state.sqlite`; undo hides the newest row. Nothing is overwritten, so a kill loses at most the save that
was running.
"""

from __future__ import annotations
