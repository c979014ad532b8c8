import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import { download } from "../../models/download.ts";

const BYTES = Uint8Array.from({ length: 300_000 }, (_, index) => index * 7 % 251);
const SUM = new Uint8Array(await crypto.subtle.digest("SHA-256", BYTES)).toHex();

interface Server extends AsyncDisposable {
  readonly address: string;
  readonly requests: { path: string; range: string | null }[];
}

/** Answers `/whole`, `/cut` (which stops in the middle of the first answer), `/other` and nothing else. */
function serve(): Server {
  const requests: Server["requests"] = [];
  const server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen: () => {} }, (request) => {
    const path = new URL(request.url).pathname;
    const range = request.headers.get("range");
    requests.push({ path, range });
    const start = range === null ? 0 : Number(/\d+/.exec(range)![0]);
    const status = start > 0 ? 206 : 200;
    if (path === "/whole") return new Response(BYTES.subarray(start), { status });
    if (path === "/other") return new Response(new Uint8Array(10));
    if (path !== "/cut") return new Response("no", { status: 404, statusText: "Not Found" });
    if (start > 0) return new Response(BYTES.subarray(start), { status });
    return new Response(cutStream());
  });
  const { port } = server.addr;
  return {
    address: `http://127.0.0.1:${port}`,
    requests,
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
}

function cutStream(): ReadableStream<Uint8Array> {
  let sent = false;
  return new ReadableStream({
    async pull(controller) {
      if (sent) {
        await new Promise((resolve) => setTimeout(resolve, 20));
        controller.error(new Error("cut"));
      } else controller.enqueue(BYTES.slice(0, 100_000));
      sent = true;
    },
  });
}

async function folder(): Promise<{ path: string } & AsyncDisposable> {
  const path = await Deno.makeTempDir();
  return { path, [Symbol.asyncDispose]: () => Deno.remove(path, { recursive: true }) };
}

const quiet = { name: "weights", verbose: false };

Deno.test("download() resumes where the connection was cut", async () => {
  await using server = serve();
  await using dir = await folder();
  const path = join(dir.path, "a", "weights.onnx");
  await download(path, { ...quiet, addresses: [`${server.address}/cut`], sha256: SUM });
  assertEquals(await Deno.readFile(path), BYTES);
  assertEquals(server.requests, [{ path: "/cut", range: null }, {
    path: "/cut",
    range: "bytes=100000-",
  }]);
  assertEquals([...Deno.readDirSync(join(dir.path, "a"))].map((entry) => entry.name), [
    "weights.onnx",
  ]);
});

Deno.test("download() resumes what an earlier run left", async () => {
  await using server = serve();
  await using dir = await folder();
  const path = join(dir.path, "weights.onnx");
  await Deno.writeFile(`${path}.part`, BYTES.subarray(0, 250_000));
  const options = { ...quiet, addresses: [`${server.address}/whole`], sha256: SUM };
  await download(path, { ...options, bytes: BYTES.length });
  assertEquals(await Deno.readFile(path), BYTES);
  assertEquals(server.requests, [{ path: "/whole", range: "bytes=250000-" }]);
});

Deno.test("download() goes to the next address after a 404 and after a wrong sum", async () => {
  await using server = serve();
  await using dir = await folder();
  const path = join(dir.path, "weights.onnx");
  const addresses = ["missing", "other", "whole"].map((name) => `${server.address}/${name}`);
  await download(path, { ...quiet, addresses, sha256: SUM });
  assertEquals(await Deno.readFile(path), BYTES);
  assertEquals(server.requests.map((request) => request.path), ["/missing", "/other", "/whole"]);
});

Deno.test("download() goes to the next address where the first server is down", async () => {
  let gone: string;
  {
    await using server = serve();
    gone = server.address;
  }
  await using server = serve();
  await using dir = await folder();
  const path = join(dir.path, "weights.onnx");
  const addresses = [`${gone}/whole`, `${server.address}/whole`];
  await download(path, { ...quiet, addresses, sha256: SUM });
  assertEquals(await Deno.readFile(path), BYTES);
});

Deno.test("download() refuses a wrong sum and leaves nothing of the file", async () => {
  await using server = serve();
  await using dir = await folder();
  const path = join(dir.path, "weights.onnx");
  const wrong = { ...quiet, addresses: [`${server.address}/whole`], sha256: "0".repeat(64) };
  const { message } = await assertRejects(() => download(path, wrong), Error);
  assertStringIncludes(message, `its SHA-256 is ${SUM} (300000 bytes), expected 000000`);
  assertEquals([...Deno.readDirSync(dir.path)], []);
});

