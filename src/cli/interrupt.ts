/** A signal that Ctrl-C aborts, and the end of listening to it. A second Ctrl-C ends the process. */
export function onInterrupt(say: (text: string) => void): { signal: AbortSignal } & Disposable {
  const controller = new AbortController();
  const listener = () => {
    if (controller.signal.aborted) Deno.exit(130);
    say("\nStopping; what is trained so far will be saved. Ctrl-C again to leave at once.");
    controller.abort();
  };
  Deno.addSignalListener("SIGINT", listener);
  return {
    signal: controller.signal,
    [Symbol.dispose]: () => Deno.removeSignalListener("SIGINT", listener),
  };
}
