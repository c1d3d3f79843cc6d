"""The trained planner: a small transformer that reads a request and writes a query plan."""
