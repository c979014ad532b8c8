import { assertEquals } from "@std/assert";
import { arrays } from "../../../src/data/arrays.ts";
import { rng } from "../../../src/tensor/rng.ts";
import { tensor } from "../../../src/tensor/tensor.ts";
import { csvLogger } from "../../../src/train/callbacks/csv_logger.ts";
import { jsonLinesLogger } from "../../../src/train/callbacks/json_lines_logger.ts";
import { fit } from "../../../src/train/fit.ts";
import { multiplied } from "../small_models.ts";
import { inFolder, played, recordOf } from "./events.ts";

const HEADER = "epoch,loss,accuracy,learningRate,seconds,imagesPerSecond,validation.loss," +
  "validation.accuracy";

Deno.test("csvLogger() writes a line an epoch, empty where a number is missing", () =>
  inFolder(async (folder) => {
    const file = `${folder}/logs/run.csv`;
    await played(csvLogger(file), { to: 2 });
    assertEquals(
      await Deno.readTextFile(file),
      `${HEADER}\n1,1,,0.5,1,10,2,0.25\n2,0.5,0.5,0.25,2,20,1,0.25\n`,
    );
  }));

Deno.test("csvLogger() has the same file after a resumption as without one", () =>
  inFolder(async (folder) => {
    await played(csvLogger(`${folder}/whole.csv`), { to: 4 });
    await played(csvLogger(`${folder}/parts.csv`), { to: 3 });
    // The checkpoint is of epoch 2; epoch 3 is trained again.
    await played(csvLogger(`${folder}/parts.csv`), { from: 2, to: 4 });
    const read = (name: string) => Deno.readTextFile(`${folder}/${name}.csv`);
    assertEquals(await read("parts"), await read("whole"));
  }));

Deno.test("csvLogger() adds a column where an epoch brings a new number", () =>
  inFolder(async (folder) => {
    const file = `${folder}/run.csv`;
    const epochs = [recordOf(1, false), recordOf(2)];
    const about = { model: () => null!, weights: () => new Map(), stop() {} };
    await csvLogger(file).onEpoch!({ ...about, record: epochs[1]!, history: { epochs } });
    const [header, first] = (await Deno.readTextFile(file)).split("\n");
    assertEquals(header, HEADER);
    assertEquals(first, "1,1,,0.5,1,10,,");
  }));

Deno.test("jsonLinesLogger() writes epochs, and steps where asked for", () =>
  inFolder(async (folder) => {
    const file = `${folder}/run.jsonl`;
    await played(jsonLinesLogger(file), { to: 2 });
    const lines = (await Deno.readTextFile(file)).trim().split("\n").map((line) =>
      JSON.parse(line)
    );
    assertEquals(lines, [
      { event: "epoch", ...recordOf(1), accuracy: null },
      { event: "epoch", ...recordOf(2) },
    ]);
  }));

Deno.test("jsonLinesLogger() has the same file after a crash in an epoch as without one", () =>
  inFolder(async (folder) => {
    await played(jsonLinesLogger(`${folder}/whole`, { steps: true }), { to: 4 });
    await played(jsonLinesLogger(`${folder}/parts`, { steps: true }), { to: 4, cut: 2 });
    await Deno.writeTextFile(`${folder}/parts`, '{"event":"st', { append: true });
    await played(jsonLinesLogger(`${folder}/parts`, { steps: true }), { from: 2, to: 4 });
    const read = (name: string) => Deno.readTextFile(`${folder}/${name}`);
    assertEquals(await read("parts"), await read("whole"));
    await played(jsonLinesLogger(`${folder}/parts`), { to: 1 });
    assertEquals((await read("parts")).trim().split("\n").length, 1);
  }));

Deno.test("loggers write the same after fit() went on from a checkpoint as without a break", () =>
  inFolder(async (folder) => {
    const model = multiplied(Float32Array.from({ length: 6 }, (_, at) => at / 6));
    const random = rng("loggers");
    const x = tensor("float32", [8, 3], Float32Array.from({ length: 24 }, random.normal));
    const targets = tensor("int64", [8], Array.from({ length: 8 }, (_, at) => at % 2));
    const data = arrays({ inputs: { x }, targets });
    const run = (name: string, epochs: number) =>
      fit(model, data, {
        epochs,
        batchSize: 4,
        validation: data,
        verbose: false,
        checkpoint: `${folder}/${name}`,
        callbacks: [
          csvLogger(`${folder}/${name}.csv`),
          jsonLinesLogger(`${folder}/${name}.jsonl`, { steps: true }),
        ],
      });
    await run("whole", 4);
    await run("parts", 2);
    await run("parts", 4);
    const read = async (file: string) =>
      // Seconds and speed are those of the clock.
      (await Deno.readTextFile(`${folder}/${file}`))
        .replaceAll(/("seconds"|"imagesPerSecond"):[^,}]+/g, "$1")
        .replaceAll(/^(\d+,[^,]+,[^,]+,[^,]+),[^,]+,[^,]+/gm, "$1");
    assertEquals(await read("parts.csv"), await read("whole.csv"));
    assertEquals(await read("parts.jsonl"), await read("whole.jsonl"));
    assertEquals((await read("parts.jsonl")).trim().split("\n").length, 4 * 3);
  }));

Deno.test("the phases of a fine-tuning are numbered through, after a crash in the second too", () =>
  inFolder(async (folder) => {
    const both = (name: string) => [
      csvLogger(`${folder}/${name}.csv`),
      jsonLinesLogger(`${folder}/${name}.jsonl`, { steps: true }),
    ];
    const phases = async (name: string, ...runs: Parameters<typeof played>[1][]) => {
      const loggers = both(name);
      for (const run of runs) for (const logger of loggers) await played(logger, run);
    };
    await phases("whole", { to: 1 }, { to: 3 });
    await phases("parts", { to: 1 }, { to: 2, cut: 2 });
    // The first phase is over; the second goes on after its first epoch.
    await phases("parts", { from: 1, to: 1 }, { from: 1, to: 3 });
    const read = (name: string) => Deno.readTextFile(`${folder}/${name}`);
    assertEquals(await read("parts.csv"), await read("whole.csv"));
    assertEquals(await read("parts.jsonl"), await read("whole.jsonl"));
    const epochs = (await read("whole.csv")).trim().split("\n").slice(1).map((row) => row[0]);
    assertEquals(epochs.join(""), "1234");
    const last = (await read("whole.jsonl")).trim().split("\n").slice(-2).map((row) =>
      JSON.parse(row)
    );
    assertEquals([last[0].step, last[0].epoch, last[1].epoch], [12, 4, 4]);
  }));
