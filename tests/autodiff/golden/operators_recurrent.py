"""Recurrent layers against torch.nn, and attention."""
import math
import numpy as np, torch
import torch.nn.functional as F
from make_operators import Draw, case, far

STEPS, BATCH, FEATURES, UNITS = 3, 2, 3, 2
# Where PyTorch has each of ONNX's gates: i o f c of i f c o, and z r h of r z h.
GATES = {"RNN": [0], "GRU": [1, 0, 2], "LSTM": [0, 3, 1, 2]}


def low(*dims): return Draw(*dims, move=lambda x: x * 0.5)


def reordered(op, weight):
    """Rows by gate in PyTorch's order."""
    order = [GATES[op].index(gate) for gate in range(len(GATES[op]))]
    return torch.cat([weight.chunk(len(order))[gate] for gate in order])


def layer(op, x, w, r, b, lengths, h, c, direction, relu):
    """`torch.nn`'s layer with ONNX's weights; a reverse layer is a forward one of the turned sequence."""
    both = direction == "bidirectional"
    made = {"RNN": torch.nn.RNN, "GRU": torch.nn.GRU, "LSTM": torch.nn.LSTM}[op]
    model = made(FEATURES, UNITS, bidirectional=both, **({"nonlinearity": "relu"} if relu else {})).double()
    weights = {}
    for d, suffix in enumerate(("", "_reverse") if both else ("",)):
        weights[f"weight_ih_l0{suffix}"], weights[f"weight_hh_l0{suffix}"] = reordered(op, w[d]), reordered(op, r[d])
        halves = b[d].chunk(2) if b is not None else [torch.zeros(w.shape[1], dtype=w.dtype)] * 2
        weights[f"bias_ih_l0{suffix}"], weights[f"bias_hh_l0{suffix}"] = (reordered(op, half) for half in halves)
    if h is None: h = x.new_zeros(w.shape[0], BATCH, UNITS)
    if op == "LSTM" and c is None: c = torch.zeros_like(h)
    if direction == "reverse": x = x.flip(0)
    data = x if lengths is None else torch.nn.utils.rnn.pack_padded_sequence(x, lengths.long())
    found, state = torch.func.functional_call(model, weights, (data, (h, c) if op == "LSTM" else h))
    if lengths is not None: found, _ = torch.nn.utils.rnn.pad_packed_sequence(found, total_length=STEPS)
    y = found.reshape(STEPS, BATCH, w.shape[0], UNITS).transpose(1, 2)
    return (y.flip(0) if direction == "reverse" else y, *(state if op == "LSTM" else (state,)))


def recurrent():
    for op, order in GATES.items():
        rows, more = len(order) * UNITS, {"linear_before_reset": 1} if op == "GRU" else {}
        for direction, bias, state, lengths, relu in (
            ("forward", True, False, None, False), ("reverse", True, True, None, False), ("forward", False, True, None, False),
            ("bidirectional", True, True, None, False), ("bidirectional", True, False, [3, 2], False),
            ("forward", True, True, [3, 1], False), *([("forward", True, False, None, True)] if op == "RNN" else [])):
            d = 2 if direction == "bidirectional" else 1
            inputs = [Draw(STEPS, BATCH, FEATURES), low(d, rows, FEATURES), low(d, rows, UNITS), low(d, 2 * rows) if bias else None,
                      None if lengths is None else np.array(lengths, np.int32), low(d, BATCH, UNITS) if state else None,
                      *([low(d, BATCH, UNITS) if state else None] if op == "LSTM" else [])]
            run = lambda x, w, r, b, lengths, h, c=None: layer(op, x, w, r, b, lengths, h, c, direction, relu)
            case(op, inputs, run, {"hidden_size": UNITS, "direction": direction, **more, **({"activations": ["Relu"]} if relu else {})})


def gated():
    """The GRU of ONNX's default, whose reset gate comes before the product, which torch.nn lacks."""
    def steps(x, w, r, b, _, h):
        (wz, wr, wh), (rz, rr, rh) = w[0].chunk(3), r[0].chunk(3)
        wbz, wbr, wbh, rbz, rbr, rbh = b[0].chunk(6)
        h, found = h[0], []
        for one in x:
            z = torch.sigmoid(one @ wz.T + h @ rz.T + wbz + rbz)
            reset = torch.sigmoid(one @ wr.T + h @ rr.T + wbr + rbr)
            h = (1 - z) * torch.tanh(one @ wh.T + (reset * h) @ rh.T + wbh + rbh) + z * h
            found.append(h)
        return torch.stack(found)[:, None], h[None]
    case("GRU", [Draw(STEPS, BATCH, FEATURES), low(1, 6, FEATURES), low(1, 6, UNITS), low(1, 12), None, low(1, BATCH, UNITS)],
         steps, {"hidden_size": UNITS})


