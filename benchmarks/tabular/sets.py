"""The sets of the comparison, their targets, and the split, which is fixed by seed before anything is trained."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

SEED = 2026
TEST_SHARE = 0.25


@dataclass(frozen=True)
class TabularSet:
    """left_out: running numbers and keys, which nobody is given."""

    name: str
    target: str
    task: str
    left_out: tuple[str, ...] = ()


SETS = (
    TabularSet("abalone", "rings", "regression"),
    TabularSet("adult", "income", "classification", ("split",)),
    TabularSet("ames_housing", "SalePrice", "regression", ("Order", "PID")),
    TabularSet("bank_marketing_full", "y", "classification"),
    TabularSet("california_housing", "median_house_value", "regression"),
    TabularSet("diamonds", "price", "regression"),
    TabularSet("telco_churn", "Churn", "classification", ("customerID",)),
    TabularSet("titanic", "Survived", "classification", ("PassengerId",)),
    TabularSet("winequality_red", "quality", "regression"),
)
"""In alphabetical order; a run that has time for fewer takes the first ones."""


def split_set(chosen: TabularSet, folder: Path) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The training and the test rows; labels keep their shares."""
    import pandas as pd
    from sklearn.model_selection import train_test_split

    frame = pd.read_csv(folder / f"{chosen.name}.csv.gz", na_values=["?"])
    target = {name.replace(" ", ""): name for name in frame.columns}[chosen.target]
    frame = frame.drop(columns=list(chosen.left_out)).rename(columns={target: chosen.target})
    labels = frame[chosen.target] if chosen.task == "classification" else None
    train, test = train_test_split(frame, test_size=TEST_SHARE, random_state=SEED, stratify=labels)
    return train.reset_index(drop=True), test.reset_index(drop=True)
