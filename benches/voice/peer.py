"""The peers of the voice bench on the same kind of sound: torchaudio, eager PyTorch, ONNX Runtime.

    python peer.py MODEL.onnx [THREADS]

MODEL.onnx is the untrained ECAPA-TDNN of the references; the network in PyTorch has its layers and its weights.
Needs torch, torchaudio, onnx, onnxruntime and numpy. Each figure is the least of many runs.
"""

import sys
import time

import numpy
import onnx
import onnxruntime
import torch
import torch.nn.functional as F
import torchaudio
from onnx import numpy_helper

SECONDS = 1.5


def least(work):
    """The least time of `work` in milliseconds."""
    best, begin = float("inf"), time.perf_counter()
    while time.perf_counter() - begin < SECONDS:
        start = time.perf_counter()
        work()
        best = min(best, time.perf_counter() - start)
    return best * 1e3


class FrontEnd(torch.nn.Module):
    """ecapa80 as its authors write it."""

    def __init__(self):
        super().__init__()
        self.mel = torchaudio.transforms.MelSpectrogram(
            sample_rate=16000, n_fft=512, win_length=400, hop_length=160, f_min=20, f_max=7600,
            window_fn=torch.hamming_window, n_mels=80,
        )
        self.register_buffer("emphasis", torch.tensor([[[-0.97, 1.0]]]))

    def forward(self, x):
        x = F.conv1d(F.pad(x.unsqueeze(1), (1, 0), "reflect"), self.emphasis).squeeze(1)
        x = self.mel(x) + 1e-6
        x = x.log()
        return (x - x.mean(dim=-1, keepdim=True)).transpose(1, 2)


class Ecapa:
    """The layers of the ONNX file, in eager PyTorch; everything that can be is done once."""

    def __init__(self, path):
        graph = onnx.load(path).graph
        self.output = graph.output[0].name
        self.tables = {t.name: torch.tensor(numpy_helper.to_array(t)) for t in graph.initializer}
        self.steps = []
        for node in graph.node:
            attributes = {a.name: onnx.helper.get_attribute_value(a) for a in node.attribute}
            if node.op_type == "Constant":
                self.tables[node.output[0]] = torch.tensor(numpy_helper.to_array(attributes["value"]))
            elif node.op_type == "Identity" and node.input[0] in self.tables:
                self.tables[node.output[0]] = self.tables[node.input[0]]
            else:
                self.steps.append((OPERATORS[node.op_type], list(node.input), attributes, list(node.output)))

    def __call__(self, features):
        values = dict(self.tables, feats=features)
        for operator, inputs, attributes, outputs in self.steps:
            results = operator([values[i] if i else None for i in inputs], attributes)
            values.update(zip(outputs, results if isinstance(results, tuple) else (results,)))
        return values[self.output]


def convolution(i, a):
    pad = a.get("pads", [0, 0])[0]
    return F.conv1d(i[0], i[1], i[2] if len(i) > 2 else None, a.get("strides", [1])[0], pad,
                    a.get("dilations", [1])[0], a.get("group", 1))


def axes(i, a):
    given = a["axes"] if "axes" in a else i[1].tolist()
    return [int(x) for x in given]


OPERATORS = {
    "Conv": convolution,
    "Relu": lambda i, a: F.relu(i[0]),
    "BatchNormalization": lambda i, a: F.batch_norm(i[0], i[3], i[4], i[1], i[2], False, 0, a.get("epsilon", 1e-5)),
    "Add": lambda i, a: i[0] + i[1],
    "Sub": lambda i, a: i[0] - i[1],
    "Mul": lambda i, a: i[0] * i[1],
    "Pow": lambda i, a: i[0] ** i[1],
    "Sqrt": lambda i, a: torch.sqrt(i[0]),
    "Tanh": lambda i, a: torch.tanh(i[0]),
    "Sigmoid": lambda i, a: torch.sigmoid(i[0]),
    "Clip": lambda i, a: torch.clamp(i[0], None if i[1] is None else i[1].item(),
                                     None if len(i) < 3 or i[2] is None else i[2].item()),
    "Softmax": lambda i, a: F.softmax(i[0], a.get("axis", -1)),
    "Transpose": lambda i, a: i[0].permute(a["perm"]),
    "Concat": lambda i, a: torch.cat([x if x.dim() else x[None] for x in i], a["axis"]),
    "ReduceMean": lambda i, a: i[0].mean(axes(i, a), keepdim=bool(a.get("keepdims", 1))),
    "ReduceSum": lambda i, a: i[0].sum(axes(i, a), keepdim=bool(a.get("keepdims", 1))),
    "Gemm": lambda i, a: F.linear(i[0], i[1] if a.get("transB") else i[1].T, i[2] if len(i) > 2 else None),
    "Shape": lambda i, a: torch.tensor(i[0].shape),
    "Expand": lambda i, a: i[0].expand(torch.broadcast_shapes(i[0].shape, tuple(i[1].tolist()))),
    "Identity": lambda i, a: i[0],
    "Split": lambda i, a: torch.split(i[0], i[1].tolist(), a.get("axis", 0)),
}


def main(path, threads):
    torch.set_num_threads(threads)
    sound = torch.from_numpy((numpy.random.default_rng(1).standard_normal(160000) * 0.05).astype("f4"))[None]
    front, network = FrontEnd(), Ecapa(path)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    with torch.inference_mode():
        features = front(sound).contiguous()
        expected = session.run(None, {"feats": features.numpy()})[0]
        apart = numpy.abs(network(features).numpy() - expected).max()
        assert apart < 1e-3 * numpy.abs(expected).max(), apart
        print(f"{threads} threads, 10 s: torchaudio {least(lambda: front(sound)):.2f} ms, "
              f"eager network {least(lambda: network(features)):.2f} ms, "
              f"both {least(lambda: network(front(sound))):.2f} ms, "
              f"ONNX Runtime network {least(lambda: session.run(None, {'feats': features.numpy()})):.2f} ms")


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 1)
