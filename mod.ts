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
export { loadTokenizer, type LoadTokenizerOptions } from "./models/load_tokenizer.ts";
export type {
  Checkpoint,
  CheckpointVersion,
  OptimizerGroup,
  PropertyValue,
} from "./src/artifacts/checkpoint/checkpoint.ts";
export { readCheckpoint, writeCheckpoint } from "./src/artifacts/checkpoint/checkpoint_file.ts";
export type { EncodeOptions } from "./src/artifacts/checkpoint/encode.ts";
export type {
  Loss,
  LossContext,
  LossDefinition,
  LossFunction,
  LossName,
  LossParameter,
  LossTerm,
  TargetKind,
} from "./src/artifacts/loss.ts";
export { adversarial, type AdversarialOptions } from "./src/artifacts/losses/adversarial.ts";
export type { Alignment, Domains } from "./src/artifacts/losses/alignment.ts";
export { arcFace, type ArcFaceOptions } from "./src/artifacts/losses/arc_face.ts";
export {
  binaryCrossEntropy,
  type BinaryCrossEntropyOptions,
} from "./src/artifacts/losses/binary_cross_entropy.ts";
export {
  contrastive,
  type ContrastiveOptions,
  supervisedContrastive,
  type SupervisedContrastiveOptions,
} from "./src/artifacts/losses/contrastive.ts";
export { crossEntropy, type CrossEntropyOptions } from "./src/artifacts/losses/cross_entropy.ts";
export { distill, type DistillOptions } from "./src/artifacts/losses/distill.ts";
export {
  huber,
  type HuberOptions,
  mae,
  mse,
  smoothL1,
  type SmoothL1Options,
} from "./src/artifacts/losses/errors.ts";
export {
  binaryFocal,
  type BinaryFocalOptions,
  focal,
  type FocalOptions,
} from "./src/artifacts/losses/focal.ts";
export { infoNce, type InfoNceOptions } from "./src/artifacts/losses/info_nce.ts";
export { klDivergence } from "./src/artifacts/losses/kl_divergence.ts";
export { mmd, type MmdOptions } from "./src/artifacts/losses/mmd.ts";
export { type Ramp, rampUp, type RampUpOptions } from "./src/artifacts/losses/ramp.ts";
export { l2sp, type L2spOptions, type StayNear } from "./src/artifacts/losses/stay_near.ts";
export { triplet, type TripletOptions } from "./src/artifacts/losses/triplet.ts";
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
export type { BuilderOptions, Lack } from "./src/autodiff/builder_options.ts";
export { NotDifferentiableError } from "./src/autodiff/gradients.ts";
export { operatorsWithoutGradient } from "./src/autodiff/operators_without_gradient.ts";
export { scaleGradient, stopGradient } from "./src/autodiff/scale_gradient.ts";
export { arrays, type ArraysOptions } from "./src/data/arrays.ts";
export { balanced, type BalancedOptions } from "./src/data/balanced.ts";
export { classCounts } from "./src/data/class_counts.ts";
export type { Groups } from "./src/data/assign_groups.ts";
export { decodeImage } from "./src/data/decode.ts";
export {
  type DuplicatePair,
  type DuplicatePicture,
  findDuplicates,
  type FindDuplicatesOptions,
} from "./src/data/duplicates/find_duplicates.ts";
export type { HashName } from "./src/data/duplicates/perceptual_hash.ts";
export { kFold, type KFoldOptions } from "./src/data/k_fold.ts";
export { perClass } from "./src/data/per_class.ts";
export type { PictureSource } from "./src/data/picture.ts";
export { cifar10, type Cifar10Options } from "./src/data/files/cifar10.ts";
export { cifar100, type Cifar100Options } from "./src/data/files/cifar100.ts";
export { mnist, type MnistOptions } from "./src/data/files/mnist.ts";
export { readIdx } from "./src/data/files/read_idx.ts";
export {
  type ImageDataset,
  imageFolder,
  type ImageFolderOptions,
} from "./src/data/image_folder.ts";
export { type PictureEntry, pictures, type PicturesOptions } from "./src/data/pictures.ts";
export type { OnUnreadable, PictureDataset } from "./src/data/picture_dataset.ts";
export { imagenetPreprocessing } from "./src/data/preprocessing.ts";
export { type Split, split, type SplitOptions } from "./src/data/split.ts";
export { stream, type StreamItem, type StreamOptions } from "./src/data/stream/stream.ts";
export type { StreamSource } from "./src/data/stream/tape.ts";
export { subset } from "./src/data/subset.ts";
export { csvDataset, type CsvDatasetOptions } from "./src/data/tables/csv_dataset.ts";
export {
  readTexts,
  type ReadTextsOptions,
  type TextExample,
} from "./src/data/tables/read_texts.ts";
export { augMix, type AugMixOptions, type AugMixture } from "./src/data/transforms/aug_mix.ts";
export { maskedWords, type MaskedWordsOptions } from "./src/data/texts/masked_words.ts";
export { readTokenizer, type ReadTokenizerOptions } from "./src/data/texts/read_tokenizer.ts";
export { type TextItem, texts, type TextsOptions } from "./src/data/texts/texts.ts";
export type {
  EncodedText,
  EncodeTextOptions,
  TextInputName,
  TextTokenizer,
} from "./src/data/texts/tokenizer.ts";
export { wordPiece, type WordPieceOptions } from "./src/data/texts/word_piece.ts";
export { autoAugment } from "./src/data/transforms/auto_augment.ts";
export { autocontrast } from "./src/data/transforms/autocontrast.ts";
export { type Choice, compose, oneOf, randomApply } from "./src/data/transforms/combine.ts";
export {
  type ColorAdjustment,
  colorJitter,
  type ColorJitterOptions,
} from "./src/data/transforms/color_jitter.ts";
export { equalize } from "./src/data/transforms/equalize.ts";
export { gaussianBlur, type GaussianBlurOptions } from "./src/data/transforms/gaussian_blur.ts";
export { grayscale, type GrayscaleOptions } from "./src/data/transforms/grayscale.ts";
export {
  horizontalFlip,
  type HorizontalFlipOptions,
} from "./src/data/transforms/horizontal_flip.ts";
export { invert } from "./src/data/transforms/invert.ts";
export type { OccasionalOptions } from "./src/data/transforms/occasional.ts";
export type { OperationName, PolicyStep } from "./src/data/transforms/operations.ts";
export {
  type Corners,
  perspective,
  type PerspectiveOptions,
} from "./src/data/transforms/perspective.ts";
export type { AutoAugmentPolicy } from "./src/data/transforms/policies.ts";
export { posterize, type PosterizeOptions } from "./src/data/transforms/posterize.ts";
export { randAugment, type RandAugmentOptions } from "./src/data/transforms/rand_augment.ts";
export {
  type CropShift,
  randomCrop,
  type RandomCropOptions,
} from "./src/data/transforms/random_crop.ts";
export {
  type Erasure,
  randomErasing,
  type RandomErasingOptions,
} from "./src/data/transforms/random_erasing.ts";
export {
  randomResizedCrop,
  type RandomResizedCropOptions,
} from "./src/data/transforms/random_resized_crop.ts";
export { rotate, type RotateOptions } from "./src/data/transforms/rotate.ts";
export { sharpen, type SharpenOptions } from "./src/data/transforms/sharpen.ts";
export { shear, type ShearAngles, type ShearOptions } from "./src/data/transforms/shear.ts";
export { solarize, type SolarizeOptions } from "./src/data/transforms/solarize.ts";
export {
  trivialAugment,
  type TrivialAugmentOptions,
} from "./src/data/transforms/trivial_augment.ts";
export { verticalFlip } from "./src/data/transforms/vertical_flip.ts";
export type { WarpOptions } from "./src/data/transforms/warp.ts";
export { UnreadableImageError } from "./src/data/unreadable_image_error.ts";
export { bitFit } from "./src/onnx/adapters/bit_fit.ts";
export { loadAdapters, type LoadAdaptersOptions } from "./src/onnx/adapters/load_adapters.ts";
export { lora, type LoraOptions } from "./src/onnx/adapters/lora.ts";
export { mergeAdapters } from "./src/onnx/adapters/merge_adapters.ts";
export { saveAdapters } from "./src/onnx/adapters/save_adapters.ts";
export type { Attribute, AttributeValue } from "./src/onnx/attribute.ts";
export { type Block, blocks } from "./src/onnx/blocks.ts";
export { type Dim, Graph, Node, type NodeOptions, Value } from "./src/onnx/graph.ts";
export { addHead, type AddHeadOptions, removeHead } from "./src/onnx/add_head.ts";
export type { HeadBuilder, HiddenOptions } from "./src/onnx/heads/head.ts";
export {
  concatPooling,
  type ConcatPoolingOptions,
  cosineHead,
  type CosineHeadOptions,
  linear,
  mlp,
  type MlpOptions,
} from "./src/onnx/heads/layers.ts";
export {
  embedding,
  type EmbeddingOptions,
  regression,
  type RegressionOptions,
} from "./src/onnx/heads/outputs.ts";
export type { Model, Parameter, ValueInfo } from "./src/onnx/model.ts";
export { replaceHead, type ReplaceHeadOptions } from "./src/onnx/replace_head.ts";
export { saveModel } from "./src/onnx/save_model.ts";
export { freeze, type Selector, unfreeze } from "./src/onnx/select.ts";
export { summary } from "./src/onnx/summary.ts";
export { type Task, taskOf } from "./src/onnx/task.ts";
export type { Chart, ChartOptions } from "./src/report/plots/chart.ts";
export { type GradCam, gradCam, type GradCamOptions } from "./src/report/grad_cam/grad_cam.ts";
export { type Confusion, plotConfusion } from "./src/report/plots/plot_confusion.ts";
export {
  type CurveChartOptions,
  plotPrecisionRecall,
  plotRoc,
} from "./src/report/plots/plot_curves.ts";
export { plotEmbeddings, type PlotEmbeddingsOptions } from "./src/report/plots/plot_embeddings.ts";
export { plotHistory } from "./src/report/plots/plot_history.ts";
export {
  type LearningRateCurve,
  plotLearningRates,
} from "./src/report/plots/plot_learning_rates.ts";
export {
  type ParallelTrial,
  plotParallel,
  type PlotParallelOptions,
} from "./src/report/plots/plot_parallel.ts";
export { plotReliability } from "./src/report/plots/plot_reliability.ts";
export { report, type ReportOptions, type ReportResult } from "./src/report/report.ts";
export {
  type ScoredExamples,
  scoreExamples,
  type ScoreExamplesOptions,
} from "./src/report/score_examples.ts";
export { CudaUnavailableError } from "./src/runtime/cuda_error.ts";
export { WebGpuUnavailableError } from "./src/runtime/webgpu_error.ts";
export type { CudaOptions, Device, DeviceOptions } from "./src/runtime/device.ts";
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
export type { GraphForm, GraphPart } from "./src/tensor/graph_form.ts";
export { type Rng, rng } from "./src/tensor/rng.ts";
export type { Optimizer } from "./src/train/optimizers/optimizer.ts";
export type { Tensor } from "./src/tensor/tensor.ts";
export { adapt, type AdaptOptions } from "./src/train/adapt.ts";
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
export { balancedWeights } from "./src/train/balanced_weights.ts";
export { csvLogger } from "./src/train/callbacks/csv_logger.ts";
export {
  jsonLinesLogger,
  type JsonLinesLoggerOptions,
} from "./src/train/callbacks/json_lines_logger.ts";
export {
  type EpochPictures,
  tensorBoard,
  type TensorBoardOptions,
} from "./src/train/callbacks/tensor_board.ts";
export {
  saveEmbeddings,
  type SaveEmbeddingsOptions,
} from "./src/train/callbacks/tensorboard/save_embeddings.ts";
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
  type MemoryShortage,
  OutOfMemoryError,
} from "./src/train/fit.ts";
export { joint, type JointOptions } from "./src/train/joint.ts";
export type { JointDataset } from "./src/train/pairs.ts";
export type { EpochOutcome } from "./src/train/history.ts";
export {
  balancedAccuracy,
  cohenKappa,
  matthewsCorrelation,
} from "./src/train/metrics/agreement.ts";
export {
  type Calibration,
  calibration,
  type CalibrationBin,
  type CalibrationOptions,
} from "./src/train/metrics/calibration.ts";
export {
  modelFromCheckpoint,
  type ModelFromCheckpointOptions,
} from "./src/train/model_from_checkpoint.ts";
export type {
  ClassificationResult,
  ClassScores,
  Scores,
} from "./src/train/metrics/classification.ts";
export type { LabelScores, MultiLabelResult } from "./src/train/metrics/multi_label.ts";
export { cutMix } from "./src/train/mix/cut_mix.ts";
export type { BatchMixing, Mix, MixBatch } from "./src/train/mix/mix.ts";
export { type MixOptions, mixUp } from "./src/train/mix/mix_up.ts";
export { mixUpOrCutMix, type MixUpOrCutMixOptions } from "./src/train/mix/mix_up_or_cut_mix.ts";
export { balancedSampler } from "./src/train/samplers/balanced_sampler.ts";
export type { Sampler, SamplerSource } from "./src/train/samplers/sampler.ts";
export { type SamplerOptions, weightedSampler } from "./src/train/samplers/weighted_sampler.ts";
export type { FeatureClassifier } from "./src/train/probes/classifier.ts";
export { knn, type KnnOptions } from "./src/train/probes/knn.ts";
export {
  type LinearProbe,
  linearProbe,
  type LinearProbeOptions,
} from "./src/train/probes/linear_probe.ts";
export {
  logisticRegression,
  type LogisticRegressionOptions,
} from "./src/train/probes/logistic_regression.ts";
export type { Distance } from "./src/train/probes/neighbours.ts";
export type { Pooling } from "./src/train/probes/pooling.ts";
export type { FeatureRows, LabelledRows } from "./src/train/probes/rows.ts";
export {
  type SearchedRows,
  type Similar,
  similar,
  type SimilarityIndex,
  similarityIndex,
  type SimilarityOptions,
  type SimilarOptions,
} from "./src/train/probes/similar.ts";
export type { FeatureOrigin, LogisticRegression } from "./src/train/probes/softmax_fit.ts";
export { umap, type UmapOptions } from "./src/train/probes/umap.ts";
export { withLinearHead } from "./src/train/probes/with_linear_head.ts";
export type { ByClass, CurveOptions } from "./src/train/metrics/one_vs_rest.ts";
export {
  averagePrecision,
  type PrecisionRecallCurve,
  precisionRecallCurve,
} from "./src/train/metrics/precision_recall_curve.ts";
export { brierScore, logLoss } from "./src/train/metrics/probability_scores.ts";
export { rocAuc, type RocCurve, rocCurve } from "./src/train/metrics/roc_curve.ts";
export type { Scored } from "./src/train/metrics/scored.ts";
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
export type { Precision } from "./src/train/precision/precision.ts";
export type { HalfType } from "./src/autodiff/precision/half_operators.ts";
export type { MemoryMode } from "./src/train/program.ts";
export type { BatchNormMode } from "./src/train/specialise.ts";
export type { TestTimeAugmentation, TestTimeCopies } from "./src/train/tta/tta_options.ts";
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
export { quantize, type QuantizeOptions, type QuantizeResult } from "./src/workflow/quantize.ts";
export { showBatch, type ShowBatchOptions } from "./src/workflow/show_batch/show_batch.ts";
export { searchTable, type TrialPoint, trialPoints } from "./src/workflow/search/report.ts";
export type { LedgerRecord } from "./src/workflow/search/ledger.ts";
export {
  type FinishedTrial,
  search,
  type SearchOptions,
  type SearchResult,
  type Trial,
  type TrialOutcome,
} from "./src/workflow/search/search.ts";
export {
  searchFit,
  type SearchFitOptions,
  type SearchFitResult,
} from "./src/workflow/search/search_fit.ts";
export {
  choice,
  type Dimension,
  integer,
  type Label,
  logUniform,
  type Space,
  uniform,
  type ValuesOf,
} from "./src/workflow/search/space.ts";
export {
  asha,
  type AshaOptions,
  grid,
  type GridOptions,
  type Job,
  random,
  type RandomOptions,
  type Strategy,
  type TrialRecord,
} from "./src/workflow/search/strategy.ts";
export type { OptimizerFactory, TrialSetup } from "./src/workflow/search/trial_setup.ts";
