import type { Operator } from "../operators.ts";
import type { GradRule } from "../rule.ts";
import * as activation from "./activation.ts";
import * as arithmetic from "./arithmetic.ts";
import { conv, convTranspose } from "./conv.ts";
import { gemm, matMul } from "./linear.ts";
import { batchNormalization, layerNormalization, lrn } from "./norm.ts";
import { averagePool, globalAveragePool, globalMaxPool, maxPool } from "./pool.ts";
import { reduceMean, reduceSum } from "./reduce.ts";
import * as shape from "./shape.ts";
import { logSoftmax, softmax } from "./softmax.ts";

/** The gradient rule of every operator of the table. */
export const RULES: { readonly [Op in Operator]: GradRule<Op> } = {
  Abs: arithmetic.abs,
  Add: arithmetic.add,
  AveragePool: averagePool,
  BatchNormalization: batchNormalization,
  Cast: arithmetic.cast,
  Clip: activation.clip,
  Concat: shape.concat,
  Conv: conv,
  ConvTranspose: convTranspose,
  Div: arithmetic.div,
  Dropout: arithmetic.dropout,
  Erf: arithmetic.erf,
  Exp: arithmetic.exp,
  Expand: shape.expand,
  Flatten: shape.flatten,
  Gather: shape.gather,
  GatherElements: shape.gatherElements,
  Gelu: activation.gelu,
  Gemm: gemm,
  GlobalAveragePool: globalAveragePool,
  GlobalMaxPool: globalMaxPool,
  HardSigmoid: activation.hardSigmoid,
  HardSwish: activation.hardSwish,
  Identity: arithmetic.identity,
  LayerNormalization: layerNormalization,
  LeakyRelu: activation.leakyRelu,
  Log: arithmetic.log,
  LogSoftmax: logSoftmax,
  LRN: lrn,
  MatMul: matMul,
  MaxPool: maxPool,
  Mul: arithmetic.mul,
  Neg: arithmetic.neg,
  Pad: shape.pad,
  Pow: arithmetic.pow,
  PRelu: activation.pRelu,
  Reciprocal: arithmetic.reciprocal,
  ReduceMean: reduceMean,
  ReduceSum: reduceSum,
  Relu: activation.relu,
  Reshape: shape.reshape,
  Sigmoid: activation.sigmoid,
  Slice: shape.slice,
  Softmax: softmax,
  Softplus: activation.softplus,
  Split: shape.split,
  Sqrt: arithmetic.sqrt,
  Squeeze: shape.squeeze,
  Sub: arithmetic.sub,
  Sum: arithmetic.sum,
  Tanh: activation.tanh,
  Transpose: shape.transpose,
  Unsqueeze: shape.unsqueeze,
  Where: arithmetic.where,
};
