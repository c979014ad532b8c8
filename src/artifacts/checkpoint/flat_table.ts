import { damaged } from "./claims.ts";
import type { FlatFile } from "./flat_file.ts";
import type { Field } from "./schema.ts";

/** A table of a flatbuffer: reads its fields by their slots. An absent field is `undefined`. */
export class FlatTable {
  readonly #vtable: number;
  readonly #slots: number;
  readonly #size: number;

  /** The table that a flatbuffer starts from. */
  static root(file: FlatFile, name: string): FlatTable {
    return new FlatTable(file, file.target(0, name), name);
  }

  /** The table at byte `at`; `where` leads to it from the root, for messages. */
  constructor(readonly file: FlatFile, readonly at: number, readonly where: string) {
    const { scalars } = file;
    file.checkInside(at, 4, where);
    this.#vtable = at - scalars.readInt32(at);
    const list = `the list of fields of ${where}`;
    file.checkInside(this.#vtable, 4, list);
    const length = scalars.readUint16(this.#vtable);
    this.#size = scalars.readUint16(this.#vtable + 2);
    if (length < 4 || length % 2 !== 0 || this.#size < 4) {
      throw damaged(`${list} (at byte ${this.#vtable}) has the length ${length}`);
    }
    file.checkInside(this.#vtable, length, list);
    file.take(at, this.#size, where);
    this.#slots = (length - 4) / 2;
  }

  /** A 32-bit integer. */
  int32(field: Field): number | undefined {
    const at = this.#find(field, 4);
    return at === undefined ? undefined : this.file.scalars.readInt32(at);
  }

  /** A 64-bit integer. */
  int64(field: Field): bigint | undefined {
    const at = this.#find(field, 8);
    return at === undefined ? undefined : this.file.scalars.readInt64(at);
  }

  /** A 32-bit float. */
  float32(field: Field): number | undefined {
    const at = this.#find(field, 4);
    return at === undefined ? undefined : this.file.scalars.readFloat32(at);
  }

  /** A byte of 0 or another number. */
  bool(field: Field): boolean {
    const at = this.#find(field, 1);
    return at !== undefined && this.file.bytes[at] !== 0;
  }

  /** A string. Throws `SyntaxError` where it is missing. */
  string(field: Field): string {
    const at = this.#follow(field);
    if (at === undefined) throw damaged(`${this.path(field)} is missing`);
    return this.file.string(at, this.path(field));
  }

  /** A table inside. */
  table(field: Field): FlatTable | undefined {
    const at = this.#follow(field);
    return at === undefined ? undefined : new FlatTable(this.file, at, this.path(field));
  }

  /** A list of tables, each read when its turn comes. */
  tables(field: Field): Iterable<FlatTable> | undefined {
    const at = this.#follow(field);
    return at === undefined ? undefined : this.#tablesAt(at, this.path(field));
  }

  /** A list of bytes, as a view. */
  bytes(field: Field): Uint8Array | undefined {
    const at = this.#follow(field);
    if (at === undefined) return undefined;
    const { start, count } = this.file.vector(at, 1, this.path(field));
    return this.file.bytes.subarray(start, start + count);
  }

  /** A list of 64-bit integers. Throws `SyntaxError` where there are more than `most`. */
  int64s(field: Field, most: number): bigint[] | undefined {
    const at = this.#follow(field);
    if (at === undefined) return undefined;
    const { start, count } = this.file.vector(at, 8, this.path(field));
    if (count > most) {
      throw damaged(`${this.path(field)} (at byte ${at}) has ${count} elements; ${most} at most`);
    }
    const { scalars } = this.file;
    return Array.from({ length: count }, (_, index) => scalars.readInt64(start + 8 * index));
  }

  /** The way from the root to a field. */
  path(field: Field): string {
    return `${this.where}.${field.name}`;
  }

  *#tablesAt(at: number, path: string): Generator<FlatTable> {
    const { start, count } = this.file.vector(at, 4, path);
    for (let index = 0; index < count; index++) {
      const where = `${path}[${index}]`;
      yield new FlatTable(this.file, this.file.target(start + 4 * index, where), where);
    }
  }

  #find(field: Field, width: number): number | undefined {
    if (field.slot >= this.#slots) return undefined;
    const offset = this.file.scalars.readUint16(this.#vtable + 4 + 2 * field.slot);
    if (offset === 0) return undefined;
    if (offset < 4 || offset + width > this.#size) {
      throw damaged(
        `${this.path(field)} lies at byte ${offset} of a table of ${this.#size} bytes ` +
          `(at byte ${this.at})`,
      );
    }
    return this.at + offset;
  }

  #follow(field: Field): number | undefined {
    const at = this.#find(field, 4);
    return at === undefined ? undefined : this.file.target(at, this.path(field));
  }
}
