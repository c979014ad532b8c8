import { z } from "zod";
import { nearest } from "./nearest.ts";
import { describeSchema, type JsonSchema, listed, schemaAt } from "./schema_words.ts";

/**
 * `value` as `schema` (a `z.strictObject`) reads it, defaults filled in; options that are present
 * but `undefined` count as left out. Throws `TypeError` for a wrong type or an unknown option name
 * and `RangeError` for a value that is not allowed, both naming the option, what it must be and
 * what was found: `fit(): option "epochs" must be a positive integer, found -3`.
 *
 * What an option must be comes from its schema; give a schema that cannot be put into words (a
 * function, a class) a noun phrase with `.describe("a function of progress")`.
 */
export function checkOptions<T>(functionName: string, schema: z.ZodType<T>, value: unknown): T {
  const result = schema.safeParse(withoutUndefined(value), { reportInput: true });
  if (result.success) return result.data;
  const issue = result.error.issues[0]!;
  const words = z.toJSONSchema(schema, { unrepresentable: "any", io: "input" }) as JsonSchema;
  if (issue.code === "unrecognized_keys") {
    throw new TypeError(unknownOption(functionName, schemaAt(words, issue.path), issue));
  }
  const option = schemaAt(words, issue.path);
  const allowed = describeSchema(option) ?? ownWords(issue.message) ?? "valid";
  if (issue.path.length === 0) {
    const what = isObject(value) ? "options" : "the options object";
    throw new TypeError(`${functionName}(): ${what} must be ${allowed}, found ${show(value)}`);
  }
  const name = `${functionName}(): option "${pathText(issue.path)}"`;
  if (issue.input === undefined) throw new TypeError(`${name} is missing: give ${allowed}`);
  const text = `${name} must be ${allowed}, found ${show(issue.input)}`;
  throw isWrongType(issue, issue.input, option) ? new TypeError(text) : new RangeError(text);
}

function unknownOption(
  functionName: string,
  object: JsonSchema,
  issue: z.core.$ZodIssueUnrecognizedKeys,
): string {
  const key = issue.keys[0]!;
  const known = Object.keys(object.properties ?? {});
  const name = pathText([...issue.path, key]);
  const near = nearest(key, known);
  const advice = near !== undefined
    ? `did you mean "${near}"?`
    : known.length === 0
    ? "there are none"
    : `there are ${listed(known.map((option) => `"${option}"`), "and")}`;
  return `${functionName}(): unknown option "${name}"; ${advice}`;
}

/** Whether the value found has a type that the option never takes, as against a value it never takes. */
function isWrongType(issue: z.core.$ZodIssue, found: unknown, option: JsonSchema): boolean {
  switch (issue.code) {
    case "invalid_type":
      return typeof found !== "number" || !["int", "number"].includes(issue.expected);
    case "invalid_value":
      return issue.values.every((value) => typeof value !== typeof found);
    case "invalid_union":
      return issue.errors.flat().every((inner) =>
        inner.path.length === 0 && isWrongType(inner, found, {})
      );
    case "custom":
      return option.type === undefined && option.anyOf === undefined;
    default:
      return false;
  }
}

function withoutUndefined(value: unknown): unknown {
  if (value === undefined) return {};
  if (!isObject(value) || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).filter(([, option]) => option !== undefined));
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}

/** The message that a schema was given, where it is not zod's standard one. */
function ownWords(message: string): string | undefined {
  return message.startsWith("Invalid") ? undefined : message;
}

function pathText(path: readonly PropertyKey[]): string {
  return path.map((part, depth) =>
    typeof part === "number" ? `[${part}]` : depth === 0 ? String(part) : `.${String(part)}`
  ).join("");
}

/** A value as an error message quotes it, at most 80 letters. */
export function show(value: unknown): string {
  let text: string | undefined;
  if (typeof value === "function") {
    text = value.name === "" ? "a function" : `function ${value.name}`;
  } else if (typeof value === "bigint") text = `${value}n`;
  else if (ArrayBuffer.isView(value)) {
    text = `${value.constructor.name} of ${value.byteLength} bytes`;
  } else if (isObject(value) && value.constructor !== Object && !Array.isArray(value)) {
    text = `an object of class ${value.constructor?.name ?? "unknown"}`;
  } else if (typeof value === "number" || typeof value === "symbol") text = String(value);
  else text = JSON.stringify(value, (_, part) => typeof part === "bigint" ? `${part}n` : part);
  text ??= String(value);
  return text.length > 80 ? `${text.slice(0, 77)}...` : text;
}
