"""Pictures sampled between their elements, columns put back into pictures, and regions."""
import numpy as np, torch
import torch.nn.functional as F
from torchvision.ops import deform_conv2d, roi_align, roi_pool
from make_operators import Draw, Given, apart, case, tied


def between(*dims, reach=47):
    """Odd numbers of 32nds, which no half of a picture's few elements hits."""
    return Draw(*dims, move=lambda x: (2 * np.round(x / 2 * (reach - 1) / 2) + 1) / 32)


def grids():
    padded = [(padding, align) for padding in ("zeros", "border", "reflection") for align in (0, 1)]
    for mode, old in (("linear", "bilinear"), ("nearest", "nearest"), ("cubic", "bicubic")):
        for padding, align in padded:
            def sample(x, grid): return F.grid_sample(x, grid, "bilinear" if mode == "linear" else old, padding, align == 1)
            more = {"padding_mode": padding, "align_corners": align}
            case("GridSample", [Draw(2, 2, 4, 5), between(2, 3, 2, 2)], sample, {"mode": mode, **more}, 20)
            case("GridSample", [Draw(1, 1, 3, 4), between(1, 2, 3, 2, reach=111)], sample, {"mode": old, **more}, 16)
            if mode != "cubic": case("GridSample", [Draw(1, 2, 3, 4, 2), between(1, 2, 2, 2, 3)], sample, {"mode": mode, **more}, 20)
    # The points of the unit map: they hit elements, and with the corners aligned the outermost ones.
    for padding, align in padded:
        grid = F.affine_grid(torch.eye(2, 3, dtype=torch.float64)[None], [1, 1, 4, 2], align_corners=align == 1)
        if align: grid = grid[:, ::3]
        case("GridSample", [Draw(1, 1, 4, 2), Given(grid.numpy())], lambda x, grid: F.grid_sample(x, grid, "bilinear", padding, align == 1),
             {"mode": "linear", "padding_mode": padding, "align_corners": align}, 20)
    case("GridSample", [Draw(1, 2, 3, 3), between(1, 2, 2, 2)], lambda x, grid: F.grid_sample(x, grid, align_corners=False))
    # An axis of one element with its corners aligned is left out: ONNX Runtime has its middle at 1, PyTorch at 0.
    for size in ([2, 3, 4, 5], [1, 1, 2, 1], [1, 2, 3, 2, 4]):
        for align in (0, 1):
            if align and 1 in size[2:]: continue
            case("AffineGrid", [Draw(size[0], len(size) - 2, len(size) - 1), np.array(size)],
                 lambda theta, _: F.affine_grid(theta, size, align == 1), {"align_corners": align} if align else {}, 20)


def columns():
    def put(dims, image, block, strides=(1, 1), pads=(0, 0, 0, 0), dilations=(1, 1)):
        """Pads differ from side to side in ONNX only, so the whole is made and cut."""
        high, wide = image[0] + pads[0] + pads[2], image[1] + pads[1] + pads[3]
        def fold(x, *_):
            whole = F.fold(x, (high, wide), block, dilations, 0, strides)
            return whole[..., pads[0]:high - pads[2], pads[1]:wide - pads[3]]
        given = {"strides": strides, "pads": pads, "dilations": dilations}
        plain = {"strides": (1, 1), "pads": (0, 0, 0, 0), "dilations": (1, 1)}
        case("Col2Im", [Draw(*dims), np.array(image), np.array(block)], fold,
             {name: list(value) for name, value in given.items() if value != plain[name]})
    put([2, 8, 6], [3, 4], [2, 2])
    put([1, 6, 4], [4, 5], [2, 3], strides=(2, 2))
    put([1, 6, 12], [3, 4], [3, 2], pads=(1, 0, 1, 1))
    put([1, 4, 8], [5, 5], [2, 2], strides=(1, 2), pads=(1, 0, 0, 1), dilations=(2, 2))
    case("Col2Im", [Draw(2, 6, 3), np.array([7]), np.array([3])],
         lambda x, *_: F.fold(x, (1, 7), (1, 3), stride=(1, 2))[:, :, 0], {"strides": [2]})


