"""Attention over queries, keys and values, pairs turned by their positions, and what stands beside them."""
import numpy as np, torch
import torch.nn.functional as F
from make_operators import Draw, case, far
from operators_reduce import rms

MARKS = [[1, 1, 1, 0, 0], [1, 1, 1, 1, 0]]


def standard(q, k, v, mask=None, past_k=None, past_v=None, lengths=None, *, heads=None, causal=False, scale=None, softcap=0.0, stage=None):
    """ONNX's Attention, written down where PyTorch's own lacks a past, soft bounds or the scores."""
    split = lambda x, count: x if count is None else x.unflatten(2, (count, -1)).transpose(1, 2)
    q, k, v = split(q, heads and heads[0]), split(k, heads and heads[1]), split(v, heads and heads[1])
    past = 0 if past_k is None else past_k.shape[2]
    if past: k, v = torch.cat([past_k, k], 2), torch.cat([past_v, v], 2)
    (rows, columns), shared = (q.shape[2], k.shape[2]), q.shape[1] // k.shape[1]
    allowed = torch.ones(rows, columns, dtype=torch.bool).tril(past) if causal else torch.ones(rows, columns, dtype=torch.bool)
    if lengths is not None: allowed = allowed & (torch.arange(columns) < lengths[:, None])[:, None, None]
    if mask is not None and mask.shape[-1] < columns:
        mask = F.pad(mask, (0, columns - mask.shape[-1]), value=False if mask.dtype == torch.bool else -torch.inf)
    bias = torch.zeros(rows, columns, dtype=q.dtype).masked_fill(~allowed, -torch.inf)
    if mask is not None: bias = bias + (torch.zeros(1, dtype=q.dtype).masked_fill(~mask, -torch.inf) if mask.dtype == torch.bool else mask)
    if softcap or stage is not None:
        scores = q @ k.repeat_interleave(shared, 1).mT * (scale or q.shape[-1]**-0.5)
        capped = softcap * torch.tanh(scores / softcap) if softcap else scores
        total = capped + bias
        none = total.isneginf().all(-1, keepdim=True)
        shares = total.masked_fill(none, 0).softmax(-1).masked_fill(none, 0)
        y = shares @ v.repeat_interleave(shared, 1)
    else:
        y = F.scaled_dot_product_attention(q, k, v, bias, scale=scale, enable_gqa=shared > 1)
    y = y if heads is None else y.transpose(1, 2).flatten(2)
    if stage is None: return (y, k, v) if past else y
    return y, k, v, (scores, capped, total, shares)[stage]


def onnx_attention():
    def one(inputs, opset=23, **settings):
        heads, causal, scale, softcap, stage = (settings.get(name) for name in ("heads", "causal", "scale", "softcap", "stage"))
        more = {**({"q_num_heads": heads[0], "kv_num_heads": heads[1]} if heads else {}), **({"is_causal": 1} if causal else {}),
                **({"scale": scale} if scale else {}), **({"softcap": softcap} if softcap else {}),
                **({"qk_matmul_output_mode": stage} if stage else {})}
        case("Attention", inputs, lambda *tensors: standard(*tensors, **settings), more, opset)
    four = [Draw(2, 2, 3, 2), Draw(2, 2, 5, 2), Draw(2, 2, 5, 3)]
    each = np.array([[1, 0, 1, 1, 0], [0, 1, 1, 1, 1], [1, 0, 0, 0, 1]], bool)
    one(four)
    one(four, 24)
    one([Draw(2, 3, 4), Draw(2, 5, 4), Draw(2, 5, 6)], heads=(2, 2))
    one([Draw(1, 3, 8), Draw(1, 2, 4), Draw(1, 2, 4)], heads=(4, 2), scale=0.25)
    one([Draw(1, 4, 2, 3), Draw(1, 2, 3, 3), Draw(1, 2, 3, 3)], causal=True)
    one([Draw(1, 3, 2, 2), Draw(1, 1, 4, 2), Draw(1, 1, 4, 2), Draw(2, 4)])
    one([*four, Draw(3, 5)])
    one([*four, Draw(2, 1, 3, 5)], 24, causal=True)
    one([*four, each])
    one([*four, np.array(MARKS, bool)[:, None, None]], 24)
    one([*four, each[None, None]], causal=True)
    one(four, softcap=0.75)
    past = [Draw(1, 2, 2, 2), Draw(1, 2, 2, 2), Draw(1, 2, 2, 2), Draw(2, 4), Draw(1, 2, 2, 2), Draw(1, 2, 2, 2)]
    one([*past[:3], None, *past[4:]])
    one(past, 24, causal=True)
    # Scores of keys that do not count are −∞, so only those before the biases are asked for with such.
    one(past, softcap=0.75, causal=True, stage=0)
    for stage in (1, 2, 3): one([*four, Draw(3, 5)], softcap=1.5, stage=stage)
    one([*four, None, None, None, np.array([3, 5])], 24)
    one([*four, Draw(3, 5), None, None, np.array([4, 2])], 24)
    # Queries for which no key counts.
    each = each & np.array([[1], [0], [1]], bool)
    for softcap in (0.0, 1.5): one([*four, each], softcap=softcap)
    one([*four, each[None, None], None, None, np.array([5, 0])], 24, causal=True)


