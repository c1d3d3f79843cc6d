"""Recipes: typed steps that clean and encode a table, fitted on training rows, run as SQL or scikit-learn."""

from __future__ import annotations

from llmauto_tools.preprocess.fitted import FittedRecipe, fit
from llmauto_tools.preprocess.propose import propose
from llmauto_tools.preprocess.recipe import Recipe, Step
from llmauto_tools.preprocess.store import load, save

__all__ = ["FittedRecipe", "Recipe", "Step", "fit", "load", "propose", "save"]
