"""The one engine that runs SQL, from a model or a person.

CONTRACT (to be implemented):

class Engine:
    def __init__(self, spill: Path, limits: Limits, relations: Callable[[], list[Relation]]) -> None
        # no duckdb import and no connection until the first query
    def query(self, sql: str, *, max_rows: int | None = None, timeout: float | None = None,
              progress: Progress | None = None) -> QueryResult
        # guard → lazily load the relations that are named → locked connection → bounded rows
    def scalar(self, sql: str) -> Any
    def arrow(self, sql: str, *, timeout=None) -> "pyarrow.Table"      # all rows, same guard
    def batches(self, sql: str, rows_per_batch=100_000) -> Iterator["pyarrow.RecordBatch"]
    def copy_to_parquet(self, sql: str, path: Path) -> int   # rows written, streamed, for save_table
    def check(self, sql: str) -> Checked     # guard only: tables and columns named, normalised SQL
    def invalidate(self) -> None             # relations changed: rebuild the connection at the next query
    def interrupt(self) -> None              # from another thread; the running queries raise Interrupted
    def close(self) -> None
"""
