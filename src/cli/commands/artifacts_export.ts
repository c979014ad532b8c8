import { checkWritable } from "../../onnx/save_model.ts";
import { exportInference } from "../../train/artifacts/export_inference.ts";
import { loadArtifacts } from "../../train/artifacts/load_artifacts.ts";
import type { Command } from "../command.ts";
import { UsageError } from "../usage_error.ts";

/** `artifacts export`: the network in artifacts as a plain model. */
export const artifactsExportCommand: Command = {
  name: "artifacts export",
  summary: "write the network in such files as a plain ONNX model",
  positionals: ["DIR"],
  options: [{ name: "out", kind: "text", value: "FILE", help: "where the model goes" }],
  examples: ["artifacts export artifacts/ --out model.onnx"],
  async run(values, output) {
    const out = values.text("out");
    if (out === undefined) throw new UsageError("artifacts export needs --out FILE");
    await checkWritable(out);
    const artifacts = await loadArtifacts(values.positionals[0]!);
    await exportInference(artifacts, out);
    const { size } = await Deno.stat(out);
    output.line(`wrote ${out} (${(size / 1e6).toFixed(1)} MB)`);
    return { json: { out, inputs: artifacts.inputs, outputs: artifacts.outputs } };
  },
};
