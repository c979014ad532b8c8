import { arrayConstructor, type ArrayOf, type DataType } from "../tensor/dtype.ts";

/** Memory for the inputs of one batch, which that of the next takes over: what is in it is gone then. */
export class BatchMemory {
  readonly #arrays = new Map<string, ArrayOf<DataType>>();

  /** An array of `length` numbers for `what`: the one given before, where it is like that. */
  take<T extends DataType>(what: string, type: T, length: number): ArrayOf<T> {
    const make = arrayConstructor(type);
    const known = this.#arrays.get(what);
    if (known instanceof make && known.length === length) return known as ArrayOf<T>;
    const made = new make(length) as ArrayOf<T>;
    this.#arrays.set(what, made);
    return made;
  }
}
