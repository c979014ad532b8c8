"""Products of matrices, sums of products, and convolutions."""
import numpy as np, torch
import torch.nn.functional as F
from make_operators import Draw, case


def products():
    for a, b in (([3], [3]), ([3], [3, 2]), ([2, 3], [3]), ([2, 3], [3, 4]), ([3], [2, 3, 2]), ([2, 2, 3], [3]),
                 ([2, 2, 3], [3, 2]), ([2, 3], [2, 3, 2]), ([2, 2, 3], [2, 3, 2]), ([2, 1, 2, 3], [3, 3, 2]),
                 ([1, 2, 3], [2, 3, 2]), ([3, 1, 2, 2], [1, 2, 2, 3])):
        case("MatMul", [Draw(*a), Draw(*b)], torch.matmul)
    for c in (None, [2, 4], [4], [2, 1], [1, 4], [1], []):
        for a, b in ((0, 0), (1, 0), (0, 1), (1, 1)) if c == [4] else ((0, 0),):
            inputs = [Draw(3, 2) if a else Draw(2, 3), Draw(4, 3) if b else Draw(3, 4), *([] if c is None else [Draw(*c)])]
            def gemm(x, y, z=0): return 0.5 * (x.T if a else x) @ (y.T if b else y) + 1.5 * z
            case("Gemm", inputs, gemm, {"alpha": 0.5, "beta": 1.5, "transA": a, "transB": b})
    case("Gemm", [Draw(2, 3), Draw(3, 4), Draw(4)], lambda x, y, z: x @ y + z)
    case("com.microsoft.FusedGemm", [Draw(2, 3), Draw(3, 4), Draw(4)], lambda x, y, z: torch.tanh(x @ y + z), {"activation": "Tanh"})
    case("com.microsoft.FusedGemm", [Draw(2, 3), Draw(4, 3), Draw(4)], lambda x, y, z: F.leaky_relu(x @ y.T + z, 0.125),
         {"activation": "LeakyRelu", "activation_alpha": 0.125, "transB": 1})
    for a, b in ((0, 0), (1, 0), (0, 1), (1, 1)):
        for lead, other in (([], []), ([2], [2]), ([2, 1], [3])):
            inputs = [Draw(*lead, *((3, 2) if a else (2, 3))), Draw(*other, *((4, 3) if b else (3, 4)))]
            fused = lambda x, y: 0.75 * (x.mT if a else x) @ (y.mT if b else y)
            case("com.microsoft.FusedMatMul", inputs, fused, {"alpha": 0.75, "transA": a, "transB": b})
    sizes = {"b": 2, "i": 3, "j": 2, "k": 4}
    for equation in ("bij,bjk->bik", "ij,kj->ik", "i,j->ij", "bij->bi", "ij,ij", "bij,bkj,k->bi", "ij->ji", "i->", "ij,j->", "bij -> jb",
                     "i,i->i", "ji,jk"):
        terms = equation.replace(" ", "").split("->")[0].split(",")
        case("Einsum", [Draw(*(sizes[letter] for letter in term)) for term in terms],
             lambda *values: torch.einsum(equation.replace(" ", ""), *values), {"equation": equation})
    for equation, shapes in (("...ij,...jk->...ik", ([2, 1, 2, 3], [1, 3, 3, 2])), ("b...,b...->b...", ([2, 3, 2], [2, 3, 2])),
                             ("...,...", ([3, 1], [1, 2])), ("...i,i->...", ([2, 3], [3])), ("i...->...", ([3, 2],)),
                             ("ij,...j->...i", ([2, 3], [4, 3])), ("...ij->...ji", ([2, 2, 3],)), ("ii->i", ([3, 3],)), ("ii", ([3, 3],)),
                             ("bii->b", ([2, 3, 3],)), ("iji,j->ij", ([2, 3, 2], [3])), ("...ii,i->...i", ([2, 3, 3], [3]))):
        case("Einsum", [Draw(*dims) for dims in shapes], lambda *values: torch.einsum(equation, *values), {"equation": equation})


def padded(x, pads, value=0.0):
    """Zeros before and after the axes of space, in ONNX's order; negative pads cut."""
    rank = x.dim() - 2
    return F.pad(x, [pads[axis + side * rank] for axis in reversed(range(rank)) for side in (0, 1)], value=value)


