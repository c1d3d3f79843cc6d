#!/bin/sh
# Make an environment for each peer below a folder (default: benchmarks/out/peers):
#   sh benchmarks/tabular/make_peers.sh [FOLDER] [PYTHON]
# torch is kept below the releases whose default build brings CUDA, as in constraints/cpu.txt.
set -eu
here=$(CDPATH= cd -- "$(dirname -- "$0")" && pwd)
folder=${1:-$here/../out/peers}
python=${2:-python3}
mkdir -p "$folder"

[ -x "$folder/flaml/bin/python" ] || "$python" -m venv "$folder/flaml"
"$folder/flaml/bin/python" -m pip install -q "flaml[automl]==2.7.0" pyarrow

[ -x "$folder/autogluon/bin/python" ] || "$python" -m venv "$folder/autogluon"
# The newer resolver goes back through hundreds of releases here (13 minutes and no end in sight); the legacy one takes ten.
# Without the extra fastai, whose dependencies start that search: AutoGluon then leaves out that one model.
"$folder/autogluon/bin/python" -m pip install -q --use-deprecated=legacy-resolver \
    -c "$here/../../constraints/cpu.txt" "autogluon.tabular[lightgbm,catboost,xgboost]==1.6.3" torch pyarrow
