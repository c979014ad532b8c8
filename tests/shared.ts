/** The URL of a file of the shared data beside the repository, or `undefined` where it is missing. */
export function shared(path: string): URL | undefined {
  const url = new URL(`../../shared/${path}`, import.meta.url);
  try {
    Deno.statSync(url);
    return url;
  } catch {
    return undefined;
  }
}
