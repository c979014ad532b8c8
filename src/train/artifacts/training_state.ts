import {
  type Checkpoint,
  type OptimizerGroup,
  USED_GROUP,
} from "../../artifacts/checkpoint/checkpoint.ts";
import { sameShape, sizeOf } from "../../tensor/shape.ts";
import { type Tensor, tensor } from "../../tensor/tensor.ts";
import { type MemoryParameter, ParameterMemory } from "../parameter_memory.ts";

/** Name and shape of a parameter, and whether it is trained. */
export interface StateParameter {
  /** Its name. */
  readonly name: string;
  /** Its shape. */
  readonly shape: readonly number[];
  /** Whether it has a gradient. */
  readonly trainable: boolean;
}

/** What changes while artifacts are trained: parameters, running statistics, moments, steps. */
export class TrainingState {
  /** The trainable parameters, their gradients and their moments. */
  readonly memory: ParameterMemory;
  /** Optimizer steps taken. */
  steps = 0;
  /** The learning rate that a checkpoint says schedules start from. */
  initialLearningRate = 0;
  readonly #frozen = new Map<string, Tensor>();

  /**
   * `parameters` in the order of the training model, `moments` the names of what the optimizer keeps.
   * A nominal checkpoint leaves all values 0.
   */
  constructor(
    readonly parameters: readonly StateParameter[],
    readonly moments: readonly string[],
    checkpoint: Checkpoint,
  ) {
    const known = new Map([...checkpoint.trainable, ...checkpoint.frozen]);
    const all = parameters.map((parameter): [string, MemoryParameter] => {
      const { name, shape, trainable } = parameter;
      const { type } = known.get(name)!;
      const value = checkpoint.nominal ? tensor(type, shape) : known.get(name)!;
      if (!sameShape(value.dims, shape)) throw misfit(name, value.dims, shape);
      return [name, { name, type, shape, size: sizeOf(shape), trainable, value }];
    });
    this.memory = new ParameterMemory({ parameters: new Map(all) }, moments.length);
    for (const [name, { trainable, value }] of all) {
      if (!trainable) this.#frozen.set(name, copyOf(value));
    }
    for (const [name, value] of checkpoint.nominal ? [] : checkpoint.frozen) {
      if (!this.#frozen.has(name)) this.#frozen.set(name, value);
    }
    const group = checkpoint.optimizerGroups.find(({ name }) => name === USED_GROUP);
    if (group) this.#resume(group);
  }

  /** A parameter in place. Throws `RangeError` for a name that is none. */
  parameter(name: string): Tensor {
    const frozen = this.#frozen.get(name);
    if (frozen) return frozen;
    if (this.memory.names.includes(name)) return this.memory.view(name, 0);
    throw new RangeError(`The artifacts have no parameter called "${name}"`);
  }

  /** Writes a parameter. Throws `TypeError` where type or shape differ. */
  setParameter(name: string, value: Tensor): void {
    const { type, dims, data } = this.parameter(name);
    if (type !== value.type || !sameShape(dims, value.dims)) {
      throw new TypeError(
        `Parameter "${name}" is ${type}[${dims}], found ${value.type}[${value.dims}]`,
      );
    }
    (data as Float32Array).set(value.data as Float32Array);
  }

  /** All parameters, in place, by name. */
  all(): Record<string, Tensor> {
    return Object.fromEntries(this.parameters.map(({ name }) => [name, this.parameter(name)]));
  }

  /** Copies of everything, as a checkpoint holds it. */
  checkpoint(base: Checkpoint, withOptimizer: boolean): Checkpoint {
    const trained = new Set(this.memory.names);
    const copies = (names: Iterable<string>) =>
      new Map([...names].map((name) => [name, copyOf(this.parameter(name))]));
    return {
      ...base,
      nominal: false,
      trainable: copies(this.parameters.map(({ name }) => name).filter((one) => trained.has(one))),
      frozen: copies(this.#frozen.keys()),
      optimizerGroups: withOptimizer ? [this.#group()] : [],
    };
  }

  /** ONNX Runtime keeps a moment for every optimizer, though plain descent never uses it. */
  #group(): OptimizerGroup {
    const moment = (name: string, index: number) => {
      const { dims, data } = this.memory.view(name, 2 + index);
      return tensor("float32", dims, data.slice());
    };
    const idle = (name: string) => {
      const zeros = tensor("float32", this.memory.view(name, 0).dims);
      return new Map<string, Tensor>([["momentum0", zeros]]);
    };
    const momentsOf = (name: string) =>
      this.moments.length === 0
        ? idle(name)
        : new Map<string, Tensor>(this.moments.map((one, index) => [one, moment(name, index)]));
    return {
      name: USED_GROUP,
      step: this.steps,
      initialLearningRate: this.initialLearningRate,
      moments: new Map(this.memory.names.map((name) => [name, momentsOf(name)])),
    };
  }

  #resume(group: OptimizerGroup): void {
    this.steps = group.step;
    this.initialLearningRate = group.initialLearningRate;
    for (const [name, kept] of group.moments) {
      this.moments.forEach((moment, index) => {
        const value = kept.get(moment);
        if (value) this.memory.view(name, 2 + index).data.set(value.data as Float32Array);
      });
    }
  }
}

function copyOf(value: Tensor): Tensor {
  return { ...value, data: value.data.slice() } as Tensor;
}

function misfit(name: string, found: readonly number[], wanted: readonly number[]): SyntaxError {
  return new SyntaxError(
    `The checkpoint does not fit the training model: "${name}" is [${found}] in the one and ` +
      `[${wanted}] in the other`,
  );
}
