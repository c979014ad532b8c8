import type { Session } from "../runtime.ts";

/**
 * A session whose runs are captured, or one whose runs are not where the engine refuses that: when it
 * is made, or in a run, which is then taken again. `note` gets a line for it.
 */
export async function capturedOrNot(
  open: (captures: boolean) => Promise<Session>,
  note: (line: string) => void,
): Promise<Session> {
  let isCaptured = true;
  const withoutCapture = (error: unknown): Promise<Session> => {
    isCaptured = false;
    const reason = (error as Error).message.trim().split("\n")[0];
    note(`steps are not captured as a CUDA graph (${reason}); they run node by node`);
    return open(false);
  };
  let session = await open(true).catch(withoutCapture);
  if (!isCaptured) return session;
  return {
    inputs: session.inputs,
    outputs: session.outputs,
    run: (...given) => session.run(...given),
    runResident: async (feeds, into) => {
      try {
        return await session.runResident(feeds, into);
      } catch (error) {
        if (!isCaptured) throw error;
        await session.release();
        session = await withoutCapture(error);
        return await session.runResident(feeds, into);
      }
    },
    release: () => session.release(),
  };
}
