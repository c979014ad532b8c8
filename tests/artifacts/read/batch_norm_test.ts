import { assert, assertEquals } from "@std/assert";
import { fromFileUrl, join, toFileUrl } from "@std/path";
import { toNumbers } from "../../../src/tensor/tensor.ts";
import { judgedTest, runOfficial } from "../official_runtime.ts";
import { batchNormFeeds, writeBatchNormArtifacts } from "./batch_norm_artifacts.ts";
import { loadOfficial } from "./official_training.ts";

const OPTIMIZER = "data/ort-training-artifacts/onnxruntime_go-conv1d/optimizer_model.onnx";
const STEPS = 3;

judgedTest(
  "parameters and running statistics of a batch normalisation follow the official ones",
  [OPTIMIZER],
  async (optimizer) => {
    const folder = await Deno.makeTempDir();
    try {
      const path = (name: string) => join(folder, name);
      await writeBatchNormArtifacts(folder);
      await Deno.copyFile(fromFileUrl(optimizer!), path("optimizer_model.onnx"));
      const feeds = batchNormFeeds();
      const written = Object.entries(feeds).map(([name, tensor]) =>
        [name, { type: tensor.type, dims: tensor.dims, data: toNumbers(tensor) }] as const
      );
      await Deno.writeTextFile(path("feeds.json"), JSON.stringify(Object.fromEntries(written)));
      const { success, text } = await runOfficial("run.mjs", [
        ...[folder, "--feeds", path("feeds.json"), "--steps", `${STEPS}`],
        ...["--params", path("parameters")],
      ]);
      assert(success, text);
      const official = new Float32Array((await Deno.readFile(path("parameters"))).buffer);
      const losses = [...text.matchAll(/^\d+ \{"loss":\[([^\]]+)/gm)].map(([, loss]) =>
        Number(loss)
      );

      const [model, checkpoint] = ["training_model.onnx", "checkpoint"].map((name) =>
        toFileUrl(path(name))
      );
      const training = await loadOfficial(model!, checkpoint!, optimizer!, feeds);
      assertEquals(losses.length, STEPS);
      for (const loss of losses) {
        const found = await training.step(feeds);
        assert(Math.abs(found - loss) < 1e-6, `${found} for ${loss}`);
      }
      await training.release();
      const found = [...training.parameters.values()].flatMap(toNumbers);
      assertEquals(found.length, official.length);
      found.forEach((number, i) =>
        assert(Math.abs(number - official[i]!) < 1e-6, `${i}: ${number} for ${official[i]}`)
      );
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
);
