"""A short way to write ONNX graphs: every operator is a call that gives the name of its result."""
import numpy as np
from onnx import TensorProto, helper, numpy_helper

TYPES = {"f": TensorProto.FLOAT, "i": TensorProto.INT64, "b": TensorProto.BOOL}


class Graph:
    """Nodes and constants of one model. `graph.Add(a, b)` adds a node; arrays and numbers become constants."""

    def __init__(self, inputs, outputs):
        self.inputs, self.outputs = inputs, outputs
        self.nodes, self.constants = [], []

    def constant(self, value, dtype=None):
        """The name of a constant: integers become int64, everything else float32 unless `dtype` says otherwise."""
        array = np.asarray(value)
        if dtype is None:
            dtype = array.dtype if array.dtype in (np.int8, np.bool_) else np.int64 if array.dtype.kind == "i" else np.float32
        name = f"c{len(self.constants)}"
        self.constants.append(numpy_helper.from_array(array.astype(dtype, order="C"), name))
        return name

    def __getattr__(self, operator):
        def add(*operands, outputs=1, **attributes):
            names = [x if isinstance(x, str) else self.constant(x) for x in operands]
            results = [f"n{len(self.nodes)}_{i}" for i in range(outputs)]
            self.nodes.append(helper.make_node(operator, names, results, **attributes))
            return results[0] if outputs == 1 else results

        return add

    def call(self, result, name):
        """Names a result as an output of the model."""
        self.nodes.append(helper.make_node("Identity", [result], [name]))

    def to(self, value, kind):
        """A cast to "f", "i" or "b"."""
        return self.Cast(value, to=TYPES[kind])

    def owner(self, durations, count, ahead=0):
        """[count]: which of the items, that last `durations` [1, N], each of `count` places belongs to, or the place that
        is so far `ahead` of it."""
        ends = self.CumSum(durations, np.array(1))
        places = self.Add(self.Range(np.array(0), count, np.array(1)), np.array(ahead))
        passed = self.GreaterOrEqual(self.Unsqueeze(places, [1]), ends)
        items = self.ReduceSum(self.to(passed, "i"), [1], keepdims=0)
        last = self.Sub(self.Size(durations), np.array(1))
        return self.Min(items, last)

    def smooth(self, curve, kernel):
        """[1, F, C] smoothed along F; the ends are held."""
        half = len(kernel) // 2
        turned = self.Transpose(curve, perm=[2, 0, 1])
        held = self.Pad(turned, [0, 0, half, 0, 0, half], mode="edge")
        return self.Transpose(self.Conv(held, np.asarray(kernel).reshape(1, 1, -1)), perm=[1, 2, 0])

    def save(self, path):
        value = lambda item: helper.make_tensor_value_info(item[0], TYPES[item[1]], list(item[2]))
        graph = helper.make_graph(self.nodes, path.stem, [value(i) for i in self.inputs], [value(o) for o in self.outputs], self.constants)
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8, producer_name="sonic")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(model.SerializeToString(deterministic=True))