/** Runs `download_once.ts` as a program of its own; gives its exit status and what it wrote. */
function program(flags: readonly string[], args: readonly string[]) {
  const script = new URL("download_once.ts", import.meta.url).href;
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", "--no-prompt", "--allow-net=127.0.0.1", ...flags, script, ...args],
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const [started, output] = child.stdout.tee();
  return {
    /** Settles once it is about to download. */
    started: started.getReader().read(),
    done: Promise.all([
      child.status,
      new Response(output).text(),
      new Response(child.stderr).text(),
    ]),
  };
}

Deno.test("download() fetches a file once for two programs at the same time", async () => {
  await using dir = await folder();
  const both = Promise.withResolvers<void>();
  let requests = 0;
  await using server = Deno.serve(
    { port: 0, hostname: "127.0.0.1", onListen: () => {} },
    async () => {
      requests++;
      // By now one of them holds the file; the other one has started as well.
      await both.promise;
      return new Response(BYTES);
    },
  );
  const path = join(dir.path, "weights.onnx");
  const args = [path, `http://127.0.0.1:${server.addr.port}/weights.onnx`, SUM];
  const programs = [1, 2].map(() => program(["--allow-read", "--allow-write"], args));
  await Promise.all(programs.map(({ started }) => started));
  both.resolve();
  for (const { done } of programs) {
    const [{ code }, , errors] = await done;
    assertEquals([code, errors], [0, ""]);
  }
  assertEquals([requests, await Deno.readFile(path)], [1, BYTES]);
});

Deno.test("download() only reads a cache that cannot be written to, and says so where it must write", async () => {
  await using server = serve();
  await using dir = await folder();
  const path = join(dir.path, "weights.onnx");
  const args = [path, `${server.address}/whole`, SUM];
  const [missing, , errors] = await program(["--allow-read"], args).done;
  assertEquals(missing.code, 1);
  assertStringIncludes(errors, `Could not download weights: ${dir.path} cannot be written to`);
  assertStringIncludes(errors, "set GRAFT_CACHE");
  await Deno.writeFile(path, BYTES);
  const [there] = await program(["--allow-read"], args).done;
  assertEquals([there.code, server.requests], [0, []]);
});

Deno.test("download() says so where its folder cannot be made", async () => {
  await using dir = await folder();
  const file = join(dir.path, "plain");
  await Deno.writeTextFile(file, "");
  await assertRejects(
    () => download(join(file, "weights.onnx"), { ...quiet, addresses: [] }),
    Error,
    `Could not download weights: ${file} cannot be written to`,
  );
});

Deno.test("download() does not ask again for what is there", async () => {
  await using server = serve();
  await using dir = await folder();
  const path = join(dir.path, "weights.onnx");
  const options = { ...quiet, addresses: [`${server.address}/whole`] };
  await Promise.all([download(path, options), download(path, options)]);
  await download(path, options);
  assertEquals(server.requests.length, 1);
});

Deno.test("download() says what every address answered and where to put the file", async () => {
  await using dir = await folder();
  const path = join(dir.path, "weights.onnx");
  let gone: string;
  {
    await using server = serve();
    gone = server.address;
    const addresses = [`${server.address}/missing`, `${server.address}/other`];
    const { message } = await assertRejects(
      () => download(path, { ...quiet, addresses, sha256: SUM }),
      Error,
      "Could not download weights:",
    );
    assertStringIncludes(message, `${server.address}/missing\n    404 Not Found`);
    assertStringIncludes(message, `expected ${SUM}`);
    assertStringIncludes(message, `put it at ${path}`);
  }
  assertEquals([...Deno.readDirSync(dir.path)], []);
  const offline = await assertRejects(
    () => download(path, { ...quiet, addresses: [`${gone}/whole`] }),
    Error,
    `${gone}/whole`,
  );
  assertStringIncludes(offline.message.toLowerCase(), "refused");
});

Deno.test("download() refuses a file of another size in the cache", async () => {
  await using dir = await folder();
  const path = join(dir.path, "weights.onnx");
  await Deno.writeTextFile(path, "short");
  await assertRejects(
    () => download(path, { ...quiet, addresses: [], bytes: 300_000 }),
    Error,
    "has 5 bytes, weights has 300000: remove the file",
  );
});
