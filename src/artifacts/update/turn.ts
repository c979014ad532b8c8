import type { Expr } from "./expression.ts";
import { type Kernel, sharedFormulas } from "./kernel.ts";
import { type Code, get, type Local, sequence, set } from "./wasm/code.ts";
import type { Lanes } from "./wasm/lanes.ts";
import type { FunctionBuilder } from "./wasm/module.ts";

/** Where the operands of a turn are. */
export interface Operands<T extends "f32" | "v128"> {
  /** Addresses of the arrays that are walked. */
  readonly addresses: ReadonlyMap<string, Local<"i32">>;
  /** Numbers that are the same for all elements. */
  readonly scalars: ReadonlyMap<string, Local<T>>;
  /** Numbers of arrays that are the same for all elements of a row. */
  readonly rows?: ReadonlyMap<string, Local<T>>;
  /** Numbers of the formulas, spread over the lanes beforehand. */
  readonly constants?: ReadonlyMap<number, Local<T>>;
  /** How many bytes after the addresses the turn begins. @default {0} */
  readonly offset?: number;
}

/** One turn of a loop over a kernel's arrays: shared formulas go into locals, and all stores come last. */
export class Turn<T extends "f32" | "v128"> {
  readonly #shared: ReadonlySet<Expr>;
  readonly #locals = new Map<Expr, Local<T>>();
  readonly #statements: Code<"none">[] = [];

  constructor(
    readonly kernel: Kernel,
    readonly lanes: Lanes<T>,
    readonly builder: FunctionBuilder,
    readonly operands: Operands<T>,
  ) {
    this.#shared = sharedFormulas(kernel);
  }

  /** Computes and stores what the kernel writes. */
  render(): Code<"none"> {
    const stores = [...this.kernel.writes].map(([buffer, expr]) =>
      this.lanes.store(this.#address(buffer), this.#value(expr), this.operands.offset ?? 0)
    );
    return sequence([...this.#statements, ...stores]);
  }

  /** Computes the one formula of the kernel, and gives it to `use` instead of storing it. */
  renderInto(use: (value: Local<T>) => Code<"none">): Code<"none"> {
    const [expr] = this.kernel.writes.values();
    const value = this.builder.local(this.lanes.type);
    const computed = this.#value(expr!);
    return sequence([...this.#statements, set(value, computed), use(value)]);
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
      case "element": {
        const row = this.operands.rows?.get(expr.buffer);
        return row
          ? get(row)
          : this.lanes.load(this.#address(expr.buffer), this.operands.offset ?? 0);
      }
      case "scalar":
        return get(known(this.operands.scalars, expr.name, this.kernel));
      case "constant":
        return this.#constant(expr.value);
      case "unary":
        return this.lanes.unary(expr.operator, this.#value(expr.operand));
      case "binary":
        return this.lanes.binary(expr.operator, this.#value(expr.left), this.#value(expr.right));
    }
  }

  #constant(value: number): Code<T> {
    const spread = this.operands.constants?.get(value);
    return spread ? get(spread) : this.lanes.constant(value);
  }

  #address(buffer: string): Code<"i32"> {
    return get(known(this.operands.addresses, buffer, this.kernel));
  }
}

/** The value under a name; an error that names the kernel and what it has. */
function known<V>(values: ReadonlyMap<string, V>, name: string, kernel: Kernel): V {
  const value = values.get(name);
  if (value !== undefined) return value;
  const names = [...values.keys()].join(", ");
  throw new RangeError(`${kernel.name} uses "${name}" in a formula, but it has only: ${names}`);
}
