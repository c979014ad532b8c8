import { type Tensor, tensor } from "../../tensor/tensor.ts";

/** Name in snapshots. */
const STATE = "extra/loss_scale";
/** The scale that training begins with. */
export const FIRST_SCALE = 2 ** 16;
/** Steps in a row after which the scale is tried twice as large. */
const PATIENCE = 2000;

/**
 * What the loss of float16 is multiplied by, so that gradients are neither lost nor infinite
 * (Micikevicius et al. 2018, arXiv 1710.03740, section 3.2): halved when gradients are not finite, which skips the
 * step; doubled after 2000 good steps in a row. The numbers are those of PyTorch's `GradScaler`.
 */
export class LossScale {
  #scale = FIRST_SCALE;
  #good = 0;
  #skipped = 0;

  /** What the loss is multiplied by now. */
  get scale(): number {
    return this.#scale;
  }

  /** Steps skipped since training began. */
  get skipped(): number {
    return this.#skipped;
  }

  /** A step was taken. */
  taken(): void {
    if (++this.#good < PATIENCE) return;
    this.#good = 0;
    const larger = 2 * this.#scale;
    if (Number.isFinite(Math.fround(larger))) this.#scale = larger;
  }

  /** Gradients were not finite; false where that is not by the scale, which was 1 already. */
  overflowed(): boolean {
    if (this.#scale <= 1) return false;
    this.#good = 0;
    this.#skipped++;
    this.#scale /= 2;
    return true;
  }

  /** The state for a snapshot. */
  state(): Map<string, Tensor> {
    const numbers = [this.#scale, this.#good, this.#skipped];
    return new Map([[STATE, tensor("float64", [numbers.length], numbers)]]);
  }

  /** Goes back to the state in a snapshot. */
  restore(snapshot: ReadonlyMap<string, Tensor>): void {
    const numbers = Array.from(snapshot.get(STATE)?.data ?? [], Number);
    [this.#scale = FIRST_SCALE, this.#good = 0, this.#skipped = 0] = numbers;
  }
}
