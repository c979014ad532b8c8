import type { Model } from "../../onnx/model.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import type {
  Callback,
  CallbackState,
  EndEvent,
  EpochEvent,
  FitEvent,
  StartEvent,
  StepEvent,
} from "../callbacks/callback.ts";
import { EXTRA } from "../checkpoint.ts";

/** What a callback told a checkpoint. */
export interface KeptState {
  /** Its name. */
  readonly name: string;
  /** What it said; tensors are kept apart, under the name that stands for each. */
  readonly state: unknown;
}

/** The weights that callbacks may ask for. */
export interface Weights {
  model(): Model;
  weights(): ReadonlyMap<string, Tensor>;
}

/** The callbacks of a run. */
export class CallbackList {
  /** Why one of them ended training. */
  stopped: string | undefined;
  /** The weights that one of them chose for the result. */
  chosen: ReadonlyMap<string, Tensor> | undefined;
  readonly #common: FitEvent;

  constructor(readonly callbacks: readonly Callback[], weights: Weights) {
    this.#common = {
      model: weights.model,
      weights: weights.weights,
      stop: (reason) => this.stopped ??= reason,
    };
  }

  async start(event: Omit<StartEvent, keyof FitEvent>): Promise<void> {
    for (const one of this.callbacks) await one.onStart?.({ ...this.#common, ...event });
  }

  async step(event: Omit<StepEvent, keyof FitEvent>): Promise<void> {
    for (const one of this.callbacks) await one.onStep?.({ ...this.#common, ...event });
  }

  async epoch(event: Omit<EpochEvent, keyof FitEvent>): Promise<void> {
    for (const one of this.callbacks) await one.onEpoch?.({ ...this.#common, ...event });
  }

  async end(event: Pick<EndEvent, "history">): Promise<void> {
    const use = (weights: ReadonlyMap<string, Tensor>) => void (this.chosen = weights);
    for (const one of this.callbacks) await one.onEnd?.({ ...this.#common, ...event, use });
  }

  /** What they must know again, with their tensors by name. */
  states(): { readonly states: readonly KeptState[]; readonly tensors: Map<string, Tensor> } {
    const tensors = new Map<string, Tensor>();
    const states = this.callbacks.flatMap((callback, index) => {
      if (!callback.state) return [];
      const state = apart(callback.state(), `${EXTRA}callback${index}`, tensors);
      return [{ name: nameOf(callback), state }];
    });
    return { states, tensors };
  }

  /** Gives each its state of a checkpoint, the first of a name to the first of that name. */
  restore(states: readonly KeptState[], tensors: ReadonlyMap<string, Tensor>): void {
    const left = [...states];
    for (const callback of this.callbacks) {
      if (!callback.state) continue;
      const at = left.findIndex(({ name }) => name === nameOf(callback));
      if (at < 0) continue;
      const [{ state }] = left.splice(at, 1) as [KeptState];
      callback.restore?.(together(state, tensors));
    }
  }
}

function nameOf(callback: Callback): string {
  return callback.name ?? "callback";
}

/** Moves tensors out of a state, each to a name that then stands for it. */
function apart(state: CallbackState, path: string, tensors: Map<string, Tensor>): unknown {
  if (typeof state !== "object" || state === null) return state;
  if (isTensor(state)) {
    tensors.set(path, state);
    return { $tensor: path };
  }
  const part = (value: CallbackState, name: string | number) =>
    apart(value, `${path}/${name}`, tensors);
  if (Array.isArray(state)) return state.map(part);
  return Object.fromEntries(
    Object.entries(state).map(([name, value]) => [name, part(value, name)]),
  );
}

function together(state: unknown, tensors: ReadonlyMap<string, Tensor>): CallbackState {
  if (typeof state !== "object" || state === null) return state as CallbackState;
  if (Array.isArray(state)) return state.map((value) => together(value, tensors));
  const name = (state as { $tensor?: unknown }).$tensor;
  if (typeof name === "string") return tensors.get(name)!;
  return Object.fromEntries(
    Object.entries(state).map(([part, value]) => [part, together(value, tensors)]),
  );
}

function isTensor(value: object): value is Tensor {
  return "type" in value && "dims" in value && "data" in value &&
    ArrayBuffer.isView((value as Tensor).data);
}
