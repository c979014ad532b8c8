/**
 * Transfer learning on the stock ONNX Runtime: load a network from an ONNX file, freeze what should
 * stay, give it a new head, fit it to pictures or arrays, and ship a plain ONNX model.
 *
 * ```ts ignore
 * import {
 *   evaluate, fit, freeze, imageFolder, loadBackbone, replaceHead, saveModel,
 * } from "jsr:@graft/graft";
 *
 * const train = await imageFolder("hymenoptera/train");
 * const valid = await imageFolder("hymenoptera/val", { classes: train.classes });
 * const backbone = await loadBackbone("mobilenet_v2");
 * const model = replaceHead(freeze(backbone, "all"), { classes: train.classes });
 * const { model: tuned } = await fit(model, train, { validation: valid, epochs: 5 });
 * console.log((await evaluate(tuned, valid)).accuracy);
 * await saveModel(tuned, "ants-and-bees.onnx");
 * ```
 *
 * @module
 */
export { loadBackbone, type LoadBackboneOptions } from "./models/load_backbone.ts";
export type {
  Checkpoint,
  CheckpointVersion,
  OptimizerGroup,
  PropertyValue,
} from "./src/artifacts/checkpoint/checkpoint.ts";
export { readCheckpoint, writeCheckpoint } from "./src/artifacts/checkpoint/checkpoint_file.ts";
export type { EncodeOptions } from "./src/artifacts/checkpoint/encode.ts";
export type { Loss, LossFunction, LossName } from "./src/artifacts/loss.ts";
export type {
  Factored,
  Probe,
  ProbeTerms,
  TensorNumbers,
  TensorStep,
  Updated,
  UpdateTerms,
} from "./src/artifacts/update/rule_parts.ts";
export type { UpdateRule } from "./src/artifacts/update/update_rule.ts";
export type { BinaryOperator, Expr, UnaryOperator } from "./src/artifacts/update/expression.ts";
export type { ArtifactTarget } from "./src/artifacts/write/target.ts";
export { Builder } from "./src/autodiff/builder.ts";
export type { Attributes, Comparison, OutputInfo, Unary } from "./src/autodiff/builder.ts";
export { NotDifferentiableError } from "./src/autodiff/gradients.ts";
export { operatorsWithoutGradient } from "./src/autodiff/operators_without_gradient.ts";
export { arrays, type ArraysOptions } from "./src/data/arrays.ts";
export { decodeImage } from "./src/data/decode.ts";
export type { PictureSource } from "./src/data/picture.ts";
export {
  type ImageDataset,
  imageFolder,
  type ImageFolderOptions,
} from "./src/data/image_folder.ts";
export { type PictureEntry, pictures, type PicturesOptions } from "./src/data/pictures.ts";
export type { OnUnreadable, PictureDataset } from "./src/data/picture_dataset.ts";
export { imagenetPreprocessing } from "./src/data/preprocessing.ts";
export { type Split, split, type SplitOptions } from "./src/data/split.ts";
export { subset } from "./src/data/subset.ts";
export {
  type ColorAdjustment,
  colorJitter,
  type ColorJitterOptions,
} from "./src/data/transforms/color_jitter.ts";
export {
  horizontalFlip,
  type HorizontalFlipOptions,
} from "./src/data/transforms/horizontal_flip.ts";
export {
  type Erasure,
  randomErasing,
  type RandomErasingOptions,
} from "./src/data/transforms/random_erasing.ts";
export {
  randomResizedCrop,
  type RandomResizedCropOptions,
} from "./src/data/transforms/random_resized_crop.ts";
export { UnreadableImageError } from "./src/data/unreadable_image_error.ts";
export type { Attribute, AttributeValue } from "./src/onnx/attribute.ts";
export { type Block, blocks } from "./src/onnx/blocks.ts";
export { type Dim, Graph, Node, type NodeOptions, Value } from "./src/onnx/graph.ts";
export { type HeadBuilder, linear, mlp, type MlpOptions } from "./src/onnx/heads.ts";
export type { Model, Parameter, ValueInfo } from "./src/onnx/model.ts";
export { replaceHead, type ReplaceHeadOptions } from "./src/onnx/replace_head.ts";
export { saveModel } from "./src/onnx/save_model.ts";
export { freeze, type Selector, unfreeze } from "./src/onnx/select.ts";
export { summary } from "./src/onnx/summary.ts";
export { CudaUnavailableError } from "./src/runtime/cuda_error.ts";
export type { Device } from "./src/runtime/onnxruntime.ts";
export type { Tensors } from "./src/runtime/runtime.ts";
export type {
  Augment,
  Augmentation,
  Dataset,
  Example,
  Image,
  PrepareOptions,
  Preprocessing,
  Rectangle,
  SkippedExample,
} from "./src/tensor/dataset.ts";
export type { ArrayOf, DataType, ElementArrays, TypedArray } from "./src/tensor/dtype.ts";
export { type Rng, rng } from "./src/tensor/rng.ts";
export type { Optimizer } from "./src/train/optimizers/optimizer.ts";
export type { Tensor } from "./src/tensor/tensor.ts";
export type { ArtifactTrainer, CheckpointOptions } from "./src/train/artifacts/artifact_trainer.ts";
export type { Artifacts, TrainingFiles } from "./src/train/artifacts/artifacts.ts";
export { buildArtifacts } from "./src/train/artifacts/build_artifacts.ts";
export type { BuildArtifactsOptions } from "./src/train/artifacts/build_options.ts";
export {
  exportInference,
  type ExportInferenceOptions,
} from "./src/train/artifacts/export_inference.ts";
export type { LinearSchedule } from "./src/train/artifacts/linear_schedule.ts";
export { loadArtifacts, type LoadArtifactsOptions } from "./src/train/artifacts/load_artifacts.ts";
export { openTrainer } from "./src/train/artifacts/open_trainer.ts";
export { saveArtifacts, type SaveArtifactsOptions } from "./src/train/artifacts/save_artifacts.ts";
export {
  type Fetches,
  TrainingSession,
  type TrainingSessionCreateOptions,
  type UriOrBuffer,
} from "./src/train/artifacts/training_session.ts";
export type { StateParameter } from "./src/train/artifacts/training_state.ts";
export { updateArtifacts } from "./src/train/artifacts/update_artifacts.ts";
export type {
  Average,
  ExponentialAverage,
  ExponentialAverageOptions,
  StochasticAverage,
  StochasticAverageOptions,
} from "./src/train/average/average.ts";
export { evaluate, type EvaluateOptions, type Report } from "./src/train/evaluate.ts";
export {
  extractFeatures,
  type ExtractFeaturesOptions,
  type Features,
} from "./src/train/extract_features.ts";
export type {
  Callback,
  CallbackState,
  EndEvent,
  EpochEvent,
  FitEvent,
  StartEvent,
  StepEvent,
} from "./src/train/callbacks/callback.ts";
export { earlyStopping, type EarlyStoppingOptions } from "./src/train/callbacks/early_stopping.ts";
export type { Monitor, MonitorMode } from "./src/train/callbacks/monitor.ts";
export type { CheckpointPolicy, KeepBest } from "./src/train/checkpoint_policy.ts";
export type { Clip } from "./src/train/groups/clip.ts";
export type { LayerDecay, ParameterGroup, RateSpread } from "./src/train/groups/group.ts";
export {
  type Divergence,
  DivergenceError,
  type DivergenceKind,
  type EpochRecord,
  fit,
  type FitOptions,
  type FitResult,
  type History,
} from "./src/train/fit.ts";
export type { EpochOutcome } from "./src/train/history.ts";
export {
  modelFromCheckpoint,
  type ModelFromCheckpointOptions,
} from "./src/train/model_from_checkpoint.ts";
export type {
  ClassificationResult,
  ClassScores,
  Scores,
} from "./src/train/metrics/classification.ts";
export { adafactor, type AdafactorOptions } from "./src/train/optimizers/adafactor.ts";
export { adagrad, type AdagradOptions } from "./src/train/optimizers/adagrad.ts";
export { adam, type AdamOptions } from "./src/train/optimizers/adam.ts";
export { adamW } from "./src/train/optimizers/adamw.ts";
export { lamb, type LambOptions } from "./src/train/optimizers/lamb.ts";
export { lion, type LionOptions } from "./src/train/optimizers/lion.ts";
export { lookahead, type LookaheadOptions } from "./src/train/optimizers/lookahead.ts";
export { nadam, type NadamOptions } from "./src/train/optimizers/nadam.ts";
export { radam, type RadamOptions } from "./src/train/optimizers/radam.ts";
export { rmsprop, type RmspropOptions } from "./src/train/optimizers/rmsprop.ts";
export { sam, type SamOptions } from "./src/train/optimizers/sam.ts";
export { sgd, type SgdOptions } from "./src/train/optimizers/sgd.ts";
export { constant } from "./src/train/schedules/constant.ts";
export { cosine, type CosineOptions } from "./src/train/schedules/cosine.ts";
export {
  cosineRestarts,
  type CosineRestartsOptions,
} from "./src/train/schedules/cosine_restarts.ts";
export { exponential, type ExponentialOptions } from "./src/train/schedules/exponential.ts";
export {
  flatThenCosine,
  type FlatThenCosineOptions,
} from "./src/train/schedules/flat_then_cosine.ts";
export { multiStep, type MultiStepOptions } from "./src/train/schedules/multi_step.ts";
export { oneCycle, type OneCycleOptions } from "./src/train/schedules/one_cycle.ts";
export { plateau, type PlateauOptions } from "./src/train/schedules/plateau.ts";
export {
  linearDecay,
  type LinearDecayOptions,
  polynomial,
  type PolynomialOptions,
} from "./src/train/schedules/polynomial.ts";
export type { Schedule } from "./src/train/schedules/schedule.ts";
export { sequence, type SequencePart } from "./src/train/schedules/sequence.ts";
export { stepDecay, type StepDecayOptions } from "./src/train/schedules/step.ts";
export { warmUp } from "./src/train/schedules/warm_up.ts";
export type { BatchNormMode } from "./src/train/specialise.ts";
export {
  type ValueAndGrad,
  valueAndGrad,
  type ValueAndGradOptions,
} from "./src/train/value_and_grad.ts";
export {
  fineTune,
  type FineTuneOptions,
  type FineTunePhase,
  type FineTuneResult,
} from "./src/workflow/fine_tune.ts";
export {
  lrFind,
  type LrFindOptions,
  type LrFindResult,
  type RateSuggestion,
} from "./src/workflow/lr_find.ts";
export {
  predict,
  type PredictInput,
  type Prediction,
  type PredictOptions,
} from "./src/workflow/predict.ts";
