import type { OutputReport, SessionOptions } from "../runtime.ts";
import type { Api } from "./api.ts";
import { cString, type Engine } from "./engine.ts";
import { appendCuda, memoryOf, type Provider } from "./provider.ts";
import { describe } from "./values.ts";

const ERROR = 3;
const ALL_OPTIMISATIONS = 99;

/** Memory that the engine works on in another thread, kept from being collected. */
export const held = new Set<unknown>();

/** A session of the engine and what is known of it. */
export interface Handle {
  readonly engine: Engine;
  readonly session: Deno.PointerValue;
  /** Describes the memory where it computes. */
  readonly memory: Deno.PointerValue;
  readonly inputs: readonly string[];
  readonly outputs: readonly OutputReport[];
  /** Names of inputs and outputs as C has them. */
  readonly written: ReadonlyMap<string, Uint8Array<ArrayBuffer>>;
  /** Frees the engine's memory. */
  release(): void;
}

/** Makes a serialised model ready to run where `provider` says. */
export async function openHandle(
  engine: Engine,
  model: Uint8Array,
  { optimise = true, provider }: Pick<SessionOptions, "optimise"> & {
    readonly provider?: Provider;
  },
): Promise<Handle> {
  const { api, allocator } = engine;
  const session = await newSession(engine, model, { optimise, provider });
  const names = (which: "Input" | "Output") =>
    Array.from({ length: api.count(`SessionGet${which}Count`, session) }, (_, at) => {
      const text = api.made(`SessionGet${which}Name`, session, at, allocator);
      const name = new Deno.UnsafePointerView(text!).getCString();
      api.call("AllocatorFree", allocator, text);
      return name;
    });
  const inputs = names("Input");
  const outputs = names("Output").map((name, at) => reportOf(api, session, name, at));
  const all = [...inputs, ...outputs.map(({ name }) => name)];
  return {
    engine,
    session,
    memory: memoryOf(engine, provider),
    inputs,
    outputs,
    written: new Map(all.map((name) => [name, cString(name)])),
    release: () => api.release("ReleaseSession", session),
  };
}

async function newSession(
  engine: Engine,
  model: Uint8Array,
  { optimise, provider }: { readonly optimise: boolean; readonly provider: Provider },
): Promise<Deno.PointerValue> {
  const { api, env } = engine;
  const options = api.made("CreateSessionOptions");
  const slot = new BigUint64Array(1);
  const bytes = model as Uint8Array<ArrayBuffer>;
  try {
    api.call("SetSessionLogSeverityLevel", options, ERROR);
    // A block for a whole run would be added to what the first run has taken piece by piece.
    api.call("DisableMemPattern", options);
    // Between runs the cores are the optimizer's, and those of whoever else computes.
    api.call(
      "AddSessionConfigEntry",
      options,
      cString("session.force_spinning_stop"),
      cString("1"),
    );
    api.call("SetSessionGraphOptimizationLevel", options, optimise ? ALL_OPTIMISATIONS : 0);
    if (provider) appendCuda(engine, options, provider);
    held.add(bytes).add(slot);
    await api.later("CreateSessionFromArray", env, bytes, bytes.length, options, slot);
  } finally {
    held.delete(bytes);
    held.delete(slot);
    api.release("ReleaseSessionOptions", options);
  }
  return Deno.UnsafePointer.create(slot[0]!);
}

/** Checks that a session is fed what it takes. */
export function checkFed(fed: readonly string[], { inputs }: Handle): void {
  const missing = inputs.filter((name) => !fed.includes(name));
  const unknown = fed.filter((name) => !inputs.includes(name));
  if (missing.length === 0 && unknown.length === 0) return;
  const list = (names: readonly string[]) => names.map((name) => `"${name}"`).join(", ");
  throw new Error(
    missing.length > 0
      ? `The graph was not fed its input ${list(missing)}`
      : `The graph has no input ${list(unknown)}; its inputs are ${list(inputs)}`,
  );
}

function reportOf(api: Api, session: Deno.PointerValue, name: string, at: number): OutputReport {
  const info = api.made("SessionGetOutputTypeInfo", session, at);
  try {
    const about = api.made("CastTypeInfoToTensorInfo", info);
    return { name, ...about ? describe(api, about, false) : { type: undefined, shape: [] } };
  } finally {
    api.release("ReleaseTypeInfo", info);
  }
}
