import { rampFeeds } from "../../artifacts/losses/attach_loss.ts";
import { LOSS_SCALE } from "../../artifacts/training_graph.ts";
import { isElementwise } from "../../artifacts/update/tensor_update.ts";
import type { Runtime } from "../../runtime/runtime.ts";
import type { Rng } from "../../tensor/rng.ts";
import { type Tensor, tensor } from "../../tensor/tensor.ts";
import type { BatchResult } from "../batch_result.ts";
import type { FeatureBatch } from "../features/feature_table.ts";
import type { FitSettings } from "../fit_options.ts";
import type { ParameterRule } from "../groups/resolve_groups.ts";
import type { Program } from "../program.ts";
import { Place } from "./place.ts";
import { ResidentProgram } from "./resident_program.ts";

/**
 * What keeps training from staying on the device, in words; `undefined` where nothing does. Such runs
 * bring gradients home and take the optimizer's step there.
 */
export function whyNotResident(
  { accumulate, average, clip, memory }: FitSettings,
  rules: ReadonlyMap<string, ParameterRule>,
): string | undefined {
  const all = [...rules.values()].map(({ rule }) => rule);
  const own = all.find((rule) => rule.probe || !isElementwise(rule));
  if (own) return `the optimizer ${own.name}`;
  if (accumulate > 1) return "accumulated gradients";
  if (average) return "an average of the weights";
  if (clip && "adaptive" in clip) return "adaptive clipping";
  return memory === "low" ? 'memory: "low"' : undefined;
}

/** What a residence must know of the run. */
export interface Home {
  /** How each parameter is trained. */
  readonly rules: ReadonlyMap<string, ParameterRule>;
  /** Everything that changes, as it is at home, in place, by the names of a snapshot. */
  changing(): ReadonlyMap<string, Tensor>;
}

/** What a run keeps on the device between its steps. */
export class Residence {
  readonly #place: Place;
  #isAway = false;
  readonly #programs = new Map<Program, Promise<ResidentProgram>>();

  constructor(
    readonly runtime: Runtime,
    readonly settings: FitSettings,
    readonly home: Home,
  ) {
    this.#place = new Place(runtime);
  }

  /** Whether the newest numbers are on the device only. */
  get isAway(): boolean {
    return this.#isAway;
  }

  /** Takes a step on the device; none where the loss or the gradients are not finite. */
  async step(
    program: Program,
    batch: FeatureBatch,
    at: {
      readonly step: number;
      readonly learningRate: number;
      readonly progress: number;
      readonly random: Rng;
      readonly lossScale: number | undefined;
    },
  ): Promise<BatchResult> {
    const resident = await this.#program(program);
    if (this.#place.isEmpty) await this.#place.fill(this.home.changing());
    const { features, targets, weights, count } = batch;
    const ramps = rampFeeds(this.settings.loss, at.progress);
    const scale = tensor("float32", [], [at.lossScale ?? 1]);
    const masks = program.drawMasks(at.random);
    const feeds = { ...features, ...ramps, ...masks, [LOSS_SCALE]: scale };
    this.#isAway = true;
    const result = await resident.step(this.#place, { feeds, targets, weights }, at);
    const { loss, gradientNorm } = result;
    const isTaken = Number.isFinite(loss) && Number.isFinite(gradientNorm);
    return { ...result, ...(isTaken && { taken: { loss, count } }) };
  }

  /** Brings everything home that is away, to `keep`; it stays on the device as well. */
  async settle(keep: (name: string, numbers: Float32Array) => void): Promise<void> {
    if (!this.#isAway) return;
    for (const [name, { data }] of await this.#place.bringHome()) {
      keep(name, data as Float32Array);
    }
    this.#isAway = false;
  }

  /** Forgets what is on the device: what is at home has changed. */
  forget(): void {
    this.#place.forget();
    this.#isAway = false;
  }

  /** Frees everything. */
  async release(): Promise<void> {
    this.#isAway = false;
    // The programs' bindings name the rooms of the place.
    for (const program of this.#programs.values()) {
      await program.then((ready) => ready.release(), () => {});
    }
    await this.#place.release();
  }

  #program(program: Program): Promise<ResidentProgram> {
    let resident = this.#programs.get(program);
    if (!resident) {
      const { clip, loss } = this.settings;
      const { source } = program.model;
      const options = { rules: this.home.rules, clip, loss, source };
      resident = ResidentProgram.compile(this.runtime, program.trainingGraph(), options);
      this.#programs.set(program, resident);
    }
    return resident;
  }
}
