import type { Value } from "../../../onnx/graph.ts";
import { sameShape, sizeOf } from "../../../tensor/shape.ts";
import { type Builder, dimsOf, typeOf } from "../../builder.ts";

/** The runtime's operators on tensors whose channels are blocked. */
export const BLOCKED_DOMAIN = "com.microsoft.nchwc";

/** What a blocked operator can do to its result before it writes it. */
export interface Finish {
  /** Added to it. */
  readonly sum?: Value;
  /** Then applied to it. */
  readonly activation?: "Relu";
}

/** A blocked value that is put together where it is first needed. */
export type Pending = (finish: Finish) => Value;

/**
 * Values `[N, C, H, W]` in the layout of the runtime's fast convolutions, beside the plain ones:
 * in memory `[N, C/block, H, W, block]`, though the shape is still written `[N, C, H, W]`. Channels
 * are filled up with zeros to a multiple of the block.
 */
export class BlockedValues {
  readonly #known = new Map<Value, Value>();
  readonly #native = new Set<Value>();
  readonly #pending = new Map<Value, Pending>();

  /** Adds operators by `g`; `block` channels lie together. */
  constructor(readonly g: Builder, readonly block: number) {}

  /** Whether a value is computed in blocked form. */
  isNative(value: Value): boolean {
    return this.#native.has(value);
  }

  /** Remembers that a value is computed in blocked form. */
  set(value: Value, blocked: Value): void {
    this.#known.set(value, blocked);
    this.#native.add(value);
  }

  /** Remembers how a value's blocked form will be computed, so that its only reader may take it over. */
  defer(value: Value, pending: Pending): void {
    this.#pending.set(value, pending);
    this.#native.add(value);
  }

  /** What is to compute a value that has one reader only, which then does it; `undefined` where it is there. */
  take(value: Value): Pending | undefined {
    const pending = this.#pending.get(value);
    if (!pending || value.consumers.size > 1 || this.g.graph.outputs.includes(value)) {
      return undefined;
    }
    this.#pending.delete(value);
    return pending;
  }

  /** Whether a value's channels fill their blocks, so that elementwise operators may be applied. */
  fills({ shape }: Value): boolean {
    return shape?.length === 4 && shape.every((dim) => typeof dim === "number") &&
      shape[1] as number % this.block === 0;
  }

  /** Channels with what fills the last block up. */
  padded(channels: number): number {
    return Math.ceil(channels / this.block) * this.block;
  }

  /** The blocked form of a value. */
  of(value: Value): Value {
    const pending = this.#pending.get(value);
    if (pending) {
      this.#pending.delete(value);
      this.#known.set(value, pending({}));
    }
    const known = this.#known.get(value) ?? this.#regrouped(value);
    if (known) return known;
    const made = this.reordered(value);
    this.#known.set(value, made);
    return made;
  }

  /** A value `[N, C, H, W]`, or `[N, H, W, C]` if from channels last, reordered whatever is known of it. */
  reordered(value: Value, { from = "plain" }: { readonly from?: "plain" | "channelsLast" } = {}) {
    const isLast = from === "channelsLast";
    const dims = dimsOf(value);
    const [images, channels, ...places] = isLast ? [dims[0]!, dims[3]!, dims[1]!, dims[2]!] : dims;
    return this.g.op(
      "ReorderInput",
      [value],
      [images!, this.padded(channels!), ...places],
      isLast ? { channels_last: 1 } : {},
      typeOf(value),
      BLOCKED_DOMAIN,
    );
  }

  /** The plain form of a value of which there is a blocked one. */
  plain(value: Value): Value {
    const attributes = { channels: dimsOf(value)[1]! };
    const inputs = [this.of(value)];
    return this.g.op(
      "ReorderOutput",
      inputs,
      dimsOf(value),
      attributes,
      typeOf(value),
      BLOCKED_DOMAIN,
    );
  }

  /** A blocked value with its channels last, `[N, H, W, C]`. */
  channelsLast(value: Value): Value {
    const [images, channels, ...places] = dimsOf(value) as [number, number, ...number[]];
    return this.g.op(
      "ReorderOutput",
      [this.of(value)],
      [images, ...places, channels],
      { channels, channels_last: 1 },
      typeOf(value),
      BLOCKED_DOMAIN,
    );
  }

  /** One filter a channel, `[C, 1, h, w]`, as an image of C channels in blocked form. */
  filters(weight: Value): Value {
    const [channels, , ...window] = dimsOf(weight) as [number, number, ...number[]];
    const whole = this.#unreshaped(weight);
    const image = whole ?? this.g.reshape(weight, [1, channels, ...window]);
    return this.g.reshape(this.of(image), dimsOf(weight));
  }

  /** Where images are taken for channels, `[1, N·C, H, W]`, the blocks are the same. */
  #regrouped(value: Value): Value | undefined {
    const whole = this.fills(value) ? this.#unreshaped(value) : undefined;
    if (!whole) return undefined;
    const made = this.g.reshape(this.of(whole), dimsOf(value));
    this.#known.set(value, made);
    return made;
  }

  /** The `[N, C, H, W]` that `value` has the elements of, of full blocks and the same places. */
  #unreshaped(value: Value): Value | undefined {
    const node = value.producer;
    const from = node?.opType === "Reshape" && node.domain === "" ? node.inputs[0]! : undefined;
    if (from?.shape?.length !== 4 || !this.fills(from)) return undefined;
    const [a, b] = [dimsOf(from), dimsOf(value)];
    const same = sameShape(a.slice(2), b.slice(2)) && sizeOf(a) === sizeOf(b);
    return same ? from : undefined;
  }
}
