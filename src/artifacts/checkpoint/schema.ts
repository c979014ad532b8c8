/** A field of a table of the file. */
export interface Field {
  /** Its name in the schema, for messages. */
  readonly name: string;
  /** Its place in the table's list of fields, from 0. */
  readonly slot: number;
}

/** Bytes 4 to 7 of every checkpoint file. */
export const IDENTIFIER = "ODTC";

/** The root of the file. */
export const CHECKPOINT = fields("version", "module_state", "optimizer_groups", "property_bag");

/** The parameters. The last two fields came with version 2. */
export const MODULE_STATE = fields(
  "requires_grad_params",
  "frozen_params",
  "is_nominal_state",
  "has_external_data",
);

/** The state of the optimizer. */
export const OPTIMIZER_GROUP = fields(
  "group_name",
  "step",
  "initial_learning_rate",
  "optimizer_states",
);

/** What the optimizer keeps for one parameter. */
export const PARAMETER_STATE = fields("param_name", "momentums");

/** The user's own facts. */
export const PROPERTY_BAG = fields("ints", "floats", "strings");

/** One of these facts. */
export const PROPERTY = fields("name", "value");

/** A tensor; the last field came with version 2. */
export const TENSOR = fields(
  "name",
  "doc_string",
  "dims",
  "data_type",
  "raw_data",
  "string_data",
  "external_data_offset",
);

/** The `external_data_offset` of a tensor that lies in the file itself. */
export const INLINE = -1n;

function fields<Name extends string>(...names: Name[]): Readonly<Record<Name, Field>> {
  const entries = names.map((name, slot) => [name, { name, slot }]);
  return Object.fromEntries(entries) as Record<Name, Field>;
}
