import { join } from "@std/path";

/**
 * The folder that downloads are kept in: `GRAFT_CACHE` where it is set, else `graft` in the user's
 * cache folder. Throws an `Error` where neither is known.
 */
export function cacheFolder(): string {
  const own = Deno.env.get("GRAFT_CACHE");
  if (own) return own;
  const parent = systemFolder();
  if (parent) return join(parent, "graft");
  throw new Error(
    "No cache folder is known: set the environment variable GRAFT_CACHE to a folder for downloads",
  );
}

function systemFolder(): string | undefined {
  if (Deno.build.os === "windows") return Deno.env.get("LOCALAPPDATA");
  const home = Deno.env.get("HOME");
  if (Deno.build.os === "darwin") return home && join(home, "Library", "Caches");
  return Deno.env.get("XDG_CACHE_HOME") || home && join(home, ".cache");
}
