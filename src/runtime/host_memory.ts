/** Where Linux says what a container may use and uses, in bytes. */
const GROUP = ["/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory.current"] as const;

/** Bytes of the host's memory that are free, or what is left of a container's share of it. */
export async function freeBytes(): Promise<number> {
  const { available } = Deno.systemMemoryInfo();
  const [most, used] = await Promise.all(GROUP.map(numberIn));
  if (most === undefined || used === undefined) return available;
  return Math.min(available, Math.max(0, most - used));
}

/** Bytes of the host's memory that this process has. */
export function residentBytes(): number {
  return Deno.memoryUsage().rss;
}

/** The number in a file; `undefined` where there is none, as for "max". */
async function numberIn(path: string): Promise<number | undefined> {
  const text = await Deno.readTextFile(path).catch(() => "");
  const number = Number.parseInt(text);
  return Number.isNaN(number) ? undefined : number;
}
