/**
 * Throws `RangeError` unless `target` is an index into `classes` (or any index, where the classes
 * are unknown); `what` begins the message.
 */
export function checkClassIndex(
  target: number,
  classes: readonly string[] | undefined,
  what: string,
): void {
  const most = classes === undefined ? "" : ` to ${classes.length - 1} (${classes.length} classes)`;
  const isIndex = Number.isInteger(target) && target >= 0;
  if (isIndex && (classes === undefined || target < classes.length)) return;
  throw new RangeError(`${what} must be a class index from 0${most}, found ${target}`);
}