def bounded():
    """Peepholes, gates that share, and bounds before the activations, which torch.nn lacks."""
    def steps(x, w, r, b, h, c, p, shared, bound):
        held = lambda sums: sums if bound is None else sums.clamp(-bound, bound)
        (wb, rb), (pi, po, pf) = b[0].chunk(2), p[0].chunk(3) if p is not None else (0, 0, 0)
        h, c, found = h[0], c[0], []
        for one in x:
            i, o, f, cell = (one @ w[0].T + h @ r[0].T + wb + rb).chunk(4, -1)
            i = torch.sigmoid(held(i + pi * c))
            f = 1 - i if shared else torch.sigmoid(held(f + pf * c))
            c = f * c + i * torch.tanh(held(cell))
            h = torch.sigmoid(held(o + po * c)) * torch.tanh(held(c))
            found.append(h)
        return torch.stack(found)[:, None], h[None], c[None]
    inputs = [Draw(STEPS, BATCH, FEATURES), low(1, 8, FEATURES), low(1, 8, UNITS), low(1, 16), None, low(1, BATCH, UNITS), low(1, BATCH, UNITS)]
    for peeped, shared, bound in ((True, False, None), (False, True, None), (False, False, 0.875)):
        case("LSTM", [*inputs, *([low(1, 6)] if peeped else [])],
             lambda x, w, r, b, _, h, c, p=None: steps(x, w, r, b, h, c, p, shared, bound),
             {"hidden_size": UNITS, **({"input_forget": 1} if shared else {}), **({"clip": bound} if bound else {})})


def attention():
    def heads(x, w, b, keep=None, causal=False, scale=None):
        q, k, v = (one.reshape(2, 3, 2, 2).transpose(1, 2) for one in (x @ w + b).chunk(3, -1))
        y = F.scaled_dot_product_attention(q, k, v, keep, is_causal=causal, scale=scale)
        return y.transpose(1, 2).reshape(2, 3, 4)
    inputs = [Draw(2, 3, 4), low(4, 12), low(12)]
    name, more = "com.microsoft.Attention", {"num_heads": 2}
    case(name, inputs, heads, more)
    case(name, inputs, lambda x, w, b: heads(x, w, b, scale=0.25), {**more, "scale": 0.25})
    case(name, inputs, lambda x, w, b: heads(x, w, b, causal=True), {**more, "unidirectional": 1})
    kept = np.array([[1, 1, 0], [1, 1, 1]], np.int32)
    case(name, [*inputs, kept], lambda x, w, b, keep: heads(x, w, b, keep.bool()[:, None, None]), more)
    each = np.array([[[1, 0, 0], [1, 1, 0], [0, 1, 1]], [[1, 1, 1], [0, 1, 0], [1, 0, 1]]], np.int32)
    case(name, [*inputs, each], lambda x, w, b, keep: heads(x, w, b, keep.bool()[:, None]), more)
    case(name, [*inputs, None, None, Draw(2, 2, 3, 3)], lambda x, w, b, _, __, bias: heads(x, w, b, bias), more)

    def narrow(x, w, b):
        q, k, v = (one.reshape(2, 3, 2, -1).transpose(1, 2) for one in (x @ w + b).split([4, 4, 6], -1))
        return F.scaled_dot_product_attention(q, k, v).transpose(1, 2).reshape(2, 3, 6)
    case(name, [Draw(2, 3, 4), low(4, 14), low(14)], narrow, {**more, "qkv_hidden_sizes": [4, 4, 6]})
    case(name, [*inputs, np.array([2, 3], np.int32)], lambda x, w, b, _: heads(x, w, b, torch.from_numpy(kept).bool()[:, None, None]), more)


def embedding():
    words, segments = np.array([[0, 3, 1], [3, 3, 2]], np.int32), np.array([[0, 0, 1], [0, 1, 1]], np.int32)
    name, more = "com.microsoft.EmbedLayerNormalization", {"epsilon": 1e-3}
    def embedded(i, j, word, place, segment, gamma, beta):
        total = word[i.long()] + place[:3] + (0 if segment is None else segment[j.long()])
        return F.layer_norm(total, [4], gamma, beta, 1e-3), None
    case(name, [words, segments, Draw(4, 4), Draw(3, 4), Draw(2, 4), far(4), Draw(4)], embedded, more)
    case(name, [words, None, Draw(4, 4), Draw(3, 4), None, far(4), Draw(4)], embedded, more)


def add():
    recurrent()
    gated()
    bounded()
    attention()
    embedding()
