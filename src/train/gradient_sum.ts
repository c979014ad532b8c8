import { type Tensor, tensor } from "../tensor/tensor.ts";

const SUM = "extra/gradients";
const COUNTS = "extra/gathered";

/** Gradients of several batches, each weighed by the examples it is the mean of. */
export class GradientSum {
  #sum: Float32Array<ArrayBuffer>;
  #weight = 0;
  #batches = 0;

  /** `count` is the number of elements. */
  constructor(count: number) {
    this.#sum = new Float32Array(count);
  }

  /** Batches added since the last mean. */
  get batches(): number {
    return this.#batches;
  }

  /** Adds the mean gradients of examples that weigh `weight` together. */
  add(gradients: Float32Array, weight: number): void {
    const sum = this.#sum;
    if (this.#batches === 0) sum.fill(0);
    for (let i = 0; i < sum.length; i++) sum[i]! += weight * gradients[i]!;
    this.#weight += weight;
    this.#batches++;
  }

  /** Writes the mean over all examples, and starts anew. */
  takeMean(into: Float32Array): void {
    const sum = this.#sum;
    for (let i = 0; i < sum.length; i++) into[i] = sum[i]! / this.#weight;
    this.#weight = 0;
    this.#batches = 0;
  }

  /** The state for a snapshot; nothing right after a mean. */
  state(): Map<string, Tensor> {
    if (this.#batches === 0) return new Map();
    return new Map<string, Tensor>([
      [SUM, tensor("float32", [this.#sum.length], this.#sum.slice())],
      [COUNTS, tensor("float64", [2], [this.#weight, this.#batches])],
    ]);
  }

  /** Goes back to the state in a snapshot. */
  restore(snapshot: ReadonlyMap<string, Tensor>): void {
    const [weight = 0, batches = 0] = Array.from(snapshot.get(COUNTS)?.data ?? [], Number);
    this.#weight = weight;
    this.#batches = batches;
    const sum = snapshot.get(SUM);
    if (sum) this.#sum = (sum.data as Float32Array<ArrayBuffer>).slice();
  }
}
