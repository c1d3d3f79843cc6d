"""Models of tables: training, evaluation, prediction.

    from llmauto_tools.models import load

    model = load("workspace/models/churn/1")
    model.predict(frame)         # labels, or numbers for a regression
    model.predict_proba(frame)   # one column per class, in the order of model.classes

`load` unpickles: see its docstring for what that means. Importing this package is light; pandas,
scikit-learn and LightGBM come with the first model.
"""

from __future__ import annotations

from llmauto_tools.models.artifact import Input, Model, load

__all__ = ["Input", "Model", "load"]
