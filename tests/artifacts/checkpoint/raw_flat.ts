/**
 * Flatbuffers by hand, from the layout's facts alone: a second reader and a second writer, so that
 * the project's own are not judged by themselves.
 * @module
 */

/** What a table of the schema has in each slot. */
export type Shape = readonly (readonly [name: string, type: Type])[];

/** A scalar, a string, a vector of scalars, a table, or a vector of tables. */
type Type = "bool" | "int32" | "int64" | "float32" | "string" | "bytes" | "int64s" | Table | Tables;
type Table = { readonly table: Shape };
type Tables = { readonly tables: Shape };

const TENSOR: Shape = [
  ["name", "string"],
  ["doc_string", "string"],
  ["dims", "int64s"],
  ["data_type", "int32"],
  ["raw_data", "bytes"],
  ["string_data", { tables: [] }],
  ["external_data_offset", "int64"],
];

const property = (value: Type): Tables => ({ tables: [["name", "string"], ["value", value]] });

/** The checkpoint's schema. */
export const CHECKPOINT: Shape = [
  ["version", "int32"],
  ["module_state", {
    table: [
      ["requires_grad_params", { tables: TENSOR }],
      ["frozen_params", { tables: TENSOR }],
      ["is_nominal_state", "bool"],
      ["has_external_data", "bool"],
    ],
  }],
  ["optimizer_groups", {
    tables: [
      ["group_name", "string"],
      ["step", "int64"],
      ["initial_learning_rate", "float32"],
      ["optimizer_states", {
        tables: [["param_name", "string"], ["momentums", { tables: TENSOR }]],
      }],
    ],
  }],
  ["property_bag", {
    table: [
      ["ints", property("int64")],
      ["floats", property("float32")],
      ["strings", property("string")],
    ],
  }],
];

/** A table as an object; fields that are absent are left out. */
export type RawTable = { readonly [field: string]: unknown };

/** Reads a table and all it leads to, with nothing but a DataView. */
export function readRaw(bytes: Uint8Array, shape: Shape = CHECKPOINT): RawTable {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const follow = (at: number) => at + view.getUint32(at, true);
  const vector = <T>(at: number, width: number, read: (at: number) => T) =>
    Array.from({ length: view.getUint32(at, true) }, (_, i) => read(at + 4 + i * width));
  const value = (at: number, type: Type): unknown => {
    if (type === "bool") return view.getUint8(at) !== 0;
    if (type === "int32") return view.getInt32(at, true);
    if (type === "int64") return view.getBigInt64(at, true);
    if (type === "float32") return view.getFloat32(at, true);
    const to = follow(at);
    const count = view.getUint32(to, true);
    if (type === "bytes") return bytes.slice(to + 4, to + 4 + count);
    if (type === "int64s") return vector(to, 8, (each) => view.getBigInt64(each, true));
    if (type === "string") return new TextDecoder().decode(bytes.slice(to + 4, to + 4 + count));
    if ("table" in type) return table(to, type.table);
    return vector(to, 4, (each) => table(follow(each), type.tables));
  };
  const table = (at: number, shape: Shape): RawTable => {
    const vtable = at - view.getInt32(at, true);
    const slots = (view.getUint16(vtable, true) - 4) / 2;
    const found = shape.slice(0, slots).map(([name, type], slot) => {
      const offset = view.getUint16(vtable + 4 + 2 * slot, true);
      return [name, offset === 0 ? undefined : value(at + offset, type)];
    });
    return Object.fromEntries(found.filter(([, value]) => value !== undefined));
  };
  return table(follow(0), shape);
}

/** What `writeRaw` wrote, and where each string, vector and table of it starts, by its path. */
export interface Written {
  readonly bytes: Uint8Array;
  readonly places: ReadonlyMap<string, number>;
}

/** Writes a table and all it leads to: each table, its vtable before it, then what it leads to. */
export function writeRaw(root: RawTable, shape: Shape = CHECKPOINT): Written {
  const bytes = new Uint8Array(1 << 16);
  const view = new DataView(bytes.buffer);
  const places = new Map<string, number>();
  let end = 8;
  bytes.set(new TextEncoder().encode("ODTC"), 4);
  const room = (size: number, alignment: number, skip = 0) => {
    while ((end + skip) % alignment !== 0) end++;
    end += size;
    return end - size;
  };
  const lead = (from: number, to: number) => view.setUint32(from, to - from, true);
  const list = <T>(values: ArrayLike<T>, width: number, set: (at: number, value: T) => void) => {
    const at = room(4 + values.length * width, Math.max(4, width), width === 8 ? 4 : 0);
    view.setUint32(at, values.length, true);
    Array.from(values, (value, i) => set(at + 4 + i * width, value));
    return at;
  };
  const put = (at: number, type: Type, value: unknown, path: string): void => {
    if (type === "bool") return view.setUint8(at, Number(value));
    if (type === "int32") return view.setInt32(at, value as number, true);
    if (type === "int64") return view.setBigInt64(at, value as bigint, true);
    if (type === "float32") return view.setFloat32(at, value as number, true);
    const to = child(type, value, path);
    places.set(path, to);
    lead(at, to);
  };
  const child = (type: Type, value: unknown, path: string): number => {
    if (type === "int64s") {
      return list(value as bigint[], 8, (at, number) => view.setBigInt64(at, number, true));
    }
    if (type === "bytes") {
      return list(value as Uint8Array, 1, (at, byte) => view.setUint8(at, byte));
    }
    if (type === "string") {
      const text = new TextEncoder().encode(value as string);
      const at = list(text, 1, (at, byte) => view.setUint8(at, byte));
      end++;
      return at;
    }
    const { table: one, tables: many } = type as Partial<Table & Tables>;
    if (one) return table(value as RawTable, one, path);
    const items = (value as RawTable[]).map((item, i) => [item, `${path}[${i}]`] as const);
    return list(items, 4, (at, [item, name]) => lead(at, table(item, many!, name)));
  };
  const table = (value: RawTable, shape: Shape, path: string): number => {
    const vtable = room(4 + 2 * shape.length, 2);
    const at = room(4 + 8 * shape.length, 8, 4);
    places.set(path, at);
    view.setInt32(at, at - vtable, true);
    view.setUint16(vtable, 4 + 2 * shape.length, true);
    view.setUint16(vtable + 2, 4 + 8 * shape.length, true);
    shape.forEach(([name, type], slot) => {
      if (value[name] === undefined) return;
      view.setUint16(vtable + 4 + 2 * slot, 4 + 8 * slot, true);
      put(at + 4 + 8 * slot, type, value[name], path === "" ? name : `${path}.${name}`);
    });
    return at;
  };
  lead(0, table(root, shape, ""));
  return { bytes: bytes.slice(0, end), places };
}
