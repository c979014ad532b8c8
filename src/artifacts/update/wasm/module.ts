import { type Bytes, type Code, type Local, unsigned, type ValueType } from "./code.ts";
import { END, VALUE_TYPES } from "./opcodes.ts";

/** A function of a module: its parameters and locals are declared as they are asked for. */
export class FunctionBuilder {
  readonly #parameters: ValueType[] = [];
  readonly #locals: ValueType[] = [];
  #result: readonly ValueType[] = [];
  #body: Bytes = [];

  /** @param name The name the function is exported under. */
  constructor(readonly name: string) {}

  /** Declares the next parameter. All parameters come before the first local. */
  parameter<T extends ValueType>(type: T): Local<T> {
    if (this.#locals.length > 0) throw new TypeError("A parameter was declared after a local");
    return { type, index: this.#parameters.push(type) - 1 };
  }

  /** Declares a local variable; it starts at 0. */
  local<T extends ValueType>(type: T): Local<T> {
    return { type, index: this.#parameters.length + this.#locals.push(type) - 1 };
  }

  /** Sets what the function does and, where it returns something, the value returned. */
  body(statements: Code<"none">, result?: Code<ValueType>): this {
    this.#result = result ? [result.type] : [];
    this.#body = [...statements.bytes, ...result?.bytes ?? []];
    return this;
  }

  /** The function's entry in the type section. */
  signature(): Bytes {
    return [0x60, ...vector(this.#parameters.map(typeCode)), ...vector(this.#result.map(typeCode))];
  }

  /** The function's entry in the code section. */
  code(): Bytes {
    const locals = vector(this.#locals.map((type) => [1, VALUE_TYPES[type]]));
    return sized([...locals, ...this.#body, END]);
  }
}

/** Pages that a memory can have at most, 4 GiB. */
const MOST_PAGES = 65536;

/**
 * The binary of a module that imports the memory `host.memory` of a page or more, `shared` between
 * threads or not, and exports `functions`. Equal functions give equal bytes.
 */
export function wasmModule(
  functions: readonly FunctionBuilder[],
  shared = false,
): Uint8Array<ArrayBuffer> {
  const numbered = functions.map((_, index) => unsigned(index));
  // Where a memory has a page for certain, the first bytes after an address need no check.
  const limits = shared ? [0x03, 1, ...unsigned(MOST_PAGES)] : [0x00, 1];
  return Uint8Array.from([
    ...[0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00],
    ...section(1, vector(functions.map((each) => each.signature()))),
    ...section(2, vector([[...text("host"), ...text("memory"), 0x02, ...limits]])),
    ...section(3, vector(numbered)),
    ...section(7, vector(functions.map((each, n) => [...text(each.name), 0x00, ...unsigned(n)]))),
    ...section(10, vector(functions.map((each) => each.code()))),
  ]);
}

/** Compiles the module and binds it to `memory`; the exports by name. */
export function instantiate(
  functions: readonly FunctionBuilder[],
  memory: WebAssembly.Memory,
): Record<string, (...values: number[]) => number> {
  const shared = memory.buffer instanceof SharedArrayBuffer;
  const module = new WebAssembly.Module(wasmModule(functions, shared));
  const instance = new WebAssembly.Instance(module, { host: { memory } });
  return instance.exports as Record<string, (...values: number[]) => number>;
}

function section(id: number, contents: Bytes): Bytes {
  return [id, ...sized(contents)];
}

function vector(items: readonly Bytes[]): Bytes {
  return [...unsigned(items.length), ...items.flat()];
}

function sized(contents: Bytes): Bytes {
  return [...unsigned(contents.length), ...contents];
}

function text(value: string): Bytes {
  return sized([...new TextEncoder().encode(value)]);
}

function typeCode(type: ValueType): Bytes {
  return [VALUE_TYPES[type]];
}
