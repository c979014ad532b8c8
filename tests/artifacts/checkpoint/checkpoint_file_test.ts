import { assertEquals, assertRejects } from "@std/assert";
import { join, toFileUrl } from "@std/path";
import {
  readCheckpoint,
  writeCheckpoint,
} from "../../../src/artifacts/checkpoint/checkpoint_file.ts";
import { small } from "./samples.ts";

async function inFolder(test: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await test(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

function names(folder: string): string[] {
  return Array.from(Deno.readDirSync(folder), ({ name }) => name).sort();
}

Deno.test("a checkpoint file is written, replaced and read, by path and by URL", () =>
  inFolder(async (folder) => {
    const path = join(folder, "checkpoint");
    await writeCheckpoint(path, small());
    assertEquals(await readCheckpoint(path), { ...small(), version: 2 });
    await writeCheckpoint(toFileUrl(path), small(), { version: 1 });
    assertEquals(await readCheckpoint(toFileUrl(path)), { ...small(), version: 1 });
    assertEquals(names(folder), ["checkpoint"]);
  }));

Deno.test("external data lies in the file beside, whose name ends in .data", () =>
  inFolder(async (folder) => {
    const path = join(folder, "checkpoint");
    await writeCheckpoint(path, small(), { externalFromBytes: 0 });
    assertEquals(names(folder), ["checkpoint", "checkpoint.data"]);
    assertEquals(await readCheckpoint(path), { ...small(), version: 2 });
    await Deno.truncate(`${path}.data`, 100);
    await assertRejects(() => readCheckpoint(path), SyntaxError, `${path}: The checkpoint is dam`);
    await Deno.remove(`${path}.data`);
    await assertRejects(() => readCheckpoint(path), Deno.errors.NotFound, `the file ${path}.data`);
  }));

Deno.test("a damaged checkpoint file is an error that names it", () =>
  inFolder(async (folder) => {
    const path = join(folder, "checkpoint");
    await Deno.writeTextFile(path, "no checkpoint at all");
    await assertRejects(() => readCheckpoint(path), SyntaxError, `${path}: Not a checkpoint`);
    await Deno.writeFile(path, new Uint8Array());
    await assertRejects(() => readCheckpoint(path), SyntaxError, "it has 0 bytes");
  }));

Deno.test("a checkpoint that cannot be put in its place leaves nothing beside", () =>
  inFolder(async (folder) => {
    const path = join(folder, "taken");
    await Deno.mkdir(join(path, "inside"), { recursive: true });
    const write = () => writeCheckpoint(path, small());
    await assertRejects(write, Error, `Cannot write ${path}`);
    assertEquals(names(folder), ["taken"]);
    const external = join(folder, "checkpoint");
    await Deno.mkdir(join(`${external}.data`, "inside"), { recursive: true });
    const writeBoth = () => writeCheckpoint(external, small(), { externalFromBytes: 0 });
    await assertRejects(writeBoth, Error, `Cannot write ${external}.data`);
    assertEquals(names(folder), ["checkpoint.data", "taken"]);
    const nowhere = join(folder, "missing", "checkpoint");
    await assertRejects(() => writeCheckpoint(nowhere, small()), Error, `Cannot write ${nowhere}`);
  }));