def same(x, kernel, strides, dilations, mode):
    """The pads of SAME_UPPER or SAME_LOWER."""
    totals = [max((-(-size // s) - 1) * s + (k - 1) * d + 1 - size, 0) for size, k, s, d in zip(x.shape[2:], kernel, strides, dilations)]
    low, high = [total // 2 for total in totals], [total - total // 2 for total in totals]
    return low + high if mode == "SAME_UPPER" else high + low


def filled(rank, kernel, strides, dilations, pads): return kernel, strides or [1] * rank, dilations or [1] * rank, pads or [0] * 2 * rank


CONV = {1: F.conv1d, 2: F.conv2d, 3: F.conv3d}


def conv(dims, weight, bias=True, name="Conv", then=lambda y: y, extra={}, **attributes):
    rank = len(dims) - 2
    _, strides, dilations, pads = filled(rank, [], *(attributes.get(one) for one in ("strides", "dilations", "pads")))
    mode = attributes.get("auto_pad", "NOTSET")

    def function(x, w, b=None):
        around = same(x, weight[2:], strides, dilations, mode) if mode.startswith("SAME") else pads
        return then(CONV[rank](padded(x, around), w, b, strides, 0, dilations, attributes.get("group", 1)))
    case(name, [Draw(*dims), Draw(*weight), *([Draw(weight[0])] if bias else [])], function, {**attributes, **extra})


def convolutions():
    conv([1, 2, 7], [3, 2, 3])
    conv([2, 2, 7], [3, 2, 3], strides=[2], pads=[2, 1], bias=False)
    conv([2, 4, 6], [4, 1, 3], group=4, dilations=[2], pads=[2, 1])
    conv([2, 4, 5], [2, 2, 3], group=2, pads=[1, 0])
    conv([2, 3, 4], [2, 3, 1])
    conv([1, 2, 70], [2, 2, 1], bias=False)
    conv([1, 2, 4, 5], [3, 2, 3, 3], pads=[1, 1, 1, 1])
    conv([2, 5, 4, 4], [2, 5, 3, 2], pads=[0, 1, 1, 0])
    conv([2, 3, 4, 5], [2, 3, 1, 1])
    conv([1, 2, 9, 9], [2, 2, 1, 1], bias=False)
    conv([2, 2, 5, 5], [3, 2, 1, 1], strides=[2, 2], bias=False)
    conv([2, 3, 5, 6], [2, 3, 3, 2], strides=[2, 1], pads=[1, 0, 0, 2])
    conv([1, 3, 6, 6], [2, 3, 3, 3], strides=[2, 3], bias=False)
    conv([1, 2, 6, 7], [2, 2, 2, 3], dilations=[2, 2], pads=[1, 2, 0, 1])
    conv([1, 2, 6, 7], [2, 2, 2, 3], dilations=[2, 3], strides=[3, 2], pads=[2, 3, 1, 3], bias=False)
    conv([1, 2, 4, 4], [2, 2, 2, 2], pads=[2, 2, 3, 2], bias=False)
    conv([2, 4, 4, 4], [6, 2, 3, 3], group=2, pads=[1, 1, 1, 1])
    conv([1, 4, 4, 5], [2, 2, 1, 1], group=2, bias=False)
    conv([1, 18, 3, 3], [2, 9, 2, 2], group=2, bias=False)
    conv([2, 3, 5, 5], [3, 1, 3, 3], group=3, strides=[2, 2], pads=[1, 1, 1, 1])
    conv([1, 3, 4, 4], [6, 1, 3, 3], group=3, pads=[1, 1, 1, 1])
    conv([1, 3, 5, 4], [3, 1, 2, 3], group=3, dilations=[2, 1], pads=[2, 1, 0, 1], bias=False)
    conv([1, 1, 6, 6], [2, 1, 4, 4], strides=[2, 2], bias=False)
    for mode in ("SAME_UPPER", "SAME_LOWER", "VALID"):
        conv([1, 2, 5, 6], [2, 2, 2, 3], auto_pad=mode, strides=[2, 2])
        conv([1, 2, 4, 5], [2, 2, 2, 2], auto_pad=mode, dilations=[1, 2], bias=False)
    conv([1, 2, 3, 4, 3], [2, 2, 2, 3, 2], pads=[0, 1, 1, 1, 1, 0])
    conv([1, 2, 3, 4, 4], [2, 1, 2, 2, 3], group=2, strides=[1, 2, 1], bias=False)
    conv([2, 2, 3, 3, 2], [2, 2, 1, 1, 1], bias=False)
    conv([1, 5, 3, 4, 3], [2, 5, 2, 2, 2], strides=[1, 2, 1], dilations=[1, 2, 2], pads=[0, 1, 1, 1, 0, 1], bias=False)
    conv([1, 5, 2, 9, 4], [2, 5, 1, 1, 2], pads=[0, 0, 1, 0, 0, 0], bias=False)
    for activation, then in {"Relu": torch.relu, "Tanh": torch.tanh}.items():
        conv([1, 2, 4, 4], [2, 2, 3, 3], name="com.microsoft.FusedConv", then=then, extra={"activation": activation}, pads=[1, 1, 1, 1])
    conv([1, 2, 4, 4], [2, 2, 3, 3], name="com.microsoft.FusedConv", then=lambda y: F.leaky_relu(y, 0.25),
         extra={"activation": "LeakyRelu", "activation_params": [0.25]})


TRANSPOSED = {1: F.conv_transpose1d, 2: F.conv_transpose2d, 3: F.conv_transpose3d}


def transposed(dims, weight, bias=True, derived=None, **attributes):
    """`derived` are the pads that ONNX derives where `attributes` does not have them."""
    rank, group = len(dims) - 2, attributes.get("group", 1)
    _, strides, dilations, around = filled(rank, [], attributes.get("strides"), attributes.get("dilations"), attributes.get("pads", derived))

    def function(x, w, b=None):
        more = attributes.get("output_padding", [0] * rank)
        return padded(TRANSPOSED[rank](x, w, b, strides, 0, more, group, dilations), [-pad for pad in around])
    inputs = [Draw(*dims), Draw(*weight), *([Draw(weight[1] * group)] if bias else [])]
    case("ConvTranspose", inputs, function, attributes)


def transposed_convolutions():
    transposed([1, 2, 4], [2, 3, 3])
    transposed([2, 2, 4], [2, 1, 3], strides=[2], output_padding=[1], group=2, bias=False)
    transposed([1, 2, 3, 3], [2, 3, 3, 2])
    transposed([1, 3, 3, 4], [3, 2, 3, 3], strides=[2, 2], pads=[1, 1, 1, 1], output_padding=[1, 1])
    transposed([2, 4, 3, 2], [4, 3, 3, 3], strides=[2, 1], pads=[1, 0, 0, 2], output_padding=[1, 0], group=2)
    transposed([1, 3, 3, 3], [3, 1, 3, 3], strides=[2, 2], pads=[1, 1, 0, 1], group=3, bias=False)
    transposed([1, 2, 3, 4], [2, 2, 2, 3], dilations=[2, 2], pads=[1, 2, 1, 0])
    transposed([1, 2, 3, 3], [2, 2, 1, 1], strides=[2, 2], bias=False)
    transposed([1, 2, 4], [2, 2, 2], strides=[3], output_shape=[13], derived=[0, -2], bias=False)
    transposed([1, 2, 3, 3], [2, 2, 3, 2], auto_pad="VALID", strides=[2, 1], bias=False)
    transposed([1, 2, 2, 3, 2], [2, 2, 2, 2, 3], strides=[1, 2, 1], pads=[0, 1, 1, 1, 0, 1])
    # 2·2 + 3 = 7 long without pads: 6 leaves one, after the end unless the mode says otherwise.
    transposed([1, 2, 3, 3], [2, 2, 3, 3], derived=[0, 0, 1, 1], strides=[2, 2], auto_pad="SAME_UPPER", bias=False)
    transposed([1, 2, 3, 3], [2, 2, 3, 3], derived=[1, 1, 0, 0], strides=[2, 2], auto_pad="SAME_LOWER", bias=False)
    transposed([1, 2, 3, 3], [2, 2, 3, 3], derived=[1, 1, 0, 0], strides=[2, 2], output_shape=[6, 6], bias=False)


def add():
    products()
    convolutions()
    transposed_convolutions()
