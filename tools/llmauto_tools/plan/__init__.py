"""The typed query plan: what a question asks of the data, before it is SQL."""
