import type { Expr } from "./expression.ts";
import { type Kernel, sharedFormulas } from "./kernel.ts";
import { type Code, get, type Local, sequence, set } from "./wasm/code.ts";
import { walk } from "./wasm/control.ts";
import { fourLanes, type Lanes, oneLane } from "./wasm/lanes.ts";
import { FunctionBuilder } from "./wasm/module.ts";

/**
 * The kernel as a WebAssembly function `(count, address of each buffer, each scalar)`: four
 * elements a turn, then what is left one by one. Every element is read and written once.
 */
export function renderWasm(kernel: Kernel): FunctionBuilder {
  const builder = new FunctionBuilder(kernel.name);
  const remaining = builder.parameter("i32");
  const addresses = new Map(kernel.buffers.map((name) => [name, builder.parameter("i32")]));
  const scalars = new Map(kernel.scalars.map((name) => [name, builder.parameter("f32")]));
  const pass = <T extends "f32" | "v128">(lanes: Lanes<T>): Code<"none"> => {
    const spread = new Map<string, Local<T>>();
    const preparation = [...scalars].map(([name, value]) => {
      const local = builder.local(lanes.type);
      spread.set(name, local);
      return set(local, lanes.fromScalar(get(value)));
    });
    const turn = new Turn(kernel, lanes, builder, addresses, spread).render();
    return sequence([
      ...preparation,
      walk(remaining, [...addresses.values()], lanes.width, turn),
    ]);
  };
  return builder.body(sequence([pass(fourLanes), pass(oneLane)]));
}

/** One turn of the loop: shared formulas go into locals, and all stores come last. */
class Turn<T extends "f32" | "v128"> {
  readonly #shared: ReadonlySet<Expr>;
  readonly #locals = new Map<Expr, Local<T>>();
  readonly #statements: Code<"none">[] = [];

  constructor(
    readonly kernel: Kernel,
    readonly lanes: Lanes<T>,
    readonly builder: FunctionBuilder,
    readonly addresses: ReadonlyMap<string, Local<"i32">>,
    readonly scalars: ReadonlyMap<string, Local<T>>,
  ) {
    this.#shared = sharedFormulas(kernel);
  }

  render(): Code<"none"> {
    const stores = [...this.kernel.writes].map(([buffer, expr]) =>
      this.lanes.store(this.#address(buffer), this.#value(expr), 0)
    );
    return sequence([...this.#statements, ...stores]);
  }

  #value(expr: Expr): Code<T> {
    if (!this.#shared.has(expr)) return this.#compute(expr);
    let local = this.#locals.get(expr);
    if (!local) {
      const value = this.#compute(expr);
      local = this.builder.local(this.lanes.type);
      this.#locals.set(expr, local);
      this.#statements.push(set(local, value));
    }
    return get(local);
  }

  #compute(expr: Expr): Code<T> {
    switch (expr.kind) {
      case "element":
        return this.lanes.load(this.#address(expr.buffer), 0);
      case "scalar":
        return get(known(this.scalars, expr.name, this.kernel));
      case "constant":
        return this.lanes.constant(expr.value);
      case "unary":
        return this.lanes.unary(expr.operator, this.#value(expr.operand));
      case "binary":
        return this.lanes.binary(expr.operator, this.#value(expr.left), this.#value(expr.right));
    }
  }

  #address(buffer: string): Code<"i32"> {
    return get(known(this.addresses, buffer, this.kernel));
  }
}

function known<V>(values: ReadonlyMap<string, V>, name: string, kernel: Kernel): V {
  const value = values.get(name);
  if (value !== undefined) return value;
  const names = [...values.keys()].join(", ");
  throw new RangeError(`${kernel.name} uses "${name}" in a formula, but it has only: ${names}`);
}
