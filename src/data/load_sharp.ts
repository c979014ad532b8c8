type Sharp = typeof import("sharp").default;

let loading: Promise<Sharp> | undefined;

/** The decoder of pictures, loaded with the first of them: its library takes a tenth of a second. */
export function loadSharp(): Promise<Sharp> {
  return loading ??= import("sharp").then(({ default: sharp }) => {
    // Every picture is read once per use, so a cache of operations only takes memory; pictures run
    // beside each other, one thread each.
    sharp.cache(false);
    sharp.concurrency(1);
    return sharp;
  });
}
