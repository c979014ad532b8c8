import { compileGradientNorm, type GradientNorm } from "../artifacts/update/gradient_norm.ts";
import type { Probe } from "../artifacts/update/rule_parts.ts";
import { scratchOf, stateShapes } from "../artifacts/update/tensor_update.ts";
import { Crew } from "../artifacts/update/threads/crew.ts";
import { clipScratch, UnitClip, type Units } from "../artifacts/update/unit_clip.ts";
import type { Model } from "../onnx/model.ts";
import type { FitSettings } from "./fit_options.ts";
import { type Clip, clippedGradient, normFactor } from "./groups/clip.ts";
import { type ParameterRule, resolveGroups } from "./groups/resolve_groups.ts";
import { unitsOf } from "./groups/units.ts";
import { padded, ParameterMemory } from "./parameter_memory.ts";
import { ProbeStep } from "./probe_step.ts";
import { type Sweep, sweepsOf } from "./sweeps.ts";

/** Parameters from which on a pass takes so long that threads are worth starting. */
const FEWEST_SHARED = 1 << 20;

/** What an update came to. */
export interface UpdateOutcome {
  /** Length (L2) of all gradients together, before any clipping. */
  readonly gradientNorm: number;
  /** The first parameter whose gradient is not finite; nothing was updated then. */
  readonly broken?: string;
}

/** Steps of the optimizers of a run over its parameters, by groups, with gradients clipped. */
export class UpdateStep {
  /** Parameters, gradients and the optimizers' state. */
  readonly memory: ParameterMemory;
  /** How each parameter is trained. */
  readonly rules: ReadonlyMap<string, ParameterRule>;
  readonly #sweeps: readonly Sweep[];
  readonly #norm: GradientNorm;
  readonly #clip: Clip | undefined;
  readonly #units: ReadonlyMap<string, Units>;
  readonly #unitClip: UnitClip | undefined;
  readonly #probe: ProbeStep | undefined;
  readonly #crew: Crew | undefined;

  /** Throws `RangeError` for groups that do not fit the model. `threads`, whether others may help. */
  constructor(model: Model, settings: FitSettings, threads = false) {
    this.rules = resolveGroups(model, settings);
    const clip = this.#clip = settings.clip;
    this.#units = clip && "adaptive" in clip ? unitsOf(model, clip.head ?? false) : new Map();
    const probes = new Map<string, Probe>();
    for (const [name, { rule }] of this.rules) if (rule.probe) probes.set(name, rule.probe);
    this.memory = this.#makeMemory(model, probes.size > 0, threads);
    const { memory } = this.memory;
    this.#crew = threads && this.memory.count >= FEWEST_SHARED ? new Crew(memory) : undefined;
    this.#sweeps = sweepsOf(this.rules, this.memory, clippedGradient(clip), this.#crew);
    this.#norm = compileGradientNorm(memory, this.#crew);
    this.#unitClip = clip && "adaptive" in clip
      ? new UnitClip(this.memory.memory, clip.adaptive)
      : undefined;
    this.#probe = probes.size > 0 ? new ProbeStep(this.memory, probes) : undefined;
  }

  /** What must be the same for a run to go on; as short as it can be where nothing is told apart. */
  key({ optimizer, clip }: FitSettings): unknown[] {
    const { name, settings } = optimizer;
    const own = [...this.rules].filter(([, { rule, ratio }]) => rule !== optimizer || ratio !== 1)
      .map(([parameter, { rule, ratio }]) => [parameter, rule.name, rule.settings, ratio]);
    return [name, settings, ...(own.length > 0 ? [own] : []), ...(clip ? [clip] : [])];
  }

  /**
   * Takes step `step` (the first is 1) by the gradients in the memory. `again` computes them anew for
   * the same batch with the parameters as they are then. Gradients that are not finite change nothing.
   */
  async take(
    step: number,
    learningRate: number,
    again: () => Promise<void>,
  ): Promise<UpdateOutcome> {
    let gradientNorm = this.#gradientNorm();
    if (this.#probe && Number.isFinite(gradientNorm)) {
      await this.#probe.run(again);
      gradientNorm = this.#gradientNorm();
    }
    if (!Number.isFinite(gradientNorm)) return { gradientNorm, broken: this.firstBroken() };
    this.#clipUnits();
    const clip = this.#clip;
    const clipFactor = clip && "norm" in clip ? normFactor(clip.norm, gradientNorm) : 1;
    for (const { update, at, ratio } of this.#sweeps) {
      update.run(at, step, learningRate * ratio, { clipFactor });
    }
    return { gradientNorm };
  }

  /** Ends the threads. */
  release(): void {
    this.#crew?.release();
  }

  #gradientNorm(): number {
    const { memory } = this;
    return Math.sqrt(this.#norm.sumOfSquares(memory.offset(1), memory.count));
  }

  /** The first parameter whose gradient in the memory is not finite. */
  firstBroken(): string {
    const { memory } = this;
    return memory.names.find((name) => {
      const { data } = memory.view(name, 1);
      return !Number.isFinite(this.#norm.sumOfSquares(data.byteOffset, data.length));
    })!;
  }

  #clipUnits(): void {
    const { memory } = this;
    for (const [name, units] of this.#units) {
      const buffer = memory.memory.buffer as ArrayBuffer;
      const scratch = new Float32Array(buffer, memory.scratch, clipScratch(units));
      this.#unitClip!.run(memory.view(name, 0).data, memory.view(name, 1).data, units, scratch);
    }
  }

  #makeMemory(model: Model, probes: boolean, shared: boolean): ParameterMemory {
    const rules = this.rules;
    const ruleOf = (name: string) => rules.get(name)!.rule;
    const total = (sizes: readonly number[]) => sizes.reduce((most, one) => Math.max(most, one), 0);
    const trained = [...model.parameters.values()].filter(({ name }) => rules.has(name));
    // Probes keep all parameters as they were.
    const kept = trained.reduce((sum, { size }) => sum + padded(size), 0);
    const scratch = total([
      probes ? kept : 0,
      ...trained.map(({ name, shape }) => scratchOf(ruleOf(name), shape)),
      ...[...this.#units.values()].map(clipScratch),
    ]);
    const states = (
      { name, shape }: { readonly name: string; readonly shape: readonly number[] },
    ) => stateShapes(ruleOf(name), shape);
    return new ParameterMemory(model, states, scratch, shared);
  }
}
