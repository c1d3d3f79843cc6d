"""Train one engine on train.parquet and write its predictions for test_inputs.parquet.

Runs in the engine's own environment:  worker.py ENGINE FOLDER TARGET TASK SECONDS
The folder gets predictions.parquet (row order of the test; the probability of the second label in order, or
numbers) and result.json. No engine is shown the test's labels.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Any

import pandas as pd


def llmauto(folder: Path, target: str, task: str, seconds: float) -> Any:
    from llmauto_tools.models import load
    from llmauto_tools.runner import run_tool
    from llmauto_tools.workspace import Workspace

    metric = "roc_auc" if task == "classification" else "neg_root_mean_squared_error"
    with Workspace(folder / "ws") as workspace:
        workspace.attach(str(folder / "train.parquet"))
        arguments = {"table": "train", "target": target, "task": task, "metric": metric,
                     "time_budget": seconds, "test_size": 0.1, "name": "m"}  # fmt: skip
        run_tool(workspace, "train_model", arguments)
    model = load(folder / "ws" / "models" / "m" / "1")

    def predict(frame: pd.DataFrame) -> Any:
        if task == "regression":
            return model.predict(frame)
        second = sorted(model.classes)[1]
        return model.predict_proba(frame)[:, model.classes.index(second)]

    return predict


def flaml(folder: Path, target: str, task: str, seconds: float) -> Any:
    from flaml import AutoML

    train = _categories(pd.read_parquet(folder / "train.parquet"), target)
    engine = AutoML()
    metric = "roc_auc" if task == "classification" else "rmse"
    settings = {"task": task, "metric": metric, "time_budget": seconds, "n_jobs": 2, "seed": 0, "verbose": 0}
    engine.fit(train.drop(columns=target), train[target], **settings)

    def predict(frame: pd.DataFrame) -> Any:
        frame = _categories(frame, target)
        if task == "regression":
            return engine.predict(frame)
        second = sorted(train[target].unique())[1]
        return engine.predict_proba(frame)[:, list(engine.classes_).index(second)]

    return predict


def _categories(frame: pd.DataFrame, target: str) -> pd.DataFrame:
    """Texts as categories, which FLAML's guide asks for."""
    texts = [n for n in frame.columns if n != target and not pd.api.types.is_numeric_dtype(frame[n])]
    return frame.astype(dict.fromkeys(texts, "category"))


def autogluon(folder: Path, target: str, task: str, seconds: float) -> Any:
    from autogluon.tabular import TabularPredictor

    train = pd.read_parquet(folder / "train.parquet")
    kind = "binary" if task == "classification" else "regression"
    metric = "roc_auc" if task == "classification" else "root_mean_squared_error"
    predictor = TabularPredictor(
        target, problem_type=kind, eval_metric=metric, path=str(folder / "ag"), verbosity=1
    )
    predictor.fit(train, time_limit=seconds, presets="medium_quality", num_cpus=2, num_gpus=0)

    def predict(frame: pd.DataFrame) -> Any:
        if kind == "regression":
            return predictor.predict(frame).to_numpy()
        return predictor.predict_proba(frame)[sorted(train[target].unique())[1]].to_numpy()

    return predict


ENGINES = {"llmauto": llmauto, "flaml": flaml, "autogluon": autogluon}


def main() -> None:
    engine, folder, target, task, seconds = sys.argv[1:6]
    place = Path(folder)
    began = time.monotonic()
    predict = ENGINES[engine](place, target, task, float(seconds))
    trained = time.monotonic()
    made = predict(pd.read_parquet(place / "test_inputs.parquet"))
    predicted = time.monotonic()
    pd.DataFrame({"prediction": made}).to_parquet(place / "predictions.parquet")
    result = {"train_seconds": trained - began, "predict_seconds": predicted - trained}
    (place / "result.json").write_text(json.dumps(result))


if __name__ == "__main__":
    main()
