/** The part of JSON Schema that option schemas use. */
export interface JsonSchema {
  /** JSON type. */
  readonly type?: string;
  /** A noun phrase of the schema's own. */
  readonly description?: string;
  /** The only value. */
  readonly const?: unknown;
  /** The only values. */
  readonly enum?: readonly unknown[];
  /** Alternatives. */
  readonly anyOf?: readonly JsonSchema[];
  /** Options by name. */
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  /** What the values of a record are. */
  readonly additionalProperties?: JsonSchema | boolean;
  /** What the elements of an array are. */
  readonly items?: JsonSchema;
  /** What the elements of a tuple are. */
  readonly prefixItems?: readonly JsonSchema[];
  /** Smallest number. */
  readonly minimum?: number;
  /** Largest number. */
  readonly maximum?: number;
  /** A number that must be exceeded. */
  readonly exclusiveMinimum?: number;
  /** A number that must not be reached. */
  readonly exclusiveMaximum?: number;
  /** Smallest length of an array. */
  readonly minItems?: number;
  /** Smallest length of a text. */
  readonly minLength?: number;
}

/** The schema at `path` inside `schema`; `{}` where it says nothing about that place. */
export function schemaAt(schema: JsonSchema, path: readonly PropertyKey[]): JsonSchema {
  let found = schema;
  for (const part of path) {
    const next: JsonSchema | boolean | undefined = typeof part === "number"
      ? found.prefixItems?.[part] ?? found.items
      : found.properties?.[String(part)] ?? found.additionalProperties;
    if (typeof next !== "object") return {};
    found = next;
  }
  return found;
}

/** What `schema` allows, as a noun phrase ("a positive integer"), where it says. */
export function describeSchema(schema: JsonSchema): string | undefined {
  if (schema.description !== undefined) return schema.description;
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.enum !== undefined) {
    const values = schema.enum.map((value) => JSON.stringify(value));
    return values.length > 1 ? `one of ${listed(values, "or")}` : values[0];
  }
  if (schema.anyOf !== undefined) {
    const parts = schema.anyOf.map(describeSchema);
    return parts.includes(undefined) ? undefined : listed(parts as string[], "or");
  }
  switch (schema.type) {
    case "integer":
    case "number":
      return numberWords(schema);
    case "string":
      return (schema.minLength ?? 0) > 0 ? "a non-empty string" : "a string";
    case "boolean":
      return "true or false";
    case "null":
      return "null";
    case "object":
      return "an object";
    case "array":
      return arrayWords(schema);
    default:
      return undefined;
  }
}

/** Words with commas and one `conjunction`: `a, b or c`. */
export function listed(words: readonly string[], conjunction: "and" | "or"): string {
  if (words.length < 2) return words.join("");
  return `${words.slice(0, -1).join(", ")} ${conjunction} ${words.at(-1)}`;
}

function numberWords(schema: JsonSchema): string {
  const noun = schema.type === "integer" ? "integer" : "number";
  const article = noun === "integer" ? "an" : "a";
  const { exclusiveMinimum: above, exclusiveMaximum: below } = schema;
  // Safe integers are bounded anyway; that bound is no news.
  const minimum = schema.minimum === Number.MIN_SAFE_INTEGER ? undefined : schema.minimum;
  const maximum = schema.maximum === Number.MAX_SAFE_INTEGER ? undefined : schema.maximum;
  const low = above ?? minimum;
  const high = below ?? maximum;
  if (high === undefined) {
    if (low === undefined) return `${article} ${noun}`;
    if (above === 0 || (noun === "integer" && minimum === 1)) return `a positive ${noun}`;
    if (minimum === 0) return `${article} ${noun}, 0 or more`;
    return `${article} ${noun}, ${above === undefined ? `${low} or more` : `more than ${low}`}`;
  }
  if (low === undefined) {
    return `${article} ${noun}, ${below === undefined ? `${high} or less` : `less than ${high}`}`;
  }
  const ends = above === undefined && below === undefined
    ? ""
    : above !== undefined && below !== undefined
    ? ", both excluded"
    : `, ${above === undefined ? high : low} excluded`;
  return `${article} ${noun} from ${low} to ${high}${ends}`;
}

function arrayWords(schema: JsonSchema): string {
  if (schema.prefixItems !== undefined) {
    const parts = schema.prefixItems.map((item) => describeSchema(item) ?? "a value");
    return parts.every((part) => part === parts[0])
      ? `${parts.length} values, each ${parts[0]}`
      : `[${parts.join(", ")}]`;
  }
  const items = schema.items && describeSchema(schema.items);
  const array = (schema.minItems ?? 0) > 0 ? "a non-empty array" : "an array";
  return items === undefined ? array : `${array}, each element ${items}`;
}
