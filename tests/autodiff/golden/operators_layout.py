"""Elements moved, copied, chosen, summed up and resampled."""
import numpy as np, torch
import torch.nn.functional as F
from make_operators import Draw, apart, case


def table(*rows): return np.array(rows, np.int64)


def scales(*values): return np.array(values, np.float64)


def shapes():
    case("Reshape", [Draw(2, 6), table(3, -1)], lambda x, _: x.reshape(3, 4))
    case("Reshape", [Draw(2, 3, 2), table(0, -1)], lambda x, _: x.reshape(2, 6))
    case("Reshape", [Draw(1), table()], lambda x, _: x.reshape([]))
    for axis, dims in ((1, [2, 6]), (0, [1, 12]), (2, [6, 2]), (-1, [6, 2]), (3, [12, 1])):
        case("Flatten", [Draw(2, 3, 2)], lambda x: x.reshape(dims), {"axis": axis})
    case("Flatten", [Draw(2, 3, 2)], lambda x: x.flatten(1))
    case("Squeeze", [Draw(2, 1, 3, 1), table(1, -1)], lambda x, _: x.squeeze((1, 3)))
    case("Squeeze", [Draw(2, 1, 3, 1)], lambda x: x.squeeze())
    case("Squeeze", [Draw(2, 1, 3, 1)], lambda x: x.squeeze(1), {"axes": [1]}, 11)
    case("Unsqueeze", [Draw(2, 3), table(0, -1)], lambda x, _: x[None, ..., None])
    case("Unsqueeze", [Draw(2, 3)], lambda x: x[:, None], {"axes": [1]}, 11)
    case("Transpose", [Draw(2, 3)], lambda x: x.T)
    for perm in ([2, 0, 1], [0, 2, 1], [2, 1, 0]): case("Transpose", [Draw(2, 3, 2)], lambda x: x.permute(perm), {"perm": perm})
    case("Transpose", [Draw(1, 2, 3, 2)], lambda x: x.permute(0, 2, 3, 1), {"perm": [0, 2, 3, 1]})
    for dims, to, result in (([3, 1], [2, 3, 4], [2, 3, 4]), ([3, 1], [1, 4], [3, 4]), ([2, 1, 3], [2, 1], [2, 2, 3]), ([], [2, 2], [2, 2]), ([2, 3], [1], [2, 3])):
        case("Expand", [Draw(*dims), table(*to)], lambda x, _: x.expand(result))
    for dims, repeats in (([2, 3], [2, 1]), ([2, 3], [1, 3]), ([2, 1, 2], [2, 3, 2]), ([3], [2])):
        case("Tile", [Draw(*dims), table(*repeats)], lambda x, _: x.repeat(repeats))
    for mode in ("DCR", "CRD"):
        def spread(x):
            n, c, h, w = x.shape
            if mode == "CRD": return F.pixel_shuffle(x, 2)
            return x.reshape(n, 2, 2, c // 4, h, w).permute(0, 3, 4, 1, 5, 2).reshape(n, c // 4, 2 * h, 2 * w)
        case("DepthToSpace", [Draw(1, 8, 2, 3)], spread, {"blocksize": 2, "mode": mode})
    case("DepthToSpace", [Draw(1, 4, 1, 2)], lambda x: F.pixel_shuffle(x, 2), {"blocksize": 2}, 11)
    case("SpaceToDepth", [Draw(2, 2, 4, 2)], lambda x: x.reshape(2, 2, 2, 2, 1, 2).permute(0, 3, 5, 1, 2, 4).reshape(2, 8, 2, 1), {"blocksize": 2})


def pieces():
    for axis, shapes in ((0, ([2, 2], [1, 2])), (1, ([2, 1], [2, 3], [2, 2])), (-1, ([1, 2, 1], [1, 2, 2])), (-2, ([1, 2, 2], [1, 1, 2]))):
        case("Concat", [Draw(*dims) for dims in shapes], lambda *values: torch.cat(values, axis), {"axis": axis})
    case("Concat", [Draw(2, 2)], lambda x: x * 1, {"axis": 0})
    case("Split", [Draw(5, 2), table(2, 3)], lambda x, _: x.split([2, 3]))
    case("Split", [Draw(2, 5), table(1, 3, 1)], lambda x, _: x.split([1, 3, 1], 1), {"axis": -1})
    case("Split", [Draw(2, 5), table(1, 3, 1)], lambda x, _: (x[:, :1], None, x[:, 4:]), {"axis": 1})
    case("Split", [Draw(2, 5)], lambda x: x.split([3, 2], 1), {"axis": 1, "num_outputs": 2})
    case("Split", [Draw(4, 2)], lambda x: x.split(2), opset=13)
    case("Split", [Draw(2, 4)], lambda x: x.split([1, 3], 1), {"axis": 1, "split": [1, 3]}, 11)
    case("Slice", [Draw(4, 5), table(1, -3), table(3, 99)], lambda x, *_: x[1:3, -3:])
    case("Slice", [Draw(4, 5), table(0), table(-1), table(-1), table(2)], lambda x, *_: x[:, 0:-1:2])
    case("Slice", [Draw(5, 6), table(-1, 4), table(-99, 0), table(0, 1), table(-2, -1)], lambda x, *_: x.flip(0)[::2].flip(1)[:, 1:5])
    case("Slice", [Draw(3, 7), table(1), table(7), table(1), table(3)], lambda x, *_: x[:, 1::3])
    case("Slice", [Draw(3, 7), table(99), table(-6), table(1), table(-3)], lambda x, *_: x.flip(1)[:, :6:3])
    case("Slice", [Draw(2, 3, 3), table(1), table(2), table(-2)], lambda x, *_: x[:, 1:2])
    case("Slice", [Draw(4, 3)], lambda x: x[1:3, :2], {"starts": [1, 0], "ends": [3, 2]}, 9)
    case("Slice", [Draw(4, 3)], lambda x: x[:, -2:], {"starts": [-2], "ends": [9], "axes": [1]}, 9)
    case("Pad", [Draw(2, 3), table(0, 1, 2, 1)], lambda x, _: F.pad(x, (1, 1, 0, 2)))
    case("Pad", [Draw(2, 3), table(0, 1, 1, -1), np.float64(1.5)], lambda x, *_: F.pad(x, (1, -1, 0, 1), value=1.5))
    case("Pad", [Draw(2, 2, 3), table(1, 2, 0, 1), None, table(0, -1)], lambda x, *_: F.pad(x, (2, 1, 0, 0, 1, 0)))
    case("Pad", [Draw(2, 3)], lambda x: F.pad(x, (-1, 1, 1, 0), value=2), {"pads": [1, -1, 0, 1], "value": 2.0}, 7)
    for mode, torch_mode in (("reflect", "reflect"), ("edge", "replicate"), ("wrap", "circular")):
        opset = 19 if mode == "wrap" else 18
        case("Pad", [Draw(1, 2, 3, 4), table(0, 0, 1, 2, 0, 0, 2, 1)], lambda x, _: F.pad(x, (2, 1, 1, 2), torch_mode), {"mode": mode}, opset)
        case("Pad", [Draw(1, 2, 4), table(0, 0, 3, 0, 0, 2)], lambda x, _: F.pad(x, (3, 2), torch_mode), {"mode": mode}, opset)
        case("Pad", [Draw(1, 2, 4), table(2, 0), None, table(-1)], lambda x, *_: F.pad(x, (2, 0), torch_mode), {"mode": mode}, opset)


def chosen():
    for axis, index in ((0, [1, 1, -1]), (1, [[0, 2], [-1, 0]]), (-1, [1]), (0, 2), (1, [2, 1, 0, 2])):
        index = table(*index) if isinstance(index, list) else np.array(index)
        pick = lambda x, i: x.movedim(axis, 0)[i].movedim(tuple(range(index.ndim)), tuple(axis % 3 + n for n in range(index.ndim)))
        case("Gather", [Draw(3, 3, 2), index], pick, {"axis": axis})
    case("Gather", [Draw(4, 2), table(3, 0, 3)], lambda x, i: x[i])
    case("Gather", [Draw(4, 2), np.array([3, 0, 3], np.int32)], lambda x, i: x[i.long()])
    case("GatherElements", [Draw(3, 2), np.array([[2, 0], [2, -1]], np.int32)], lambda x, i: x.gather(0, i.long() % 3))
    case("ScatterElements", [Draw(3, 2), np.array([[2, 0], [1, -1]], np.int32), Draw(2, 2)], lambda x, i, u: x.scatter(0, i.long() % 3, u))
    for axis, index in ((0, [[0, 2], [2, 0]]), (1, [[0, 0, 1], [1, 1, -2], [-1, 0, 0]]), (-1, [[1], [1], [0]])):
        case("GatherElements", [Draw(3, 2), table(*index)], lambda x, i: x.gather(axis, i % x.shape[axis]), {"axis": axis})
    case("GatherElements", [Draw(2, 3, 2), table([[1, 0]], [[0, 1]])], lambda x, i: x.gather(1, i), {"axis": 1})
    for dims, index in (([3, 4, 2], [[0, 1], [2, -1], [0, 1]]), ([3, 4], [[[0], [2]], [[2], [-3]]]), ([2, 3], [[1, 2], [0, 0], [1, 2]]), ([2, 2, 2], [[[[0, 1, 1]]]])):
        case("GatherND", [Draw(*dims), table(*index)], lambda x, i: x[tuple(i.unbind(-1))])
    case("GatherND", [Draw(2, 3, 2), table([1], [-1])], lambda x, i: x[torch.arange(2), i[:, 0]], {"batch_dims": 1})
    case("GatherND", [Draw(2, 2, 3), table([[[2]], [[0]]], [[[1]], [[1]]])],
         lambda x, i: x.gather(2, i[..., 0]), {"batch_dims": 2})
    case("GatherND", [Draw(2, 3, 2, 2), table([[0, 1], [0, 1]], [[2, 0], [-1, 0]])],
         lambda x, i: torch.stack([x[n][tuple(i[n].unbind(-1))] for n in range(2)]), {"batch_dims": 1})
    for axis, index, updates in ((0, [[1, 0], [2, 1]], [2, 2]), (1, [[1, 0, -1]], [1, 3]), (-1, [[0], [3], [2]], [3, 1])):
        placed = lambda x, i, u: x.scatter(axis, i % x.shape[axis], u)
        case("ScatterElements", [Draw(3, 4), table(*index), Draw(*updates)], placed, {"axis": axis})
    for axis, index in ((0, [[1, 1, 0], [1, 2, 0]]), (1, [[1, 1, -1], [0, 0, 0]]), (0, [[-1, 0, 1]])):
        case("ScatterElements", [Draw(3, 4), table(*index), Draw(len(index), 3)],
             lambda x, i, u: x.scatter_add(axis, i % x.shape[axis], u), {"axis": axis, "reduction": "add"})
    case("Scatter", [Draw(3, 3), table([1, 0, 2], [0, 2, 1]), Draw(2, 3)], lambda x, i, u: x.scatter(0, i, u), {"axis": 0}, 9)
    for dims, index, updates in (([4, 2], [[2], [0]], [2, 2]), ([3, 3], [[0, 1], [2, -1]], [2]), ([2, 2, 2], [[[0, 0], [1, 1]]], [1, 2, 2])):
        put = lambda add: lambda x, i, u: x.index_put(tuple(i.unbind(-1)), u, add)
        case("ScatterND", [Draw(*dims), table(*index), Draw(*updates)], put(False))
        case("ScatterND", [Draw(*dims), table(*index), Draw(*updates)], put(True), {"reduction": "add"})
    case("ScatterND", [Draw(4, 2), table([2], [0], [2]), Draw(3, 2)], put(True), {"reduction": "add"})
    for axis, count, largest in ((-1, 2, 1), (0, 2, 0), (1, 4, 1), (-2, 1, 0)):
        case("TopK", [apart(3, 4), table(count)], lambda x, _: (x.topk(count, axis, bool(largest)).values, None),
             {"axis": axis, "largest": largest})
    for batch, time, lengths in ((1, 0, [3, 1]), (0, 1, [2, 3, 1])):
        def turned(x, _):
            rows = [torch.cat((row[:count].flip(0), row[count:])) for row, count in zip(x.movedim((batch, time), (0, 1)), lengths)]
            return torch.stack(rows).movedim((0, 1), (batch, time))
        case("ReverseSequence", [Draw(*((3, 2) if batch else (3, 3)), 2), table(*lengths)], turned, {"batch_axis": batch, "time_axis": time})


def sums():
    for axis in (0, 1, -1):
        for exclusive in (0, 1):
            for reverse in (0, 1):
                if axis == -1 and exclusive: continue
                def summed(x, _):
                    x = x.flip(axis) if reverse else x
                    y = x.cumsum(axis) - (x if exclusive else 0)
                    return y.flip(axis) if reverse else y
                case("CumSum", [Draw(3, 4), np.array(axis)], summed, {"exclusive": exclusive, "reverse": reverse})
    for upper, function in ((1, torch.triu), (0, torch.tril)):
        for k in (0, 1, -1, 5): case("Trilu", [Draw(3, 4), np.array(k)], lambda x, _: function(x, k), {"upper": upper})
        case("Trilu", [Draw(2, 3, 2)], function, {"upper": upper})


def resized():
    modes = {
        "nearest": ("nearest", {"coordinate_transformation_mode": "asymmetric", "nearest_mode": "floor"}),
        "exact": ("nearest-exact", {"coordinate_transformation_mode": "half_pixel", "nearest_mode": "round_prefer_ceil"}),
    }
    for align, name in ((False, "half_pixel"), (False, "pytorch_half_pixel"), (True, "align_corners")):
        more = {"coordinate_transformation_mode": name}
        modes[f"linear {name}"] = ("bilinear", {"mode": "linear", **more}, align)
        modes[f"cubic {name}"] = ("bicubic", {"mode": "cubic", **more}, align)
    for mode, attributes, *align in modes.values():
        for to in ([6, 8], [5, 3], [2, 9]):
            case("Resize", [Draw(1, 2, 3, 4), None, None, table(1, 2, *to)], lambda x, *_: F.interpolate(x, to, mode=mode, align_corners=align[0] if align else None), attributes)
        if align == [True]: continue
        case("Resize", [Draw(1, 1, 4, 5), None, scales(1, 1, 2, 1.5)],
             lambda x, *_: F.interpolate(x, scale_factor=(2, 1.5), mode=mode, align_corners=align[0] if align else None), attributes)
        if not align: continue
        case("Resize", [Draw(1, 2, 6, 5), None, None, table(3, 2)], lambda x, *_: F.interpolate(x, (3, 2), mode=mode, antialias=True, align_corners=False),
             {**attributes, "axes": [2, 3], "antialias": 1, "exclude_outside": 1, "cubic_coeff_a": -0.5})
    for axes, factors in (([-2, -1], (1.5, 1.75)), ([3, 2], (1.75, 1.5))):
        case("Resize", [Draw(1, 1, 3, 3), None, scales(*factors)], lambda x, *_: F.interpolate(x, scale_factor=(1.5, 1.75), mode="bilinear"),
             {"mode": "linear", "axes": axes})
        case("Resize", [Draw(1, 1, 3, 4), None, None, table(*((5, 7) if axes[0] < 0 else (7, 5)))],
             lambda x, *_: F.interpolate(x, (5, 7), mode="bilinear"), {"mode": "linear", "axes": axes})
    case("Resize", [Draw(1, 1, 4, 5), None, None, table(5, 10)], lambda x, *_: F.interpolate(x, scale_factor=1.25, mode="bilinear"),
         {"mode": "linear", "axes": [2, 3], "keep_aspect_ratio_policy": "not_larger"})
    case("Resize", [Draw(1, 2, 5), None, None, table(1, 2, 8)], lambda x, *_: F.interpolate(x, 8, mode="linear"), {"mode": "linear"})
    case("Resize", [Draw(1, 1, 2, 3, 2), None, None, table(1, 1, 3, 4, 4)], lambda x, *_: F.interpolate(x, (3, 4, 4), mode="trilinear"), {"mode": "linear"})
    case("Resize", [Draw(1, 2, 3, 3), scales(1, 1, 2, 2)], lambda x, _: F.interpolate(x, scale_factor=2, mode="nearest"), {"mode": "nearest"}, 10)
    case("Upsample", [Draw(1, 2, 2, 3), scales(1, 1, 2, 3)], lambda x, _: F.interpolate(x, scale_factor=(2, 3), mode="nearest"), {"mode": "nearest"}, 9)
    case("Upsample", [Draw(1, 2, 2, 3)], lambda x: F.interpolate(x, scale_factor=(2, 2), mode="nearest"), {"scales": [1.0, 1.0, 2.0, 2.0]}, 7)


def add():
    shapes()
    pieces()
    chosen()
    sums()
    resized()