def fused_attention():
    name, more = "com.microsoft.MultiHeadAttention", {"num_heads": 2}
    def heads(q, k, v, bias=None, keep=None, add=None, causal=False, scale=None):
        if bias is not None: q, k, v = (x + b for x, b in zip((q, k, v), bias.split([q.shape[2], k.shape[2], v.shape[2]])))
        allowed = torch.ones(q.shape[1], k.shape[-2], dtype=torch.bool)
        if causal: allowed = allowed.tril()
        if keep is not None: allowed = allowed & keep
        score = torch.zeros_like(allowed, dtype=q.dtype).masked_fill(~allowed, -torch.inf) + (0 if add is None else add)
        q, k, v = (x if x.dim() == 4 else x.unflatten(2, (2, -1)).transpose(1, 2) for x in (q, k, v))
        return F.scaled_dot_product_attention(q, k, v, score, scale=scale).transpose(1, 2).flatten(2)
    inputs = [Draw(2, 3, 4), Draw(2, 5, 4), Draw(2, 5, 6)]
    square = [Draw(2, 3, 4), Draw(2, 3, 4), Draw(2, 3, 4)]
    case(name, inputs, heads, more)
    case(name, [*inputs, Draw(14)], lambda *x: heads(*x, scale=0.25), {**more, "scale": 0.25})
    case(name, [Draw(2, 3, 4), Draw(2, 2, 5, 2), Draw(2, 2, 5, 2)], heads, more)
    case(name, [*square, Draw(12)], lambda *x: heads(*x, causal=True), {**more, "unidirectional": 1})
    marks, full = np.array(MARKS, np.int32), np.array([[row] * 3 for row in MARKS], np.int32)
    case(name, [*inputs, None, marks], lambda q, k, v, b, keep: heads(q, k, v, b, keep.bool()[:, None, None]), more)
    case(name, [*inputs, Draw(14), full, Draw(1, 2, 3, 5)], lambda q, k, v, b, keep, add: heads(q, k, v, b, keep.bool()[:, None], add), more)
    lengths = lambda q, k, v, b, count: heads(q, k, v, b, (torch.arange(5) < count[:, None])[:, None, None])
    case(name, [*inputs, None, np.array([3, 4], np.int32)], lengths, more)
    case(name, [*inputs, None, None, Draw(2, 2, 3, 5)], heads, more)


def turned(x, cos, sin, at, heads=None, interleaved=False, size=None):
    """Pairs as complex numbers, times cos + i·sin."""
    whole = x if heads is None else x.unflatten(2, (heads, -1)).transpose(1, 2)
    front = whole[..., :size]
    pairs = front.unflatten(-1, (-1, 2)) if interleaved else front.unflatten(-1, (2, -1)).mT
    angles = torch.complex(cos if at is None else cos[at], sin if at is None else sin[at])[:, None]
    made = torch.view_as_real(torch.view_as_complex(pairs.contiguous()) * angles)
    made = torch.cat([made.flatten(-2) if interleaved else made.mT.flatten(-2), whole[..., front.shape[-1]:]], -1)
    return made if heads is None else made.transpose(1, 2).flatten(2)


def rotary():
    places, table = np.array([[0, 2, 4], [3, 3, 1]]), [Draw(5, 2), Draw(5, 2)]
    four, three = Draw(2, 2, 3, 4), Draw(2, 3, 8)
    for interleaved in (0, 1):
        more = {"interleaved": 1} if interleaved else {}
        plain = lambda x, cos, sin, at=None: turned(x, cos, sin, at, None, interleaved)
        case("RotaryEmbedding", [four, *table, places], plain, more, 23)
        case("RotaryEmbedding", [four, Draw(2, 3, 2), Draw(2, 3, 2)], plain, more, 23)
        case("RotaryEmbedding", [three, *table, places], lambda x, cos, sin, at: turned(x, cos, sin, at, 2, interleaved),
             {**more, "num_heads": 2}, 23)
        case("RotaryEmbedding", [Draw(2, 2, 3, 6), *table, places], lambda x, cos, sin, at: turned(x, cos, sin, at, None, interleaved, 4),
             {**more, "rotary_embedding_dim": 4}, 23)
        name = "com.microsoft.RotaryEmbedding"
        case(name, [three, places, *table], lambda x, at, cos, sin: turned(x, cos, sin, at, 2, interleaved), more)
        case(name, [four, np.array([1]), *table], lambda x, at, cos, sin: turned(x, cos, sin, torch.arange(3)[None] + at, None, interleaved), more)
        case(name, [Draw(2, 3, 12), places, *table], lambda x, at, cos, sin: turned(x, cos, sin, at, 2, interleaved, 4),
             {**more, "num_heads": 2, "rotary_embedding_dim": 4})


def skipped():
    name = "com.microsoft.SkipSimplifiedLayerNormalization"
    skip = lambda x, y, scale, bias=0: rms(x + y + bias, scale, -1, 1e-3)
    full = [Draw(2, 3, 4), Draw(2, 3, 4), far(4), Draw(4)]
    for count in (3, 4): case(name, full[:count], skip, {"epsilon": 1e-3})
    case(name, full, lambda x, y, scale, bias: (skip(x, y, scale, bias), None, None, x + y + bias), {"epsilon": 1e-3})
    small = lambda *dims: Draw(*dims, move=lambda x: x / 1024)
    case(name, [small(2, 3, 4), small(2, 3, 4), far(4)], lambda x, y, scale: rms(x + y, scale, -1, 1e-12))


def add():
    onnx_attention()
    fused_attention()
    rotary()
    skipped()
