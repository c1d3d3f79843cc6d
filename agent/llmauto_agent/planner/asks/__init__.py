"""Requests for the analyst's tools: which tool a sentence asks for, and with which arguments."""

from llmauto_agent.planner.asks.read import read_ask

__all__ = ["read_ask"]
