const SIGNALS: readonly Deno.Signal[] = Deno.build.os === "windows"
  ? ["SIGINT"]
  : ["SIGINT", "SIGTERM"];

/**
 * A signal that Ctrl-C (or SIGTERM) aborts, and the end of listening to it. From then on nobody listens,
 * so that a second Ctrl-C ends the process at once, also while the engine computes.
 */
export function onInterrupt(say: (text: string) => void): { signal: AbortSignal } & Disposable {
  const controller = new AbortController();
  const stopListening = () => {
    for (const signal of SIGNALS) Deno.removeSignalListener(signal, listener);
  };
  const listener = () => {
    stopListening();
    say("\nStopping after this step; what is trained is kept. Ctrl-C again leaves at once.");
    controller.abort();
  };
  for (const signal of SIGNALS) Deno.addSignalListener(signal, listener);
  return { signal: controller.signal, [Symbol.dispose]: stopListening };
}
