import { add, element, multiply, scalar } from "../artifacts/update/expression.ts";
import type { Kernel } from "../artifacts/update/kernel.ts";
import { WasmPasses } from "../artifacts/update/passes.ts";
import type { Probe } from "../artifacts/update/rule_parts.ts";
import type { ParameterMemory } from "./parameter_memory.ts";

/** Added to the length that the radius is divided by. */
const LENGTH_EPSILON = 1e-12;

/** Moves parameters to where gradients are to be looked at, and back. */
export class ProbeStep {
  readonly #passes: WasmPasses;
  readonly #kernels = new Map<Probe, { readonly length: Kernel; readonly move: Kernel }>();

  /** `probes` are those of the parameters that are moved. */
  constructor(
    readonly memory: ParameterMemory,
    readonly probes: ReadonlyMap<string, Probe>,
  ) {
    this.#passes = new WasmPasses(memory.memory);
  }

  /**
   * Computes gradients by `again` with the parameters moved, by the gradients that are there now. The
   * parameters are as before when it is done, or when it fails; all were kept in the scratch room.
   */
  async run(again: () => Promise<void>): Promise<void> {
    const { memory } = this;
    const parameters = memory.region(0);
    const buffer = memory.memory.buffer as ArrayBuffer;
    const kept = new Float32Array(buffer, memory.scratch, memory.count);
    kept.set(parameters);
    const length = Math.sqrt(this.#sumOfSquares());
    for (const [name, probe] of this.probes) {
      const scale = probe.radius / (length + LENGTH_EPSILON);
      const { move } = this.#kernelsOf(probe);
      const { arrays, at } = this.#arrays(name);
      this.#passes.write(move, at, arrays, { scale });
    }
    try {
      await again();
    } finally {
      parameters.set(kept);
    }
  }

  #sumOfSquares(): number {
    let sum = 0;
    for (const [name, probe] of this.probes) {
      const { arrays, at } = this.#arrays(name);
      sum += this.#passes.sumOfSquares(this.#kernelsOf(probe).length, at, arrays, {});
    }
    return sum;
  }

  #arrays(name: string) {
    const arrays = [0, 1].map((region) => this.memory.view(name, region).data as Float32Array);
    return { arrays, at: { count: 1, rows: 1, columns: arrays[0]!.length } };
  }

  #kernelsOf(probe: Probe) {
    const known = this.#kernels.get(probe);
    if (known) return known;
    const buffers = ["parameter", "gradient"];
    const terms = { parameter: element("parameter"), gradient: element("gradient") };
    const moved = add(terms.parameter, multiply(scalar("scale"), probe.direction(terms)));
    const made = {
      length: {
        name: "probe length",
        buffers,
        scalars: [],
        writes: new Map([["length", probe.length(terms)]]),
      },
      move: {
        name: "probe move",
        buffers,
        scalars: ["scale"],
        writes: new Map([["parameter", moved]]),
      },
    };
    this.#kernels.set(probe, made);
    return made;
  }
}
