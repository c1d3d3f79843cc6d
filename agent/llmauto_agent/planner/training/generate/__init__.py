"""Invented requests over invented and public tables, with the plans that answer them."""
