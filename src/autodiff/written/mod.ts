import type { Graph, Node } from "../../onnx/graph.ts";
import { release } from "../../onnx/passes/reroute.ts";
import { Builder } from "../builder.ts";
import { attention } from "./attention.ts";
import { deformConv } from "./deform_conv.ts";
import { multiHeadAttention, selfAttention } from "./fused_attention.ts";
import { gridSample } from "./grid_sample.ts";
import { negativeLogLikelihood, softmaxCrossEntropy } from "./losses.ts";
import { recurrent } from "./recurrent.ts";
import { maxRoiPool, roiAlign } from "./regions.ts";
import { rotaryEmbedding } from "./rotary.ts";
import { cumProd, shortTimeFourier } from "./sequences.ts";
import { scatterND } from "./scatter_nd.ts";
import { skipRms } from "./skip_rms.ts";
import type { WriteOut } from "./written.ts";

/** How operators become several simpler ones, by domain and name. */
const WRITTEN: Readonly<Record<string, WriteOut>> = {
  Attention: attention,
  "com.microsoft.Attention": selfAttention,
  "com.microsoft.MultiHeadAttention": multiHeadAttention,
  "com.microsoft.RotaryEmbedding": rotaryEmbedding,
  "com.microsoft.SkipSimplifiedLayerNormalization": skipRms,
  CumProd: cumProd,
  DeformConv: deformConv,
  GridSample: gridSample,
  GRU: recurrent,
  LSTM: recurrent,
  MaxRoiPool: maxRoiPool,
  NegativeLogLikelihoodLoss: negativeLogLikelihood,
  RNN: recurrent,
  RoiAlign: roiAlign,
  RotaryEmbedding: rotaryEmbedding,
  ScatterND: scatterND,
  SoftmaxCrossEntropyLoss: softmaxCrossEntropy,
  STFT: shortTimeFourier,
};

/**
 * Writes layers for which there is no gradient rule out as simpler operators, which have one: steps
 * of a recurrent layer one after the other, attention as products and softmax. Forms that cannot be
 * written out stay as they are, and so do those whose outputs are not all made. Shapes must be static; the names of outputs stay.
 */
export function writeOut(
  graph: Graph,
  table: Readonly<Record<string, WriteOut>> = WRITTEN,
): void {
  const g = new Builder(graph);
  for (const node of graph.sorted()) {
    const outputs = table[nameOf(node)]?.(g, node);
    if (!outputs || node.outputs.some((value, position) => value && !outputs[position])) continue;
    node.outputs.forEach((value, position) => {
      if (!value) return;
      const made = outputs[position]!;
      release(graph, node, position);
      Object.assign(value, { type: made.type, shape: made.shape });
      graph.add("Identity", [made], { outputs: [value.name] });
    });
    graph.remove(node);
  }
}

function nameOf(node: Node): string {
  return node.domain === "" ? node.opType : `${node.domain}.${node.opType}`;
}
