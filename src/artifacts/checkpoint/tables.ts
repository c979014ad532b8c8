import type { Builder } from "flatbuffers";
import type { Field } from "./schema.ts";

/** Writes a table whose fields `add` adds; what they lead to must be there already. */
export function table(
  builder: Builder,
  fields: Readonly<Record<string, Field>>,
  add: () => void,
): number {
  builder.startObject(Object.keys(fields).length);
  add();
  return builder.endObject();
}

/** Writes a list of tables. */
export function tableVector(builder: Builder, tables: readonly number[]): number {
  builder.startVector(4, tables.length, 4);
  for (const offset of tables.toReversed()) builder.addOffset(offset);
  return builder.endVector();
}

/** Writes a list of 64-bit integers. */
export function int64Vector(builder: Builder, values: readonly number[]): number {
  builder.startVector(8, values.length, 8);
  for (const value of values.toReversed()) builder.addInt64(BigInt(value));
  return builder.endVector();
}
