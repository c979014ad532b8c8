import { freeze, type Model, type Preprocessing } from "../../mod.ts";
import { constant, normal } from "../../models/initializers.ts";
import { relu } from "../../models/layers.ts";
import { layer, type Network, output, toModel } from "../../models/network.ts";
import { conv2d } from "../../models/windows.ts";
import type { Grid } from "./grid.ts";

/** Channels of the head's hidden layer. */
const WIDTH = 64;
/** How probable a class is in a cell before anything is learned, so that the many empty cells start easy. */
const PRIOR = 0.02;

/** What a detector is made of. */
export interface DetectorOptions {
  /** The feature map `[N, C, rows, columns]` that the head reads: the name of a node's output. */
  readonly layer: string;
  /** Its channels. */
  readonly channels: number;
  /** The cells, one for each place of the feature map. */
  readonly grid: Grid;
  /** How pictures become the input; any size that the layers before can take. */
  readonly preprocessing: Preprocessing;
  /** Seed of the head's weights. */
  readonly seed: number;
}

/**
 * A single-shot detector: a backbone up to a feature map, frozen, and two convolutions that answer for
 * every place of it. Output `detections` `[N, C + 4, rows, columns]`; see `Grid`.
 */
export function detector(backbone: Model, options: DetectorOptions): Model {
  const { grid, preprocessing, seed } = options;
  const graph = backbone.graph.clone();
  const net: Network = { graph, seed };
  const [input] = graph.inputs;
  input!.shape = ["batch", 3, preprocessing.heightPx, preprocessing.widthPx];
  graph.outputs.length = 0;
  const features = graph.value(options.layer);
  features.shape = ["batch", options.channels, grid.rows, grid.columns];
  features.type = "float32";
  let x = conv2d(net, features, { name: "head.hidden", channels: WIDTH, kernel: 3, padding: 1 });
  x = relu(net, x, { name: "head.relu" });
  const answers = [
    {
      name: "head.classes",
      channels: grid.classes,
      biases: constant(Math.log(PRIOR / (1 - PRIOR))),
    },
    { name: "head.boxes", channels: 4, biases: constant(Math.log(1.5)) },
  ].map((one) => conv2d(net, x, { ...one, kernel: 1, weights: normal(0.01) }));
  output(
    net,
    layer(net, "Concat", {
      name: "detections",
      inputs: answers,
      shape: ["batch", grid.classes + 4, grid.rows, grid.columns],
      attributes: { axis: { kind: "int", value: 1 } },
    }),
  );
  graph.prune();
  const model = toModel(net, { name: `${backbone.name}_detector`, preprocessing });
  return freeze(model, ({ name }) => !name.startsWith("head."));
}
