"""Segments of rows: found by clustering, judged against chance, and described in words."""
