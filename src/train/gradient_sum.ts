import { type Tensor, tensor } from "../tensor/tensor.ts";

const SUM = "extra/gradients";
const COUNTS = "extra/gathered";

/** What a batch adds to a step. */
export interface BatchGradients {
  /** Gradients of its mean loss. */
  readonly gradients: Float32Array;
  /** What its examples weigh together. */
  readonly weight: number;
  /** Its mean loss. */
  readonly loss: number;
  /** Its examples. */
  readonly count: number;
}

/** What a step came to. */
export interface StepTaken {
  /** Mean loss of its examples. */
  readonly loss: number;
  /** Its examples. */
  readonly count: number;
}

/** Gradients of several batches, each weighed by the examples it is the mean of. */
export class GradientSum {
  #sum: Float32Array<ArrayBuffer> | undefined;
  #batches = 0;
  #weight = 0;
  #loss = 0;
  #count = 0;

  /** Batches added since the last step. */
  get batches(): number {
    return this.#batches;
  }

  /** Adds a batch. */
  add({ gradients, weight, loss, count }: BatchGradients): void {
    this.#batches++;
    this.#weight += weight;
    this.#loss += weight * loss;
    this.#count += count;
    const sum = this.#sum ??= new Float32Array(gradients.length);
    if (this.#batches === 1) sum.fill(0);
    for (let i = 0; i < sum.length; i++) sum[i]! += weight * gradients[i]!;
  }

  /** Writes the mean over all examples, and starts anew. */
  takeMean(into: Float32Array): StepTaken {
    const sum = this.#sum!;
    // Batches of which nothing counts have neither loss nor slope.
    const weight = this.#weight || 1;
    for (let i = 0; i < sum.length; i++) into[i] = sum[i]! / weight;
    const taken = { loss: this.#loss / weight, count: this.#count };
    this.#batches =
      this.#weight =
      this.#loss =
      this.#count =
        0;
    return taken;
  }

  /** The state for a snapshot; nothing right after a step. */
  state(): Map<string, Tensor> {
    if (this.#batches === 0) return new Map();
    const counts = [this.#batches, this.#weight, this.#loss, this.#count];
    const sum = this.#sum!;
    return new Map<string, Tensor>([
      [SUM, tensor("float32", [sum.length], sum.slice())],
      [COUNTS, tensor("float64", [counts.length], counts)],
    ]);
  }

  /** Goes back to the state in a snapshot. */
  restore(snapshot: ReadonlyMap<string, Tensor>): void {
    const counts = Array.from(snapshot.get(COUNTS)?.data ?? [], Number);
    [this.#batches = 0, this.#weight = 0, this.#loss = 0, this.#count = 0] = counts;
    const sum = snapshot.get(SUM);
    if (sum) this.#sum = (sum.data as Float32Array<ArrayBuffer>).slice();
  }
}
