import type { Parameter } from "../onnx/model.ts";
import { sizeOf } from "../tensor/shape.ts";
import { type Tensor, tensor } from "../tensor/tensor.ts";
import { momentName } from "./checkpoint.ts";

/** What is to be known of a parameter to find it room. */
export type MemoryParameter = Pick<
  Parameter,
  "name" | "type" | "shape" | "size" | "trainable" | "value"
>;

/** Shapes of the arrays of state that an optimizer keeps for a parameter. */
export type StateShapes = (parameter: MemoryParameter) => readonly (readonly number[])[];

/** Where an array lies. */
interface Place {
  /** Byte offset. */
  readonly offset: number;
  /** Its shape. */
  readonly shape: readonly number[];
}

const PAGE_BYTES = 65536;
/** Arrays begin at multiples of this many elements, so that the engine finds them aligned. */
const ALIGNED = 16;

/**
 * The trainable parameters of a model, their gradients and the optimizer's state, one after the
 * other in one WebAssembly memory: the engine reads and writes there, and so does the optimizer.
 */
export class ParameterMemory {
  /** The memory: parameters, then gradients, then the first array of state of each, and so on. */
  readonly memory: WebAssembly.Memory;
  /** Elements in each region, gaps between the parameters included. */
  readonly count: number;
  /** Byte offset of the room that is given up to whoever needs it for the length of a step. */
  readonly scratch: number;
  readonly #places = new Map<string, Place[]>();
  readonly #views = new Map<string, Tensor<"float32">>();

  /**
   * Copies the trainable parameters in. `states` says how many arrays of state each has, or their
   * shapes; `scratch` how many numbers of room; `shared`, whether several threads work in it. Throws
   * `TypeError` for one that is not float32.
   */
  constructor(
    model: { readonly parameters: ReadonlyMap<string, MemoryParameter> },
    states: number | StateShapes,
    scratch = 0,
    shared = false,
  ) {
    const trained = [...model.parameters.values()].filter((parameter) => parameter.trainable);
    trained.forEach(checkType);
    const shapes = trained.map((parameter) => [
      parameter.shape,
      parameter.shape,
      ...(typeof states === "number"
        ? new Array<readonly number[]>(states).fill(parameter.shape)
        : states(parameter)),
    ]);
    trained.forEach(({ name }) => this.#places.set(name, []));
    let end = 0;
    const regions = Math.max(2, ...shapes.map((one) => one.length));
    for (let region = 0; region < regions; region++) {
      trained.forEach(({ name }, index) => {
        const shape = shapes[index]![region];
        if (!shape) return;
        this.#places.get(name)!.push({ offset: 4 * end, shape });
        end += padded(sizeOf(shape));
      });
    }
    this.count = trained.reduce((sum, { shape }) => sum + padded(sizeOf(shape)), 0);
    this.scratch = 4 * end;
    const bytes = Math.max(1, 4 * (end + scratch));
    const pages = Math.ceil(bytes / PAGE_BYTES);
    this.memory = new WebAssembly.Memory({ initial: pages, maximum: pages, shared });
    this.load(new Map([...model.parameters].map(([name, { value }]) => [name, value])));
  }

  /** Names of the parameters, in order. */
  get names(): readonly string[] {
    return [...this.#places.keys()];
  }

  /** How many arrays of state a parameter has. */
  states(name: string): number {
    return this.#places.get(name)!.length - 2;
  }

  /** Byte offset of region `index`: 0 parameters, 1 gradients, from 2 on state of equal shapes. */
  offset(index: number): number {
    return index * this.count * 4;
  }

  /** All of region `index` as one array. */
  region(index: number): Float32Array {
    return new Float32Array(this.memory.buffer as ArrayBuffer, this.offset(index), this.count);
  }

  /** A parameter's array in region `index`, in place. */
  view(name: string, index: number): Tensor<"float32"> {
    const key = `${index} ${name}`;
    const known = this.#views.get(key);
    if (known) return known;
    const { offset, shape } = this.#places.get(name)![index]!;
    const buffer = this.memory.buffer as ArrayBuffer;
    const view = tensor("float32", shape, new Float32Array(buffer, offset, sizeOf(shape)));
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

/** The optimizers' state in a memory, in place, by the names that snapshots have. */
export function momentsIn(memory: ParameterMemory): [name: string, state: Tensor<"float32">][] {
  return memory.names.flatMap((name) =>
    Array.from({ length: memory.states(name) }, (_, index): [string, Tensor<"float32">] => [
      momentName(index, name),
      memory.view(name, 2 + index),
    ])
  );
}

/** Elements that an array takes up, the gap behind it included. */
export function padded(size: number): number {
  return Math.ceil(size / ALIGNED) * ALIGNED;
}

function checkType({ name, type }: MemoryParameter): void {
  if (type === "float32") return;
  throw new TypeError(
    `Parameter "${name}" is ${type}; only float32 can be trained. Freeze it`,
  );
}
