import type { Kernel } from "./kernel.ts";
import { Turn } from "./turn.ts";
import { type Code, get, instruction, type Local, sequence, set } from "./wasm/code.ts";
import { advance, walk, whileLoop } from "./wasm/control.ts";
import { fourLanes, type Lanes, oneLane } from "./wasm/lanes.ts";
import { FunctionBuilder } from "./wasm/module.ts";
import { F64 } from "./wasm/opcodes.ts";
import { SquareSum } from "./wasm/square_sum.ts";

/**
 * What a pass over matrices does: write what the kernel writes, give the sum of the squares of its one
 * formula over all elements, or store that sum of each row.
 */
export type MatrixPass = "write" | "total" | "rows";

/**
 * The kernel as a WebAssembly function `(matrices, rows, columns, address of each buffer, where sums of
 * rows go, each scalar)`. Arrays by row move on with the rows, arrays by column begin anew in each row.
 */
export function renderMatrix(kernel: Kernel, pass: MatrixPass, name: string): FunctionBuilder {
  return new MatrixFunction(kernel, pass, name).render();
}

class MatrixFunction {
  readonly #builder: FunctionBuilder;
  readonly #matrices: Local<"i32">;
  readonly #rows: Local<"i32">;
  readonly #columns: Local<"i32">;
  readonly #addresses: ReadonlyMap<string, Local<"i32">>;
  readonly #sums: Local<"i32"> | undefined;
  readonly #scalars: ReadonlyMap<string, Local<"f32">>;
  readonly #row: Local<"i32">;
  readonly #remaining: Local<"i32">;
  readonly #sum: SquareSum | undefined;

  constructor(readonly kernel: Kernel, readonly pass: MatrixPass, name: string) {
    const builder = this.#builder = new FunctionBuilder(name);
    this.#matrices = builder.parameter("i32");
    this.#rows = builder.parameter("i32");
    this.#columns = builder.parameter("i32");
    this.#addresses = new Map(kernel.buffers.map((one) => [one, builder.parameter("i32")]));
    this.#sums = pass === "rows" ? builder.parameter("i32") : undefined;
    this.#scalars = new Map(kernel.scalars.map((one) => [one, builder.parameter("f32")]));
    this.#row = builder.local("i32");
    this.#remaining = builder.local("i32");
    this.#sum = pass === "write" ? undefined : new SquareSum(builder);
  }

  render(): FunctionBuilder {
    const wide = this.#operands(fourLanes);
    const narrow = this.#operands(oneLane);
    const columns = new Map(
      this.#laidOut("column").map((name) => [name, this.#builder.local("i32")] as const),
    );
    const walked = new Map([
      ...[...this.#addresses].filter(([name]) => !this.kernel.layout?.has(name)),
      ...columns,
    ]);
    const turns = [
      this.#turn(fourLanes, walked, wide, (value) => this.#sum!.addFour(value)),
      this.#turn(oneLane, walked, narrow, (value) => this.#sum!.addOne(get(value))),
    ];
    const row = sequence([
      ...wide.perRow,
      ...narrow.perRow,
      ...[...columns].map(([name, at]) => set(at, get(this.#addresses.get(name)!))),
      set(this.#remaining, get(this.#columns)),
      ...(this.#sums ? [this.#sum!.reset()] : []),
      ...turns,
      ...(this.#sums ? this.#store(this.#sums) : []),
      ...this.#laidOut("row").map((name) => advance(this.#addresses.get(name)!, 4)),
      advance(this.#row, -1),
    ]);
    const matrix = sequence([
      set(this.#row, get(this.#rows)),
      whileLoop(get(this.#row), row),
      ...[...columns].map(([name, at]) => set(this.#addresses.get(name)!, get(at))),
      advance(this.#matrices, -1),
    ]);
    const all = [...wide.once, ...narrow.once, whileLoop(get(this.#matrices), matrix)];
    if (this.pass !== "total") return this.#builder.body(sequence(all));
    return this.#builder.body(sequence([...all, this.#sum!.finish()]), this.#sum!.value);
  }

  /** Scalars spread over lanes once, and numbers of a row spread in each row. */
  #operands<T extends "f32" | "v128">(lanes: Lanes<T>) {
    const scalars = new Map<string, Local<T>>();
    const rows = new Map<string, Local<T>>();
    const once: Code<"none">[] = [];
    const perRow: Code<"none">[] = [];
    for (const [name, value] of this.#scalars) {
      const local = this.#builder.local(lanes.type);
      scalars.set(name, local);
      once.push(set(local, lanes.fromScalar(get(value))));
    }
    for (const name of this.#laidOut("row")) {
      const local = this.#builder.local(lanes.type);
      rows.set(name, local);
      perRow.push(set(local, lanes.fromScalar(oneLane.load(get(this.#addresses.get(name)!), 0))));
    }
    return { scalars, rows, once, perRow };
  }

  #turn<T extends "f32" | "v128">(
    lanes: Lanes<T>,
    addresses: ReadonlyMap<string, Local<"i32">>,
    { scalars, rows }: {
      readonly scalars: ReadonlyMap<string, Local<T>>;
      readonly rows: ReadonlyMap<string, Local<T>>;
    },
    add: (value: Local<T>) => Code<"none">,
  ): Code<"none"> {
    const turn = new Turn(this.kernel, lanes, this.#builder, { addresses, scalars, rows });
    const body = this.pass === "write" ? turn.render() : turn.renderInto(add);
    return walk(this.#remaining, [...addresses.values()], lanes.width, body);
  }

  #store(sums: Local<"i32">): Code<"none">[] {
    const sum = instruction("f32", [this.#sum!.value], [F64.demote]);
    return [this.#sum!.finish(), oneLane.store(get(sums), sum, 0), advance(sums, 4)];
  }

  #laidOut(along: "row" | "column"): string[] {
    return this.kernel.buffers.filter((name) => this.kernel.layout?.get(name) === along);
  }
}
