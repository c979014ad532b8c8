import { sizeOf } from "../../tensor/shape.ts";
import { type Tensor, tensor, toNumbers } from "../../tensor/tensor.ts";

/** How weights become integers. */
export interface WeightOptions {
  /** Whether every output channel has a scale of its own. */
  readonly perChannel: boolean;
  /** Bits of a weight: 8, or 7 for processors whose sums of 8-bit products overflow. */
  readonly bits: 7 | 8;
}

/** Integers, and what one step of each channel's is worth. */
export interface Quantised {
  /** The integers. */
  readonly whole: Tensor;
  /** One scale `[]`, or one a channel `[C]`. */
  readonly scales: Tensor<"float32">;
}

/**
 * Weights as int8 around 0: w ≈ scale·q with scale = max|w| / 127 over a channel, at least `floor`.
 */
export function quantisedWeights(
  { dims, data }: Tensor,
  { axis, perChannel, bits, floor }: WeightOptions & {
    /** The axis of the output channels. */
    readonly axis: number;
    /** Least scale of each channel. */
    readonly floor?: readonly number[];
  },
): Quantised {
  const channels = dims[axis]!;
  const inner = sizeOf(dims.slice(axis + 1));
  const channelOf = (at: number) => perChannel ? Math.floor(at / inner) % channels : 0;
  const weights = data as Float32Array;
  const most = new Float64Array(perChannel ? channels : 1);
  weights.forEach((one, at) => {
    most[channelOf(at)] = Math.max(most[channelOf(at)]!, Math.abs(one));
  });
  const limit = 2 ** (bits - 1) - 1;
  const least = (channel: number) =>
    floor === undefined ? 0 : perChannel ? floor[channel]! : Math.max(...floor);
  const scales = Float32Array.from(
    most,
    (one, channel) => Math.max(one / limit, least(channel)) || 1,
  );
  const whole = Int8Array.from(
    weights,
    (one, at) => Math.min(Math.max(Math.round(one / scales[channelOf(at)]!), -limit), limit),
  );
  return {
    whole: tensor("int8", dims, whole),
    scales: tensor("float32", perChannel ? [channels] : [], scales),
  };
}

/** A bias as int32 at the scale of the products that it is added to. */
export function quantisedBias(bias: Tensor, weights: Tensor<"float32">, scale: number): Quantised {
  const numbers = toNumbers(bias);
  const scales = weights.data.map((one) => one * scale);
  const whole = numbers.map((one, at) => Math.round(one / scales[scales.length === 1 ? 0 : at]!));
  return {
    whole: tensor("int32", [numbers.length], whole),
    scales: tensor("float32", weights.dims, scales),
  };
}
