import type { Checkpoint } from "../../../src/artifacts/checkpoint/checkpoint.ts";

const FOLDER = "data/ort-training-artifacts";

/** An official checkpoint and what is known of it. */
export interface Sample {
  /** Where it lies in `../shared`. */
  readonly path: string;
  readonly nominal?: true;
  /** Shapes of its parameters. */
  readonly trainable: Readonly<Record<string, readonly number[]>>;
  readonly frozen?: Readonly<Record<string, readonly number[]>>;
  /** A model whose initializers have the same values, where there is one. */
  readonly initializers?: string;
  /** A model whose inputs have the parameters' names and shapes. */
  readonly inputs?: string;
}

const conv1d = `${FOLDER}/onnxruntime_go-conv1d`;
const mnist = `${FOLDER}/ort-mnist-mlp`;

/** Every official checkpoint at hand. */
export const SAMPLES: readonly Sample[] = [
  {
    path: `${conv1d}/checkpoint`,
    trainable: {
      "conv.weight": [4, 1, 4],
      "conv.bias": [4],
      "fc.weight": [2, 8],
      "fc.bias": [2],
    },
    initializers: `${conv1d}/training_network.onnx`,
    inputs: `${conv1d}/training_model.onnx`,
  },
  {
    path: `${FOLDER}/ort-format-mlp/checkpoint`,
    trainable: { "fc2.bias": [5], "fc2.weight": [5, 20] },
    frozen: { "fc1.bias": [20], "fc1.weight": [20, 10] },
  },
  {
    path: `${mnist}/checkpoint.ckpt`,
    trainable: {
      "fc1.bias": [500],
      "fc1.weight": [500, 784],
      "fc2.bias": [10],
      "fc2.weight": [10, 500],
    },
    inputs: `${mnist}/training_model.onnx`,
  },
  {
    path: `${mnist}/nominal_checkpoint`,
    nominal: true,
    trainable: { "fc1.weight": [], "fc1.bias": [], "fc2.weight": [], "fc2.bias": [] },
    inputs: `${mnist}/training_model.onnx`,
  },
];

/** All parameters, trainable ones first. */
export function parametersOf({ trainable, frozen }: Checkpoint) {
  return new Map([...trainable, ...frozen]);
}
