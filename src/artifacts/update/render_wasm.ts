import { constantsOf, type Kernel } from "./kernel.ts";
import { Turn } from "./turn.ts";
import { type Code, get, type Local, sequence, set } from "./wasm/code.ts";
import { walk } from "./wasm/control.ts";
import { fourLanes, type Lanes, oneLane } from "./wasm/lanes.ts";
import { FunctionBuilder } from "./wasm/module.ts";

/** Turns of four elements that the loop takes at once, a line of the cache. */
const TURNS = 4;

/**
 * The kernel as a WebAssembly function `(count, address of each buffer, each scalar)`: four elements a
 * turn and several turns at once, then what is left one by one. Every element is read and written once.
 */
export function renderWasm(kernel: Kernel): FunctionBuilder {
  const builder = new FunctionBuilder(kernel.name);
  const remaining = builder.parameter("i32");
  const addresses = new Map(kernel.buffers.map((name) => [name, builder.parameter("i32")]));
  const scalars = new Map(kernel.scalars.map((name) => [name, builder.parameter("f32")]));
  const pass = <T extends "f32" | "v128">(lanes: Lanes<T>, turns: number): Code<"none"> => {
    const spread = new Map<string, Local<T>>();
    const preparation = [...scalars].map(([name, value]) => {
      const local = builder.local(lanes.type);
      spread.set(name, local);
      return set(local, lanes.fromScalar(get(value)));
    });
    const constants = new Map<number, Local<T>>();
    for (const value of constantsOf(kernel)) {
      const local = builder.local(lanes.type);
      constants.set(value, local);
      preparation.push(set(local, lanes.constant(value)));
    }
    const body = Array.from({ length: turns }, (_, at) => {
      const offset = 4 * lanes.width * at;
      const operands = { addresses, scalars: spread, constants, offset };
      return new Turn(kernel, lanes, builder, operands).render();
    });
    return sequence([
      ...preparation,
      walk(remaining, [...addresses.values()], lanes.width * turns, sequence(body)),
    ]);
  };
  return builder.body(sequence([pass(fourLanes, TURNS), pass(oneLane, 1)]));
}
