import { assertEquals } from "@std/assert";
import type { Callback } from "../../src/train/callbacks/callback.ts";
import { CASES, runCase, withoutTimes } from "./resume_cases.ts";

/** Aborts a run when it has taken so many steps. */
function abortingAfter(
  steps: number,
): { readonly signal: AbortSignal; readonly callbacks: Callback[] } {
  const stop = new AbortController();
  const onStep = () => void (--steps === 0 && stop.abort());
  return { signal: stop.signal, callbacks: [{ onStep }] };
}

// Three and six steps an epoch: the cuts lie at several places in it.
for (const [name, stride] of [["whole", 4], ["frozen", 5]] as const) {
  Deno.test(`the case "${name}", cut off after every ${stride} steps, comes to the same bits`, async () => {
    const one = CASES[name]!;
    const folder = await Deno.makeTempDir();
    try {
      const whole = await runCase(one);
      let cuts = 0;
      let result = await runCase(one, folder, abortingAfter(stride));
      for (; result.stopped === "the signal ended it"; cuts++) {
        result = await runCase(one, folder, abortingAfter(stride));
      }
      assertEquals(withoutTimes(result), withoutTimes(whole));
      for (const value of whole.model.graph.constants()) {
        const found = result.model.graph.value(value.name).constant!.data;
        assertEquals(found, value.constant!.data, value.name);
      }
      assertEquals(cuts >= 4, true, `cut off ${cuts} times`);
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  });
}