def deformed():
    def conv(dims, weight, sizes, bias=False, mask=False, parts=1, opset=19, **attributes):
        strides, dilations, pads = (attributes.get(name, plain) for name, plain in
                                    (("strides", [1, 1]), ("dilations", [1, 1]), ("pads", [0] * 4)))
        def function(x, w, offset, b=None, mask=None):
            around = F.pad(x, (pads[1], pads[3], pads[0], pads[2]))
            return deform_conv2d(around, offset, w, b, strides, 0, dilations, mask)
        taps = parts * weight[2] * weight[3]
        case("DeformConv", [Draw(*dims), Draw(*weight), between(dims[0], 2 * taps, *sizes),
                            *([Draw(weight[0]) if bias else None] if bias or mask else []), *([Draw(dims[0], taps, *sizes)] if mask else [])],
             function, {**attributes, **({"offset_group": parts} if parts > 1 else {})}, opset)
    conv([1, 2, 4, 4], [2, 2, 2, 2], [3, 3])
    conv([2, 2, 3, 4], [3, 2, 3, 3], [3, 4], bias=True, mask=True, pads=[1, 1, 1, 1])
    conv([1, 2, 5, 4], [2, 1, 2, 2], [2, 2], mask=True, group=2, strides=[2, 1], dilations=[1, 2], opset=22)
    conv([1, 4, 4, 4], [2, 4, 2, 1], [2, 3], bias=True, parts=2, pads=[1, 0, 0, 1], strides=[2, 2])
    conv([1, 4, 3, 3], [4, 2, 2, 2], [2, 2], bias=True, mask=True, parts=2, group=2, kernel_shape=[2, 2])
    # Offsets as training starts with them.
    case("DeformConv", [Draw(1, 2, 3, 3), Draw(2, 2, 3, 3), Given(np.zeros([1, 18, 3, 3]))],
         lambda x, w, offset: deform_conv2d(x, offset, w, padding=1), {"pads": [1, 1, 1, 1]}, 19)


def regions():
    # Corners get no gradient in PyTorch, nor do they here.
    boxes = [[1, 1.25, 7.5, 8.75], [-3, 1.5, 4, 6.25], [2, 2, 2.5, 3]]
    images = np.array([1, 0, 1])
    for half in (True, False):
        for size, ratio, scale in (((2, 3), 2, 0.5), ((3, 2), 1, 0.25), ((1, 1), 3, 1.0)):
            def aligned(x, corners, images):
                return roi_align(x, torch.cat([images[:, None], corners], 1).double(), size, scale, ratio, half)
            mode = {} if half else {"coordinate_transformation_mode": "output_half_pixel"}
            case("RoiAlign", [Draw(2, 2, 6, 5), Given(boxes), images], aligned,
                 {"output_height": size[0], "output_width": size[1], "sampling_ratio": ratio, "spatial_scale": scale, **mode})
    before = lambda x, corners, images: roi_align(x, torch.cat([images[:, None], corners], 1).double(), (2, 2), 0.5, 2)
    case("RoiAlign", [Draw(2, 2, 6, 5), np.array(boxes), images], before,
         {"output_height": 2, "output_width": 2, "sampling_ratio": 2, "spatial_scale": 0.5}, 10)
    # Whole corners after scaling, and cells of whole eighths, which no rounding moves.
    for size, scale in (((2, 4), 1.0), ((4, 2), 0.5), ((1, 1), 1.0)):
        rois = np.array([[1, 0, 0, 3, 5], [0, 2, 1, 9, 3], [1, 4, 4, 4, 4], [0, 6, 6, 8, 8]]) * ([1] + [1 / scale] * 4)
        case("MaxRoiPool", [apart(2, 2, 6, 5), rois], lambda x, rois: roi_pool(x, rois, size, scale), {"pooled_shape": list(size), "spatial_scale": scale})
    rois = np.array([[0, 0, 0, 4, 5], [0, 1, 2, 3, 3]], np.float64)
    case("MaxRoiPool", [tied(1, 2, 6, 5), rois], lambda x, rois: roi_pool(x, rois, (2, 1)), {"pooled_shape": [2, 1]})


def add():
    grids()
    columns()
    deformed()
    regions()
