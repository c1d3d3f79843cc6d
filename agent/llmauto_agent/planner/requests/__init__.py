"""Requests for the analyst's tools: which tool, with which arguments."""
