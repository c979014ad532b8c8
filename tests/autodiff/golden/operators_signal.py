"""Fourier transforms, running products, determinants, and numbers of few bits."""
import numpy as np, torch
from make_operators import Draw, Given, case, far


def complex_of(x):
    """Of the last axis: a real part, and an imaginary one where there is one."""
    return torch.complex(x[..., 0], x[..., 1] if x.shape[-1] == 2 else torch.zeros_like(x[..., 0]))


def transforms():
    for dims, axis, length, inverse, onesided in (
        ([2, 5, 1], 1, None, 0, 0), ([2, 4, 2], 1, None, 0, 0), ([1, 3, 4, 2], 2, None, 0, 0), ([2, 3, 4, 1], 1, None, 0, 0),
        ([2, 6, 2], 1, None, 1, 0), ([1, 5, 3, 2], 1, None, 1, 0), ([2, 5, 1], 1, None, 0, 1), ([1, 6, 2, 1], 1, None, 0, 1),
        ([1, 3, 1], 1, 5, 0, 0), ([1, 5, 2], 1, 3, 0, 0), ([1, 3, 2], 1, 4, 1, 0), ([2, 5, 1], 1, 3, 0, 1), ([2, 4, 1], 1, 7, 0, 1),
        ([1, 3, 4, 2], -2, None, 0, 0), ([1, 3, 4, 2], -3, 2, 1, 0)):
        def transform(x, *_):
            if onesided: made = torch.fft.rfft(x[..., 0], length, axis % len(dims))
            else: made = (torch.fft.ifft if inverse else torch.fft.fft)(complex_of(x), length, axis % len(dims))
            return torch.view_as_real(made)
        size = None if length is None else np.array(length)
        more = {**({"inverse": 1} if inverse else {}), **({"onesided": 1} if onesided else {})}
        if axis > 0: case("DFT", [Draw(*dims), *([] if size is None else [size])], transform, {**more, "axis": axis}, 18)
        case("DFT", [Draw(*dims), size, np.array(axis)], transform, more, 20)
    # Opset 17 has the second axis where none is given, opset 20 the one before the last.
    along = lambda axis: lambda x: torch.view_as_real(torch.fft.fft(complex_of(x), dim=axis))
    case("DFT", [Draw(1, 3, 4, 2)], along(1), opset=18)
    case("DFT", [Draw(1, 3, 4, 2)], along(2), opset=20)


def spectra():
    for dims, step, size, windowed, onesided in (([2, 7, 1], 2, 3, True, None), ([1, 8, 1], 3, 4, False, None), ([1, 8, 1], 4, 4, True, 0),
                                                 ([1, 7, 2], 2, 3, False, 0), ([1, 7, 2], 3, 4, True, 0), ([2, 6], 1, 4, True, 1)):
        def spectrum(signal, _, window=None, __=None):
            x = signal if signal.dim() == 2 else signal[..., 0] if signal.shape[-1] == 1 else complex_of(signal)
            made = torch.stft(x, size, step, window=torch.ones(size).double() if window is None else window, center=False,
                              onesided=onesided != 0, return_complex=True)
            return torch.view_as_real(made.transpose(1, 2))
        inputs = [Draw(*dims), np.array(step), Draw(size) if windowed else None, None if windowed else np.array(size)]
        for opset in (18, 20) if dims == [2, 7, 1] else (18,):
            case("STFT", inputs[:3] if windowed else inputs, spectrum, {} if onesided is None else {"onesided": onesided}, opset)


def products():
    zeros = Given([[2, 0, -1, 0.5], [0, 0, 3, 1], [1.5, 2, 0, -2], [1, -1, 0.5, 3]])
    for draw, rank in ((zeros, 2), (far(2, 4, 2), 3)):
        for axis in (1, 0, -1):
            for exclusive, reverse in ((0, 0), (1, 0), (0, 1), (1, 1)):
                if axis != 1 and exclusive != reverse: continue
                def product(x, _):
                    x = x.flip(axis) if reverse else x
                    if exclusive: x = torch.cat([torch.ones_like(x.narrow(axis, 0, 1)), x.narrow(axis, 0, x.shape[axis] - 1)], axis)
                    y = x.cumprod(axis)
                    return y.flip(axis) if reverse else y
                more = {name: 1 for name, flag in (("exclusive", exclusive), ("reverse", reverse)) if flag}
                case("CumProd", [draw, np.array(axis)], product, more, 26)


def determinants():
    """Of matrices whose diagonal is the largest of each row."""
    for dims in ([2, 2], [3, 3], [2, 3, 3], [2, 1, 4, 4], [1, 1]):
        case("Det", [Draw(*dims, move=lambda x: x / 2 + 3 * np.eye(dims[-1]))], torch.linalg.det)
    case("Det", [Given([[0, 2, 1], [1, 0, -1], [3, 1, 0]])], torch.linalg.det)


def few_bits():
    """Weights of `bits` bits, lowest first, in blocks of which each has a scale and a zero point."""
    def unpacked(packed, bits):
        return torch.stack([packed.long() >> shift & (1 << bits) - 1 for shift in range(0, 8, bits)], -1).flatten(-2)
    for dims, columns, block, bits, zeros, bias in (([2, 32], 3, 16, 4, False, False), ([3, 40], 2, 16, 4, True, False),
                                                    ([2, 2, 32], 3, 32, 4, True, True), ([2, 32], 2, 16, 8, False, True)):
        inner = dims[-1]
        blocks = -(-inner // block)
        random = np.random.default_rng([inner, columns, bits])
        packed = random.integers(0, 256, (columns, blocks, block * bits // 8)).astype(np.uint8)
        scales = random.integers(1, 9, columns * blocks) / 32
        per_row = -(-blocks * bits // 8)
        points = random.integers(0, 256, columns * per_row).astype(np.uint8) if zeros else None
        def product(a, packed, scales, points=None, _=None, bias=0):
            middle = torch.full((columns, blocks), 1 << bits - 1) if points is None else unpacked(points.reshape(columns, -1), bits)[:, :blocks]
            weights = (unpacked(packed, bits) - middle[..., None]) * scales.reshape(columns, blocks, 1)
            return a @ weights.flatten(1)[:, :inner].T + bias
        inputs = [Draw(*dims), packed, scales, points, None, Draw(columns) if bias else None]
        while inputs[-1] is None: inputs.pop()
        case("com.microsoft.MatMulNBits", inputs, product, {"K": inner, "N": columns, "bits": bits, "block_size": block})


def add():
    transforms()
    spectra()
    products()
    determinants()
    few_bits()
