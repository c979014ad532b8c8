import { assert, assertEquals, assertThrows } from "@std/assert";
import { BinaryReader, WireType } from "@bufbuild/protobuf/wire";
import { pictures } from "../../../src/data/pictures.ts";
import { crc32c, maskedCrc32c } from "../../../src/train/callbacks/tensorboard/crc32c.ts";
import { encodeEvent } from "../../../src/train/callbacks/tensorboard/event.ts";
import { histogramOf } from "../../../src/train/callbacks/tensorboard/histogram.ts";
import { framed, records } from "../../../src/train/callbacks/tensorboard/records.ts";
import { tensorBoard } from "../../../src/train/callbacks/tensor_board.ts";
import { loadBackbone } from "../../../models/load_backbone.ts";
import { inFolder, played, STEPS } from "./events.ts";

/** A message as a tree: every field's number with its values, those inside as bytes. */
function fieldsOf(message: Uint8Array): Map<number, (number | Uint8Array)[]> {
  const reader = new BinaryReader(message);
  const fields = new Map<number, (number | Uint8Array)[]>();
  while (reader.pos < reader.len) {
    const [field, type] = reader.tag();
    const value = type === WireType.Varint
      ? Number(reader.int64())
      : type === WireType.Bit64
      ? reader.double()
      : type === WireType.Bit32
      ? reader.float()
      : reader.bytes();
    fields.set(field, [...fields.get(field) ?? [], value]);
  }
  return fields;
}

const inside = (fields: Map<number, (number | Uint8Array)[]>, field: number) =>
  (fields.get(field) ?? []).map((bytes) => fieldsOf(bytes as Uint8Array));
const text = (bytes: unknown) => new TextDecoder().decode(bytes as Uint8Array);

/** Everything the event files of a run say: `[tag, step, field number of the kind, value]`. */
async function valuesIn(folder: string) {
  const names = [...Deno.readDirSync(folder)].map(({ name }) => name)
    .filter((name) => name.includes("tfevents")).sort();
  const found: [tag: string, step: number, kind: number, value: number | Uint8Array][] = [];
  for (const name of names) {
    for (const record of records(await Deno.readFile(`${folder}/${name}`))) {
      const event = fieldsOf(record);
      for (const value of inside(event, 5).flatMap((summary) => inside(summary, 1))) {
        const kind = [2, 4, 5].find((field) => value.has(field))!;
        const step = event.get(2)![0] as number;
        found.push([text(value.get(1)![0]), step, kind, value.get(kind)![0]!]);
      }
    }
  }
  return found;
}

const stepsOf = (values: Awaited<ReturnType<typeof valuesIn>>, tag: string) =>
  values.filter(([name]) => name === tag).map(([, step]) => step);

Deno.test("CRC-32C has the values of RFC 3720", () => {
  assertEquals(crc32c(new Uint8Array(32)), 0x8a9136aa);
  assertEquals(crc32c(new Uint8Array(32).fill(255)), 0x62a8ab43);
  assertEquals(crc32c(Uint8Array.from({ length: 32 }, (_, at) => at)), 0x46dd794e);
});

Deno.test("an event is written as TensorFlow writes it", () => {
  // Made by tensorboard 2.21.0: Event(wall_time=1.5, step=3, summary={tag "a", simple_value 0.5}).
  const event = encodeEvent({ wallTime: 1.5, step: 3, values: { a: { scalar: 0.5 } } });
  const hex = [...event].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  assertEquals(hex, "09000000000000f83f10032a0a0a080a0161150000003f");
  const frame = framed(event);
  assertEquals(frame.length, event.length + 16);
  assertEquals(new DataView(frame.buffer).getUint32(8, true), maskedCrc32c(frame.slice(0, 8)));
});

Deno.test("records end where a file was cut off or damaged", () => {
  const frames = [framed(Uint8Array.of(1, 2)), framed(Uint8Array.of(3))];
  const file = Uint8Array.from(frames.flatMap((frame) => [...frame]));
  assertEquals([...records(file)].length, 2);
  assertEquals([...records(file.subarray(0, file.length - 1))].length, 1);
  file[12] = 9;
  assertEquals([...records(file)].length, 0);
});

Deno.test("a histogram counts every finite number once", () => {
  const { counts, upTo, ...rest } = histogramOf([1, 2, 3, 5, NaN, Infinity]);
  assertEquals(rest, { least: 1, greatest: 5, count: 4, sum: 11, sumOfSquares: 39 });
  assertEquals(counts.reduce((sum, one) => sum + one), 4);
  assertEquals([counts[0], counts[16], counts[32], counts.at(-1)], [1, 1, 1, 1]);
  assertEquals(upTo.at(-1), 5);
  assertEquals(histogramOf([7, 7]).counts, [2]);
  assertEquals(histogramOf([]).count, 0);
});

