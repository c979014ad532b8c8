import type { Parameter } from "../onnx/model.ts";
import { type Tensor, tensor } from "../tensor/tensor.ts";

/** What is to be known of a parameter to find it room. */
export type MemoryParameter = Pick<
  Parameter,
  "name" | "type" | "shape" | "size" | "trainable" | "value"
>;

/** Where one parameter lies. */
interface Slot {
  readonly parameter: MemoryParameter;
  /** First element, counted from the start of each region. */
  readonly start: number;
}

const PAGE_BYTES = 65536;
/** Slots begin at multiples of this many elements, so that the engine finds them aligned. */
const ALIGNED = 16;

/**
 * The trainable parameters of a model, their gradients and the optimizer's state, one after the
 * other in one WebAssembly memory: the engine reads and writes there, and so does the optimizer.
 */
export class ParameterMemory {
  /** The memory: parameters, then gradients, then each array of state, each of `count` elements. */
  readonly memory: WebAssembly.Memory;
  /** Elements in each region, gaps between the parameters included. */
  readonly count: number;
  readonly #slots = new Map<string, Slot>();
  readonly #views = new Map<string, Tensor<"float32">>();

  /** Copies the trainable parameters in. Throws `TypeError` for one that is not float32. */
  constructor(
    model: { readonly parameters: ReadonlyMap<string, MemoryParameter> },
    readonly states: number,
  ) {
    let start = 0;
    for (const parameter of model.parameters.values()) {
      if (!parameter.trainable) continue;
      if (parameter.type !== "float32") {
        throw new TypeError(
          `Parameter "${parameter.name}" is ${parameter.type}; only float32 can be trained. Freeze it`,
        );
      }
      this.#slots.set(parameter.name, { parameter, start });
      start += Math.ceil(parameter.size / ALIGNED) * ALIGNED;
    }
    this.count = start;
    const bytes = Math.max(1, (2 + states) * start * 4);
    this.memory = new WebAssembly.Memory({ initial: Math.ceil(bytes / PAGE_BYTES) });
    this.load(new Map([...model.parameters].map(([name, { value }]) => [name, value])));
  }

  /** Names of the parameters, in order. */
  get names(): readonly string[] {
    return [...this.#slots.keys()];
  }

  /** Byte offset of region `index`: 0 parameters, 1 gradients, from 2 on state. */
  offset(index: number): number {
    return index * this.count * 4;
  }

  /** All of region `index` as one array. */
  region(index: number): Float32Array {
    return new Float32Array(this.memory.buffer as ArrayBuffer, this.offset(index), this.count);
  }

  /** A parameter's part of region `index`, in place. */
  view(name: string, index: number): Tensor<"float32"> {
    const key = `${index} ${name}`;
    const known = this.#views.get(key);
    if (known) return known;
    const { parameter, start } = this.#slots.get(name)!;
    const data = new Float32Array(
      this.memory.buffer as ArrayBuffer,
      this.offset(index) + start * 4,
      parameter.size,
    );
    const view = tensor("float32", parameter.shape, data);
    this.#views.set(key, view);
    return view;
  }

  /** Copies of the parameters as they are now. */
  copy(): Map<string, Tensor> {
    return new Map(this.names.map((name) => {
      const { dims, data } = this.view(name, 0);
      return [name, tensor("float32", dims, data.slice())];
    }));
  }

  /** Writes parameters in. */
  load(weights: ReadonlyMap<string, Tensor>): void {
    for (const name of this.names) {
      const weight = weights.get(name);
      if (weight) this.view(name, 0).data.set(weight.data as Float32Array);
    }
  }
}
