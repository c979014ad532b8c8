import { join } from "@std/path";
import type { Graph } from "../../onnx/graph.ts";
import { encodeGraph } from "../../onnx/write_model.ts";
import type { Dataset } from "../../tensor/dataset.ts";
import { sha256 } from "../../tensor/sha256.ts";

/**
 * The file in `folder` for the features that a frozen part makes of a data set, named by the content
 * of both: another weight, picture, label or preprocessing is another file. `undefined` for a data
 * set that does not say what it holds.
 */
export async function featureFile(
  folder: string | undefined,
  frozenPart: () => Promise<Graph | undefined>,
  dataset: Dataset,
  epoch: number,
): Promise<string | undefined> {
  if (folder === undefined || !dataset.fingerprint) return undefined;
  const data = await dataset.fingerprint();
  if (data === undefined) return undefined;
  const frozen = await frozenPart();
  if (!frozen) return undefined;
  const parts = [
    await sha256(encodeGraph(frozen)),
    data,
    `draw ${epoch}`,
  ];
  const name = await sha256(parts.join("\n"));
  return join(folder, `${name.slice(0, 32)}.features`);
}
