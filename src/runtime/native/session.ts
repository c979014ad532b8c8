import { arrayConstructor } from "../../tensor/dtype.ts";
import { sameShape, sizeOf } from "../../tensor/shape.ts";
import { type Tensor, tensor } from "../../tensor/tensor.ts";
import type { OutputReport, Resident, Session, SessionOptions } from "../runtime.ts";
import { type Feeds, runBound } from "./binding.ts";
import { type Engine, pointers } from "./engine.ts";
import { FixedRun } from "./fixed_run.ts";
import { checkFed, type Handle, held, openHandle } from "./handle.ts";
import type { Provider } from "./provider.ts";
import { copied, Values } from "./values.ts";

/** A run that took less than this is not worth a thread of its own, in milliseconds. */
const SHORT_MS = 3;

/** Makes a serialised model ready to run, on the CPU where no `provider` is given. */
export async function openNative(
  engine: Engine,
  model: Uint8Array,
  { optimise = true, resident = [], captures = false, provider }: SessionOptions & {
    readonly provider?: Provider;
  } = {},
): Promise<Session> {
  const own = provider && { ...provider, graph: provider.graph && captures };
  const handle = await openHandle(engine, model, { optimise, provider: own });
  const { inputs, outputs } = handle;
  // On the CPU the same way is taken, so that it is tried there.
  const isFixed = captures && (!own || own.graph);
  let fixed: Promise<FixedRun> | undefined;
  return {
    inputs,
    outputs,
    run: plainRuns(handle),
    runResident: async (feeds: Feeds, into: Readonly<Record<string, Resident>> = {}) => {
      checkFed(Object.keys(feeds), handle);
      if (!isFixed || !canBeFixed(outputs, { into, resident })) {
        return await runBound(handle, feeds, { into, resident });
      }
      fixed ??= FixedRun.open(handle, own, { feeds, into });
      return await (await fixed).run(feeds, into);
    },
    release: async () => {
      await fixed?.then((one) => one.release(), () => {});
      handle.release();
    },
  };
}

/** Whether all memory that a session writes to can be set aside beforehand. */
function canBeFixed(
  outputs: readonly OutputReport[],
  { into, resident }: {
    readonly into: Readonly<Record<string, Resident>>;
    readonly resident: readonly string[];
  },
): boolean {
  return resident.every((name) => into[name]) &&
    outputs.every(({ name, type, shape }) =>
      into[name] || type !== undefined && shape.every((size) => typeof size === "number")
    );
}

/** Runs on tensors of the host, whose outputs are written where they are wanted there. */
function plainRuns(handle: Handle): Session["run"] {
  const { engine, session, outputs, written } = handle;
  const { api } = engine;
  /** Outputs that came in the shape which the engine had said. */
  const fixed = new Map<string, OutputReport>();
  let isSeen = false;
  let lastMs = 0;
  return async (feeds, into = {}, wanted = outputs.map((one) => one.name)) => {
    const fed = Object.keys(feeds);
    checkFed(fed, handle);
    const results = Object.fromEntries(
      wanted.map((name) => [name, into[name] ?? roomFor(fixed.get(name))]),
    );
    const values = new Values(engine);
    const addresses = BigUint64Array.from(wanted, (name) => values.of(results[name]));
    const parameters = [
      session,
      null,
      pointers(fed.map((name) => written.get(name)!)),
      BigUint64Array.from(fed, (name) => values.of(feeds[name])),
      fed.length,
      pointers(wanted.map((name) => written.get(name)!)),
      wanted.length,
      addresses,
    ];
    const work = { parameters, feeds, results };
    const start = performance.now();
    try {
      held.add(work);
      if (lastMs < SHORT_MS && lastMs > 0) api.call("Run", ...parameters);
      else await api.later("Run", ...parameters);
      lastMs = performance.now() - start;
      wanted.forEach((name, at) => results[name] ??= copied(engine, addresses[at]!));
      if (!isSeen) {
        for (const one of outputs) if (isAsSaid(one, results[one.name])) fixed.set(one.name, one);
        isSeen = true;
      }
      return results as Record<string, Tensor>;
    } finally {
      held.delete(work);
      values.release();
    }
  };
}

/** A new tensor for an output whose shape is known beforehand. */
function roomFor(one: OutputReport | undefined): Tensor | undefined {
  if (!one) return undefined;
  const type = one.type!;
  const dims = one.shape as number[];
  return tensor(
    type,
    dims,
    new (arrayConstructor(type))(sizeOf(dims)) as Float32Array<ArrayBuffer>,
  );
}

function isAsSaid({ type, shape }: OutputReport, made: Tensor | undefined): boolean {
  return made?.type === type && made !== undefined && sameShape(made.dims, shape as number[]);
}
