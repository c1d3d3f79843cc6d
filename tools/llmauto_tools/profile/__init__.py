"""Profiles of tables: what each column holds, and how columns and tables belong together."""
