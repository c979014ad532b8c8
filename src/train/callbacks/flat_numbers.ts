/** The numbers of a record by name, those of records inside it with a dot: `validation.loss`. */
export function flatNumbers(record: object, prefix = ""): Map<string, number> {
  const found = new Map<string, number>();
  for (const [name, value] of Object.entries(record)) {
    if (typeof value === "number") found.set(prefix + name, value);
    else if (typeof value === "object" && value !== null && !Array.isArray(value)) {
      flatNumbers(value, `${prefix}${name}.`).forEach((one, key) => found.set(key, one));
    }
  }
  return found;
}
