import { assert } from "@std/assert";
import { join, toFileUrl } from "@std/path";
import type { Tensors } from "../../../src/runtime/runtime.ts";
import { toNumbers } from "../../../src/tensor/tensor.ts";
import type { TrainingFiles } from "../../../src/train/artifacts/artifacts.ts";
import { openTrainer } from "../../../src/train/artifacts/open_trainer.ts";
import { saveArtifacts } from "../../../src/train/artifacts/save_artifacts.ts";
import { officialRuntime, runOfficial } from "../../artifacts/official_runtime.ts";

/** What some steps came to. */
export interface Course {
  /** The loss before each step. */
  readonly losses: readonly number[];
  /** The loss of the first batch by the evaluation model afterwards. */
  readonly evaluation: number;
  /** All parameters afterwards, frozen ones and running statistics too. */
  readonly parameters: Float32Array;
}

const SCRIPT = `
import { loadOrt } from "RUNTIME";
const ort = await loadOrt();
const [folder, steps] = Deno.args;
const read = (name) => Deno.readFileSync(folder + "/" + name);
const arrays = { float32: Float32Array, int64: BigInt64Array, int32: Int32Array };
const batches = JSON.parse(new TextDecoder().decode(read("batches.json")));
const session = await ort.TrainingSession.create({
  checkpointState: read("checkpoint"),
  trainModel: read("training_model.onnx"),
  evalModel: read("eval_model.onnx"),
  optimizerModel: read("optimizer_model.onnx"),
});
const feeds = batches.map((batch) => Object.fromEntries(session.trainingInputNames.map((name) => {
  const { type, dims, data } = batch[name];
  return [name, new ort.Tensor(type, arrays[type].from(type === "int64" ? data.map(BigInt) : data), dims)];
})));
const first = (results) => Number(Object.values(results)[0].data[0]);
const losses = [];
for (let step = 0; step < Number(steps); step++) {
  losses.push(first(await session.runTrainStep(feeds[step % feeds.length])));
  await session.runOptimizerStep();
  await session.lazyResetGrad();
}
const evaluation = first(await session.runEvalStep(feeds[0]));
Deno.writeTextFileSync(folder + "/course.json", JSON.stringify({ losses, evaluation }));
const { data } = await session.getContiguousParameters(false);
Deno.writeFileSync(folder + "/parameters", new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
`;

/** Trains artifacts by the official runtime, the batches in turn. */
export async function officialCourse(
  files: TrainingFiles,
  batches: readonly Tensors[],
  steps: number,
): Promise<Course> {
  const folder = await Deno.makeTempDir();
  try {
    await saveArtifacts(files, folder);
    const written = batches.map((batch) =>
      Object.fromEntries(
        Object.entries(batch).map(([name, tensor]) =>
          [name, { type: tensor.type, dims: tensor.dims, data: toNumbers(tensor) }] as const
        ),
      )
    );
    await Deno.writeTextFile(join(folder, "batches.json"), JSON.stringify(written));
    const url = toFileUrl(join(officialRuntime()!, "run.mjs")).href;
    const script = join(folder, "judge.mjs");
    await Deno.writeTextFile(script, SCRIPT.replace("RUNTIME", url));
    const { success, text } = await runOfficial(script, [folder, `${steps}`]);
    assert(success, text);
    const course = JSON.parse(await Deno.readTextFile(join(folder, "course.json")));
    const bytes = await Deno.readFile(join(folder, "parameters"));
    return { ...course, parameters: new Float32Array(bytes.buffer) };
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** Trains artifacts by Graft on the stock runtime, the batches in turn. */
export async function ownCourse(
  files: TrainingFiles,
  batches: readonly Tensors[],
  steps: number,
): Promise<Course> {
  const trainer = await openTrainer(files);
  trainer.learningRate = 1e-3;
  const losses: number[] = [];
  for (let step = 0; step < steps; step++) {
    const outputs = await trainer.trainStep(batches[step % batches.length]!);
    losses.push(Number(outputs[trainer.trainingOutputs[0]!]!.data[0]));
    trainer.optimizerStep();
    trainer.lazyResetGrad();
  }
  const evaluated = await trainer.evalStep(batches[0]!);
  const evaluation = Number(evaluated[trainer.evalOutputs[0]!]!.data[0]);
  const parameters = trainer.copyParameters(false);
  await trainer.release();
  return { losses, evaluation, parameters };
}

/** ‖a − b‖ / ‖b‖. */
export function distance(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let [difference, norm] = [0, 0];
  for (let i = 0; i < b.length; i++) {
    difference += (a[i]! - b[i]!) ** 2;
    norm += b[i]! ** 2;
  }
  return Math.sqrt(difference / norm);
}
