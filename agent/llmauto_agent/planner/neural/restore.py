"""The torch network back from its export, so that training can go on from weights that ship as int8 alone.

    planner = restore(folder)

`export` folds every linear layer into a product with an int8 matrix, one scale for each output
(`onnxruntime.quantization.quantize_dynamic`, per channel), and every embedding into a table with one scale.
The matrices lose their names on the way, the biases that are added behind them keep theirs: a matrix is
the weight of the layer whose bias follows it. What is restored is w = (q - zero point) * scale.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from torch import Tensor, from_numpy

from llmauto_agent.planner.neural.network import Planner, Shape
from llmauto_tools.errors import UnreadableSource
from llmauto_tools.extras import require

WHAT = "Training the planner"
EXTRA = "train"
HEAD_WIDTH = 32
"""The width of an attention head of the encoder (MiniLM: 12 heads of 32), which no weight shows."""
_PREFIX = "planner."
_MATRIX, _TABLE, _BIAS = ("_quantized", "_quantized", ".bias")
_HINT = "Install llmauto again: these weights do not fit its network."


def restore(folder: Path, attention: str = "sdpa") -> Planner:
    """The network of an exported planner, in float32 on the CPU, ready to be trained.

    attention: transformers' name of the encoder's attention; "eager" is what can be exported again.
    Raises UnreadableSource where a weight is missing, MissingExtra without onnx or transformers.
    """
    onnx = require("onnx", WHAT, EXTRA)
    state: dict[str, Tensor] = {}
    heads = 0
    for part in ("encoder", "decoder"):
        graph = onnx.load(str(folder / f"{part}.onnx")).graph
        state |= {n.removeprefix(_PREFIX): from_numpy(w) for n, w in weights_of(graph).items()}
        for given in graph.input:
            if given.name == "memory":
                heads = int(given.type.tensor_type.shape.dim[2].dim_value)
    return network_of(state, heads, attention, folder)


def weights_of(graph: Any) -> dict[str, np.ndarray]:
    """The weights of one exported graph by their names in `export`'s module, in float32."""
    numpy_helper = require("onnx.numpy_helper", WHAT, EXTRA)
    stored = {i.name: numpy_helper.to_array(i) for i in graph.initializer}
    found = {n: w.astype(np.float32) for n, w in stored.items() if n.startswith(_PREFIX) and _is_plain(n)}
    readers: dict[str, list[Any]] = {}
    for node in graph.node:
        for name in node.input:
            readers.setdefault(name, []).append(node)
    for node in graph.node:
        if node.op_type == "MatMulInteger" and node.input[1] in stored:
            matrix = dequantised(stored, node.input[1])
            found[_layer_behind(node, readers, stored) + ".weight"] = np.ascontiguousarray(matrix.T)
        elif node.op_type == "Gather" and node.input[0].endswith(_TABLE):
            found[node.input[0].removesuffix(_TABLE)] = dequantised(stored, node.input[0])
    return found


def _is_plain(name: str) -> bool:
    return not name.endswith(("_quantized", "_scale", "_zero_point"))


def dequantised(stored: dict[str, np.ndarray], name: str) -> np.ndarray:
    """A stored int8 matrix (one scale a column) or table (one scale) in float32."""
    base = name.removesuffix(_MATRIX)
    scale, zero = stored[base + "_scale"], stored[base + "_zero_point"]
    return (stored[name].astype(np.float32) - zero.astype(np.float32)) * scale.astype(np.float32)


def _layer_behind(node: Any, readers: dict[str, list[Any]], stored: dict[str, np.ndarray]) -> str:
    """The name of the layer whose product a node is: that of the bias that is added to it."""
    for _ in range(4):  # the cast, the scale, the sum
        following = readers.get(node.output[0], [])
        if len(following) != 1:
            break
        [node] = following
        for name in node.input:
            if node.op_type == "Add" and name in stored and name.endswith(_BIAS):
                return str(name.removesuffix(_BIAS))
    raise UnreadableSource(f"The planner's product {node.name} has no layer.", _HINT)


def network_of(state: dict[str, Tensor], heads: int, attention: str, folder: Path) -> Planner:
    """A network of the sizes that the weights have, with these weights."""
    transformers = require("transformers", WHAT, EXTRA)
    try:
        known, width = state["encoder.embeddings.word_embeddings.weight"].shape
        inner = state["encoder.encoder.layer.0.intermediate.dense.weight"].shape[0]
        longest = state["encoder.embeddings.position_embeddings.weight"].shape[0]
        shape = Shape(
            width=width,
            layers=_layers(state, "layers."),
            heads=heads,
            inner=state["layers.0.forward_part.0.weight"].shape[0],
            longest=state["position.weight"].shape[0],
        )
        config = transformers.BertConfig(
            vocab_size=known, hidden_size=width, num_hidden_layers=_layers(state, "encoder.encoder.layer."),
            num_attention_heads=max(1, width // HEAD_WIDTH), intermediate_size=inner, max_position_embeddings=longest,
            hidden_dropout_prob=0.0, attention_probs_dropout_prob=0.0,
        )  # fmt: skip
        config._attn_implementation = attention
        encoder = transformers.BertModel(config, add_pooling_layer=False)
        planner = Planner(encoder, known + state["added.weight"].shape[0], shape)
        planner.load_state_dict(state)
    except (KeyError, RuntimeError) as e:
        reason = str(e).splitlines()[-1].strip()
        raise UnreadableSource(f"The weights in {folder} cannot be trained on: {reason}", _HINT) from e
    return planner


def _layers(state: dict[str, Tensor], prefix: str) -> int:
    return 1 + max(int(n.removeprefix(prefix).split(".")[0]) for n in state if n.startswith(prefix))
