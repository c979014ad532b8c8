/// <reference no-default-lib="true" />
/// <reference lib="deno.worker" />
import type { Message } from "./crew.ts";
import { takeShares } from "./tickets.ts";

type Exports = Record<string, (...values: number[]) => number>;

let common: Extract<Message, { kind: "start" }>;
const modules: Exports[] = [];

// A thread of a `Crew`: it waits for work and takes shares of it.
self.onmessage = ({ data }: MessageEvent<Message>) => {
  if (data.kind === "start") {
    common = data;
  } else if (data.kind === "module") {
    const instance = new WebAssembly.Instance(data.module, { host: { memory: common.memory } });
    modules.push(instance.exports as Exports);
  } else {
    const { module, name, shares } = data;
    takeShares(common.control, { first: data.first, count: shares.length }, (share) => {
      common.results[share] = modules[module]![name]!(...shares[share]!);
    });
  }
};
