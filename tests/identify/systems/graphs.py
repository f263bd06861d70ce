"""Small networks made by hand, as real ONNX files: what a released embedding or pairwise model looks like inside."""

import hashlib
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from livecsi.features.cqt import ConstantQSpec
from livecsi.training.calibrate import spec_facts

LAGS = (1, 2, 4, 8, 16)
"""Frames between two profiles that are held against each other."""


def write_embedder(path: Path) -> None:
    """hpcp (1, 12, frames) -> embedding (1, 720): which pitch class follows which, after each lag, in whatever key.

    No training: the two turning matrices take the key out, as the size of a Fourier coefficient forgets a shift.
    """
    nodes = [
        helper.make_node("ReduceMean", ["hpcp", "classes"], ["mean"], keepdims=1),
        helper.make_node("Sub", ["hpcp", "mean"], ["centred"]),
    ]
    constants = {"classes": [1], "frames": [2], "zero": [0], "end": [1 << 30], "flat": [1, -1], "both": [1, 2]}
    for lag in LAGS:
        constants |= {f"from{lag}": [lag], f"until{lag}": [-lag]}
        nodes += [
            helper.make_node("Slice", ["centred", "zero", f"until{lag}", "frames"], [f"before{lag}"]),
            helper.make_node("Slice", ["centred", f"from{lag}", "end", "frames"], [f"after{lag}"]),
            helper.make_node("Transpose", [f"after{lag}"], [f"turned{lag}"], perm=[0, 2, 1]),
            helper.make_node("MatMul", [f"before{lag}", f"turned{lag}"], [f"follows{lag}"]),
            helper.make_node("ReduceL2", [f"follows{lag}", "both"], [f"length{lag}"], keepdims=1),
            helper.make_node("Add", [f"length{lag}", "tiny"], [f"safe{lag}"]),
            helper.make_node("Div", [f"follows{lag}", f"safe{lag}"], [f"unit{lag}"]),
            helper.make_node("Reshape", [f"unit{lag}", "flat"], [f"row{lag}"]),
            helper.make_node("MatMul", [f"row{lag}", "cosines"], [f"real{lag}"]),
            helper.make_node("MatMul", [f"row{lag}", "sines"], [f"imaginary{lag}"]),
            helper.make_node("Mul", [f"real{lag}", f"real{lag}"], [f"real_power{lag}"]),
            helper.make_node("Mul", [f"imaginary{lag}", f"imaginary{lag}"], [f"imaginary_power{lag}"]),
            helper.make_node("Add", [f"real_power{lag}", f"imaginary_power{lag}"], [f"power{lag}"]),
            helper.make_node("Sqrt", [f"power{lag}"], [f"size{lag}"]),
        ]
    nodes += [
        helper.make_node("Concat", [f"size{lag}" for lag in LAGS], ["sizes"], axis=1),
        helper.make_node("ReduceL2", ["sizes", "classes"], ["norm"], keepdims=1),
        helper.make_node("Add", ["norm", "tiny"], ["safe"]),
        helper.make_node("Div", ["sizes", "safe"], ["embedding"]),
    ]
    arrays = {name: np.array(value, np.int64) for name, value in constants.items()}
    arrays |= {"tiny": np.array(1e-9, np.float32)}
    first, second, turn, step = np.ogrid[:12, :12, :12, :12]
    on_line = ((second - first) % 12 == step) & (turn > 0)
    for name, wave in (("cosines", np.cos), ("sines", np.sin)):
        matrix = wave(np.pi / 6 * turn * first) * on_line
        arrays[name] = matrix.reshape(144, 144).astype(np.float32)
    _write(path, nodes, arrays, {"hpcp": (1, 12, "frames")}, {"embedding": (1, 144 * len(LAGS))})


def write_hakala(folder: Path) -> None:
    """An encoder whose four levels are pooled magnitudes, and a matcher that holds the deepest ones side by side."""
    pools = {1: 2, 2: 4, 3: 9, 4: 11}
    nodes = [
        node
        for level, width in pools.items()
        for node in (
            helper.make_node("AveragePool", ["magnitude"], [f"p{level}"], kernel_shape=[width], strides=[width]),
            helper.make_node("ReduceMean", [f"p{level}", "bins"], [f"m{level}"], keepdims=1),
            helper.make_node("Sub", [f"p{level}", f"m{level}"], [f"level{level}"]),
        )
    ]
    outputs = {f"level{level}": (1, 72, 401 // width) for level, width in pools.items()}
    _write(folder / "encoder.onnx", nodes, {"bins": np.array([1])}, {"magnitude": (1, 72, 401)}, outputs)
    nodes = [
        helper.make_node("Mul", ["a4", "b4"], ["product"]),
        helper.make_node("ReduceMean", ["product", "all"], ["mean"], keepdims=0),
        helper.make_node("Mul", ["mean", "ten"], ["odds"]),
        helper.make_node("Sigmoid", ["odds"], ["probability"]),
        helper.make_node("Reshape", ["probability", "one"], ["score"]),
    ]
    arrays = {"all": np.array([0, 1, 2]), "ten": np.array(10.0, np.float32), "one": np.array([1])}
    inputs = {f"{side}{level}": (1, 72, 401 // width) for side in "ab" for level, width in pools.items()}
    _write(folder / "matcher.onnx", nodes, arrays, inputs, {"score": (1,)})


def file_facts(folder: Path, name: str) -> dict[str, Any]:
    content = (folder / name).read_bytes()
    return {"file": name, "sha256": hashlib.sha256(content).hexdigest(), "size_bytes": len(content)}


def entry(folder: Path, name: str, files: dict[str, str], **facts: Any) -> dict[str, Any]:
    """A manifest entry of these files."""
    known = {role: file_facts(folder, file) for role, file in files.items()}
    base = {"name": name, "family": name, "licence": "Apache-2.0", "preprocessing": spec_facts(ConstantQSpec())}
    return {**base, "files": known, **facts}


def _write(path: Path, nodes: list, arrays: dict, inputs: dict, outputs: dict) -> None:
    described = [
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, shape) for name, shape in values.items()]
        for values in (inputs, outputs)
    ]
    kept = [numpy_helper.from_array(np.asarray(value), name) for name, value in arrays.items()]
    graph = helper.make_graph(nodes, path.stem, *described, kept)
    path.parent.mkdir(parents=True, exist_ok=True)
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9), path)
