import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { fromFileUrl } from "@std/path";
import { ENGINE_VERSION } from "../../src/runtime/doctor/remedies.ts";
import { findLibrary } from "../../src/runtime/doctor/shared_library.ts";
import { CudaUnavailableError } from "../../src/runtime/cuda_error.ts";
import config from "../../deno.json" with { type: "json" };

/** Runs the program in a process of its own: what an engine has found once, it does not look for again. */
async function run(...args: string[]): Promise<{ status: number; text: string }> {
  const program = fromFileUrl(new URL("../../src/cli/mod.ts", import.meta.url));
  const { code, stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-check", program, ...args],
  }).output();
  return { status: code, text: new TextDecoder().decode(stdout) };
}

Deno.test("doctor says of each device whether it can be used, and how to get it", async () => {
  const { status, text } = await run("doctor");
  assertEquals(status, 0);
  assertStringIncludes(text, "cpu: can be used");
  for (const device of ["cuda", "webgpu"]) {
    assert(new RegExp(`^${device}: (can|cannot) be used$`, "m").test(text), text);
  }
  if (!text.includes("cuda: cannot be used") || Deno.build.os !== "linux") return;
  assertStringIncludes(text, "libonnxruntime_providers_cuda.so");
  assertStringIncludes(text, "--allow-scripts=npm:onnxruntime-node");
});

Deno.test("doctor --json gives the findings as data", async () => {
  const { devices } = JSON.parse((await run("doctor", "--json")).text);
  assertEquals(devices.map((one: { device: string }) => one.device), ["cpu", "cuda", "webgpu"]);
  assert(devices[0].usable);
});

Deno.test("a library that is not there, or has no such function, is told apart from one that loads", () => {
  const gone = findLibrary({ file: "libno_such_thing.so.7", what: "Nothing" });
  assertEquals(gone.found, false);
  assertStringIncludes(gone.detail, "libno_such_thing.so.7");
  if (Deno.build.os !== "linux") return;
  assert(findLibrary({ file: "libm.so.6", what: "Mathematics" }).found);
  const version = { symbol: "no_such_function", how: "returned", text: String } as const;
  const odd = findLibrary({ file: "libm.so.6", what: "Mathematics", version });
  assertEquals(odd.found, false);
  assertStringIncludes(odd.detail, "no_such_function");
});

Deno.test('the error of device: "cuda" says what is missing and what installs it', () => {
  const { message } = new CudaUnavailableError("no provider");
  assertStringIncludes(message, "no provider");
  assertStringIncludes(message, `onnxruntime-node@${ENGINE_VERSION}`);
  assertStringIncludes(message, "graft doctor");
});

Deno.test("the version whose provider is fetched is the one that is used", () => {
  assertEquals(config.imports["onnxruntime-node"], `npm:onnxruntime-node@${ENGINE_VERSION}`);
});