Deno.test("tensorBoard() writes epochs, validation beside training, and steps", () =>
  inFolder(async (folder) => {
    await played(tensorBoard(folder), { to: 2 });
    const train = await valuesIn(`${folder}/train`);
    assertEquals(stepsOf(train, "step/loss"), [1, 2, 3, 4, 5, 6]);
    assertEquals(stepsOf(train, "epoch/loss"), [STEPS, 2 * STEPS]);
    assertEquals(stepsOf(train, "epoch/accuracy"), [2 * STEPS]);
    assert(train.some(([tag]) => tag === "epoch/learning rate"));
    const held = (await valuesIn(`${folder}/validation`)).filter(([tag]) => tag === "epoch/loss");
    assertEquals(held.map(([, , , value]) => value), [2, 1]);
  }));

Deno.test("tensorBoard() has each step once after a crash and a resumption", () =>
  inFolder(async (folder) => {
    await played(tensorBoard(folder), { to: 4, cut: 2 });
    await played(tensorBoard(folder), { from: 2, to: 4 });
    const train = await valuesIn(`${folder}/train`);
    assertEquals(stepsOf(train, "step/loss"), Array.from({ length: 12 }, (_, at) => at + 1));
    assertEquals(stepsOf(train, "epoch/loss"), [3, 6, 9, 12]);
    assertEquals(stepsOf(await valuesIn(`${folder}/validation`), "epoch/loss"), [3, 6, 9, 12]);
    await played(tensorBoard(folder, { everySteps: 2 }), { to: 1 });
    assertEquals(stepsOf(await valuesIn(`${folder}/train`), "step/loss"), [2]);
  }));

Deno.test("tensorBoard() writes weights, pictures and embeddings", () =>
  inFolder(async (folder) => {
    const model = await loadBackbone("digit_cnn", { weights: "random" });
    const image = { widthPx: 28, heightPx: 20, data: new Uint8Array(28 * 20 * 3).fill(200) };
    const data = pictures([{ image, target: 3, name: "three\tof\nmany" }, { image, target: 1 }]);
    const maps = () => ({ map: { ...image } });
    const options = { histograms: true, embeddings: data };
    await played(tensorBoard(folder, { ...options, pictures: data }), { to: 1, model });
    const values = await valuesIn(`${folder}/train`);
    const weights = values.filter(([tag]) => tag.startsWith("weights/"));
    assertEquals(weights.length, model.parameters.size);
    const [tag, , , histogram] = weights[0]!;
    const fields = fieldsOf(histogram as Uint8Array);
    const name = tag.slice("weights/".length);
    assertEquals(fields.get(3)![0], model.parameters.get(name)!.size);
    assertEquals((fields.get(6)![0] as Uint8Array).length, 64 * 8);
    const shown = values.filter(([name]) => name.startsWith("examples/"));
    assertEquals(shown.map(([, step]) => step), [0, 0]);
    const picture = fieldsOf(shown[0]![3] as Uint8Array);
    assertEquals([picture.get(1)![0], picture.get(2)![0]], [20, 28]);
    assertEquals(text((picture.get(4)![0] as Uint8Array).subarray(1, 4)), "PNG");
    const rows = (await Deno.readTextFile(`${folder}/train/pool/tensors.tsv`)).trim().split("\n");
    assertEquals(rows.map((row) => row.split("\t").length), [128, 128]);
    const about = await Deno.readTextFile(`${folder}/train/pool/metadata.tsv`);
    assertEquals(about.split("\n").slice(0, 2), ["class\tname", "3\t0"]);
    const config = await Deno.readTextFile(`${folder}/train/projector_config.pbtxt`);
    assert(config.includes('tensor_path: "pool/tensors.tsv"'));
    await played(tensorBoard(folder, { pictures: maps }), { to: 2 });
    assertEquals(stepsOf(await valuesIn(`${folder}/train`), "map"), [3, 6]);
  }));

Deno.test("tensorBoard() refuses options it does not have", () => {
  assertThrows(() => tensorBoard("x", { everySteps: 0 }), RangeError, '"everySteps"');
});

Deno.test("tensorBoard() numbers the phases of a fine-tuning through", () =>
  inFolder(async (folder) => {
    const first = tensorBoard(folder);
    for (const run of [{ to: 1 }, { to: 2, cut: 2 }]) await played(first, run);
    const second = tensorBoard(folder);
    for (const run of [{ from: 1, to: 1 }, { from: 1, to: 3 }]) await played(second, run);
    const train = await valuesIn(`${folder}/train`);
    assertEquals(stepsOf(train, "step/loss"), Array.from({ length: 12 }, (_, at) => at + 1));
    assertEquals(stepsOf(train, "epoch/loss"), [3, 6, 9, 12]);
  }));
