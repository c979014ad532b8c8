import type { Builder } from "flatbuffers";
import type { PropertyValue } from "./checkpoint.ts";
import { PROPERTY, PROPERTY_BAG } from "./schema.ts";
import { table, tableVector } from "./tables.ts";

/** The property bag as a table; 0 (no table) where it is empty. */
export function encodeProperties(
  builder: Builder,
  properties: ReadonlyMap<string, PropertyValue>,
): number {
  if (properties.size === 0) return 0;
  const list = (isOne: (value: PropertyValue) => boolean) => {
    const chosen = [...properties].filter(([, value]) => isOne(value));
    return tableVector(builder, chosen.map((property) => encodeProperty(builder, ...property)));
  };
  const lists = {
    ints: list((value) => typeof value === "bigint"),
    floats: list((value) => typeof value === "number"),
    strings: list((value) => typeof value === "string"),
  };
  return table(builder, PROPERTY_BAG, () => {
    builder.addFieldOffset(PROPERTY_BAG.ints.slot, lists.ints, 0);
    builder.addFieldOffset(PROPERTY_BAG.floats.slot, lists.floats, 0);
    builder.addFieldOffset(PROPERTY_BAG.strings.slot, lists.strings, 0);
  });
}

function encodeProperty(builder: Builder, name: string, value: PropertyValue): number {
  const text = typeof value === "string" ? builder.createString(value) : 0;
  const key = builder.createString(name);
  return table(builder, PROPERTY, () => {
    builder.addFieldOffset(PROPERTY.name.slot, key, 0);
    const { slot } = PROPERTY.value;
    if (typeof value === "bigint") builder.addFieldInt64(slot, value, 0n);
    else if (typeof value === "number") builder.addFieldFloat32(slot, value, 0);
    else builder.addFieldOffset(slot, text, 0);
  });
}
