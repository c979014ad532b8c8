import { arrayConstructor } from "../../tensor/dtype.ts";
import { sameShape, sizeOf } from "../../tensor/shape.ts";
import { type Tensor, tensor } from "../../tensor/tensor.ts";
import type { OutputReport, Session, SessionOptions } from "../runtime.ts";
import { type Api, openApi } from "./api.ts";
import { copied, describe, given, type NativeResident, Values } from "./values.ts";

const WARNING = 2;
const ERROR = 3;
const ALL_OPTIMISATIONS = 99;
/** A run that took less than this is not worth a thread of its own, in milliseconds. */
const SHORT_MS = 3;

/** What all sessions share. */
interface Engine {
  readonly api: Api;
  readonly env: Deno.PointerValue;
  /** Describes memory of the host. */
  readonly host: Deno.PointerValue;
  readonly allocator: Deno.PointerValue;
}

let engine: Engine | null | undefined;

/** Memory that the engine works on in another thread, kept from being collected. */
const held = new Set<unknown>();

/** The engine through its C API, which writes outputs where they are wanted; `null` where it cannot be had. */
export function nativeEngine(): Engine | null {
  if (engine !== undefined) return engine;
  const api = openApi();
  if (!api) return engine = null;
  return engine = {
    api,
    env: api.made("CreateEnv", WARNING, cString("graft")),
    host: api.made("CreateCpuMemoryInfo", 0, 0),
    allocator: api.made("GetAllocatorWithDefaultOptions"),
  };
}

/** Makes a serialised model ready to run on the CPU. */
export async function openNative(
  { api, env, host, allocator }: Engine,
  model: Uint8Array,
  { optimise = true, resident = [] }: SessionOptions = {},
): Promise<Session> {
  const options = api.made("CreateSessionOptions");
  api.call("SetSessionLogSeverityLevel", options, ERROR);
  // A block for a whole run would be added to what the first run has taken piece by piece.
  api.call("DisableMemPattern", options);
  api.call("SetSessionGraphOptimizationLevel", options, optimise ? ALL_OPTIMISATIONS : 0);
  const slot = new BigUint64Array(1);
  const bytes = model as Uint8Array<ArrayBuffer>;
  try {
    held.add(bytes).add(slot);
    await api.later("CreateSessionFromArray", env, bytes, bytes.length, options, slot);
  } finally {
    held.delete(bytes);
    held.delete(slot);
    api.release("ReleaseSessionOptions", options);
  }
  const session = Deno.UnsafePointer.create(slot[0]!);
  const names = (which: "Input" | "Output") =>
    Array.from({ length: api.count(`SessionGet${which}Count`, session) }, (_, at) => {
      const text = api.made(`SessionGet${which}Name`, session, at, allocator);
      const name = new Deno.UnsafePointerView(text!).getCString();
      api.call("AllocatorFree", allocator, text);
      return name;
    });
  const inputs = names("Input");
  const outputs = names("Output").map((name, at) => reportOf(api, session, name, at));
  const written = new Map(
    [...inputs, ...outputs.map((one) => one.name)].map((name) => [name, cString(name)]),
  );
  /** Outputs that came in the shape which the engine had said. */
  const fixed = new Map<string, OutputReport>();
  let isSeen = false;
  let lastMs = 0;
  return {
    inputs,
    outputs,
    run: async (feeds, into = {}, wanted = outputs.map((one) => one.name)) => {
      const fed = Object.keys(feeds);
      check(fed, inputs);
      const results = Object.fromEntries(
        wanted.map((name) => [name, into[name] ?? roomFor(fixed.get(name))]),
      );
      const values = new Values(api, host);
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
        wanted.forEach((name, at) => results[name] ??= copied(api, addresses[at]!));
        if (!isSeen) {
          for (const one of outputs) if (isAsSaid(one, results[one.name])) fixed.set(one.name, one);
          isSeen = true;
        }
        return results as Record<string, Tensor>;
      } finally {
        held.delete(work);
        values.release();
      }
    },
    runResident: async (feeds) => {
      const fed = Object.keys(feeds);
      check(fed, inputs);
      const values = new Values(api, host);
      const addresses = new BigUint64Array(outputs.length);
      const parameters = [
        session,
        null,
        pointers(fed.map((name) => written.get(name)!)),
        BigUint64Array.from(fed, (name) => {
          const one = feeds[name]!;
          return "isResident" in one ? (one as NativeResident).address : values.of(one);
        }),
        fed.length,
        pointers(outputs.map(({ name }) => written.get(name)!)),
        outputs.length,
        addresses,
      ];
      const work = { parameters, feeds };
      try {
        held.add(work);
        await api.later("Run", ...parameters);
        return given(api, outputs.map(({ name }) => name), addresses, resident);
      } finally {
        held.delete(work);
        values.release();
      }
    },
    release: () => {
      api.release("ReleaseSession", session);
      return Promise.resolve();
    },
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

function reportOf(api: Api, session: Deno.PointerValue, name: string, at: number): OutputReport {
  const info = api.made("SessionGetOutputTypeInfo", session, at);
  try {
    const about = api.made("CastTypeInfoToTensorInfo", info);
    return { name, ...about ? describe(api, about, false) : { type: undefined, shape: [] } };
  } finally {
    api.release("ReleaseTypeInfo", info);
  }
}

function check(fed: readonly string[], inputs: readonly string[]): void {
  const missing = inputs.filter((name) => !fed.includes(name));
  const unknown = fed.filter((name) => !inputs.includes(name));
  if (missing.length + unknown.length === 0) return;
  const list = (names: readonly string[]) => names.map((name) => `"${name}"`).join(", ");
  throw new Error(
    missing.length > 0
      ? `The graph was not fed its input ${list(missing)}`
      : `The graph has no input ${list(unknown)}; its inputs are ${list(inputs)}`,
  );
}

function cString(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(`${text}\0`);
}

/** Addresses of pieces of memory. */
function pointers(pieces: readonly Uint8Array<ArrayBuffer>[]): BigUint64Array<ArrayBuffer> {
  return BigUint64Array.from(
    pieces,
    (piece) => Deno.UnsafePointer.value(Deno.UnsafePointer.of(piece)),
  );
}
