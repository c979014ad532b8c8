/** Numbers of the card by NVIDIA's own tool, a line a card; `undefined` where it is not there. */
export async function cardNumbers(what: string): Promise<string[] | undefined> {
  try {
    const { success, stdout } = await new Deno.Command("nvidia-smi", {
      args: [`--query-gpu=${what}`, "--format=csv,noheader,nounits"],
      stderr: "null",
    }).output();
    return success ? new TextDecoder().decode(stdout).trim().split("\n") : undefined;
  } catch {
    return undefined;
  }
}

/** What a work gives, and by how many MiB the first card's memory rose at most while it ran. */
export async function withPeak<T>(work: () => Promise<T>): Promise<[T, number | undefined]> {
  const before = await used();
  if (before === undefined) return [await work(), undefined];
  let peak = before;
  let isRunning = true;
  const watch = async () => {
    while (isRunning) {
      peak = Math.max(peak, await used() ?? peak);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  };
  const watching = watch();
  try {
    const made = await work();
    return [made, peak - before];
  } finally {
    isRunning = false;
    await watching;
  }
}

async function used(): Promise<number | undefined> {
  const lines = await cardNumbers("memory.used");
  return lines && Number(lines[0]);
}
