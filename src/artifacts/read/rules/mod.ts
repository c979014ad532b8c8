import type { Lowering } from "../lowering.ts";
import * as activation from "./activation.ts";
import { broadcastGradientArgs, divGrad } from "./arithmetic.ts";
import { crossEntropyGrad, crossEntropyInternalGrad } from "./cross_entropy.ts";
import * as forward from "./forward.ts";
import * as index from "./index.ts";
import * as norm from "./norm.ts";
import * as recurrent from "./recurrent.ts";
import { averagePoolGrad, convGrad, maxPoolGrad } from "./window.ts";

/** Operators of the forward part, and those that need no shape; by domain and name. */
export const FORWARD_LOWERINGS: Readonly<Record<string, forward.ForwardLowering>> = {
  SoftmaxCrossEntropyLoss: forward.crossEntropy,
  "com.microsoft.BatchNormInternal": forward.batchNormInternal,
  "com.microsoft.ConcatTraining": forward.concatTraining,
  "com.microsoft.FakeQuant": forward.fakeQuant,
  "com.microsoft.GRUTraining": recurrent.gruTraining,
  "com.microsoft.LSTMTraining": recurrent.lstmTraining,
  "com.microsoft.ReduceSumTraining": forward.reduceSumTraining,
  "com.microsoft.Scale": forward.scale,
  "com.microsoft.SoftmaxCrossEntropyLossInternal": forward.crossEntropyInternal,
  "com.microsoft.SplitTraining": forward.splitTraining,
};

/** Operators of the backward part, whose shapes follow from those of the forward part. */
export const BACKWARD_LOWERINGS: Readonly<Record<string, Lowering>> = {
  AveragePoolGrad: averagePoolGrad,
  MaxPoolGrad: maxPoolGrad,
  "com.microsoft.BatchNormalizationGrad": norm.batchNormGrad,
  "com.microsoft.BiasFastGeluGrad_dX": activation.biasFastGeluGrad,
  "com.microsoft.BiasGeluGrad_dX": activation.biasGeluGrad,
  "com.microsoft.BroadcastGradientArgs": broadcastGradientArgs,
  "com.microsoft.ConvGrad": convGrad,
  "com.microsoft.DivGrad": divGrad,
  "com.microsoft.DropoutGrad": index.dropoutGrad,
  "com.microsoft.FakeQuantGrad": index.fakeQuantGrad,
  "com.microsoft.FastGeluGrad": activation.fastGeluGrad,
  "com.microsoft.GatherElementsGrad": index.gatherElementsGrad,
  "com.microsoft.GatherGrad": index.gatherGrad,
  "com.microsoft.GatherNDGrad": index.gatherNDGrad,
  "com.microsoft.GRUGrad": recurrent.gruGrad,
  "com.microsoft.GeluGrad": activation.geluGrad,
  "com.microsoft.InvertibleLayerNormalizationGrad": norm.invertibleLayerNormGrad,
  "com.microsoft.LSTMGrad": recurrent.lstmGrad,
  "com.microsoft.LayerNormalizationGrad": norm.layerNormGrad,
  "com.microsoft.LeakyReluGrad": activation.leakyReluGrad,
  "com.microsoft.LogSoftmaxGrad": activation.logSoftmaxGrad,
  "com.microsoft.LogSoftmaxGrad_13": activation.logSoftmaxGrad13,
  "com.microsoft.QuickGeluGrad": activation.quickGeluGrad,
  "com.microsoft.ReluGrad": activation.reluGrad,
  "com.microsoft.SigmoidGrad": activation.sigmoidGrad,
  "com.microsoft.SimplifiedLayerNormalizationGrad": norm.simplifiedLayerNormGrad,
  "com.microsoft.SliceGrad": index.sliceGrad,
  "com.microsoft.SoftmaxCrossEntropyLossGrad": crossEntropyGrad,
  "com.microsoft.SoftmaxCrossEntropyLossInternalGrad": crossEntropyInternalGrad,
  "com.microsoft.SoftmaxGrad": activation.softmaxGrad,
  "com.microsoft.SoftmaxGrad_13": activation.softmaxGrad13,
  "com.microsoft.TanhGrad": activation.tanhGrad,
};

/** Operators that only training builds have, and for which there is no lowering yet. */
export const UNKNOWN_TRAINING_OPERATORS: ReadonlySet<string> = new Set([
  "SparseSoftmaxCrossEntropy",
  "SparseSoftmaxCrossEntropyGrad",
  ...[
    "BatchScale",
    "BitmaskDropoutGrad",
    "ConvTransposeGrad",
    "ReduceAllL2",
    "ResizeGrad",
    "ScaledSum",
    "SoftmaxCrossEntropy",
    "SoftmaxCrossEntropyGrad",
  ].map((name) => `com.microsoft.${name}`),
]);
