import type { Model } from "../onnx/model.ts";
import { type Cell, type Finding, mostConfused } from "./findings.ts";
import { cellList, lossList } from "./html/picture_lists.ts";
import { page, type Section } from "./html/page.ts";
import { classTable, confusedTable, fixed, percent, settingsList, tiles } from "./html/tables.ts";
import { escaped } from "./escaped.ts";
import { type Drawing, svgOf } from "./plots/draw.ts";
import { confusionDrawing } from "./plots/plot_confusion.ts";
import { precisionRecallDrawing, rocDrawing } from "./plots/plot_curves.ts";
import { historyDrawings } from "./plots/plot_history.ts";
import { reliabilityDrawings } from "./plots/plot_reliability.ts";
import type { ReportOptions, ReportResult } from "./report_options.ts";
import type { ScoredExamples } from "./score_examples.ts";
import type { ShownExamples } from "./shown_examples.ts";

/** Width of a chart: about that of a telephone, so that its letters stay readable there. */
const CHART_PX = 360;
/** Mistakes that are listed. */
const PAIRS = 10;

/** What a report is made from. */
export interface ReportParts {
  readonly model: Model;
  readonly scored: ScoredExamples;
  readonly numbers: Omit<ReportResult, "html">;
  readonly cells: readonly Cell[];
  readonly losses: readonly Finding[];
  readonly shown: ShownExamples;
  readonly options: ReportOptions;
}

/** The report as one HTML page. */
export async function reportPage(parts: ReportParts): Promise<string> {
  const { model, scored, options } = parts;
  const { classes, indices } = scored;
  const title = options.title ?? model.name;
  const about = `${model.name} on ${indices.length} examples of ${classes.length} classes: ` +
    `${percent(parts.numbers.evaluation.accuracy)} right.`;
  const sections: Section[] = [
    { title: "Scores", content: scoreTiles(parts) },
    ...await trainingSection(parts),
    { title: "Confusion", content: await confusionSection(parts) },
    { title: "Classes", content: classSection(parts) },
    { title: "Calibration and curves", content: await curveSection(parts) },
    ...pictureSections(parts),
    { title: "Settings", content: settingsSection(parts) },
  ];
  return page(title, about, sections);
}

function scoreTiles({ numbers }: ReportParts): string {
  const { evaluation } = numbers;
  return tiles([
    ["Accuracy", percent(evaluation.accuracy)],
    ...(evaluation.topK && evaluation.topK.k < evaluation.perClass!.length
      ? [[`Top-${evaluation.topK.k} accuracy`, percent(evaluation.topK.accuracy)] as const]
      : []),
    ["Balanced accuracy", percent(numbers.balancedAccuracy)],
    ["Mean F1", percent(evaluation.macro!.f1)],
    ["Log loss", fixed(numbers.logLoss)],
    ["Brier score", fixed(numbers.brierScore)],
    ["Calibration error", fixed(numbers.calibration.ece)],
    ["ROC area", fixed(numbers.rocAuc.macro)],
    ["Average precision", fixed(numbers.averagePrecision.macro)],
    ["Cohen's kappa", fixed(numbers.cohenKappa)],
    ["Matthews' correlation", fixed(numbers.matthewsCorrelation)],
  ]);
}

async function trainingSection({ options }: ReportParts): Promise<Section[]> {
  const { history } = options;
  if (!history || history.epochs.length === 0) return [];
  const drawings = await historyDrawings(history, CHART_PX);
  return [{ title: "Training", content: charts(drawings.map((one) => [one])) }];
}

async function confusionSection({ numbers, cells, scored }: ReportParts): Promise<string> {
  const { confusionMatrix, perClass } = numbers.evaluation;
  const size = scored.classes.length > 12 ? 2 * CHART_PX : CHART_PX + 60;
  const drawing = await confusionDrawing(
    { confusionMatrix: confusionMatrix!, perClass: perClass! },
    size,
  );
  const supports = perClass!.map(({ support }) => support);
  const table = confusedTable(mostConfused(cells, PAIRS), scored.classes, supports);
  return `<div class="charts">${card([drawing])}${table}</div>`;
}

function classSection({ numbers }: ReportParts): string {
  const { perClass, macro, weighted } = numbers.evaluation;
  return classTable({ perClass: perClass!, macro: macro!, weighted: weighted! }, {
    auc: numbers.rocAuc.perClass,
    averagePrecision: numbers.averagePrecision.perClass,
  });
}

async function curveSection({ numbers, scored }: ReportParts): Promise<string> {
  const { classes } = scored;
  return charts([
    await reliabilityDrawings(numbers.calibration, CHART_PX),
    [await rocDrawing(scored, CHART_PX, { classes })],
    [await precisionRecallDrawing(scored, CHART_PX, { classes })],
  ]);
}

function pictureSections({ losses, shown, scored }: ReportParts): Section[] {
  const { classes } = scored;
  const { byIndex, cells, layer, problem } = shown;
  const about = layer !== undefined
    ? `Beside each picture, what the network looks at for its answer: Grad-CAM of “${layer}”.`
    : problem !== undefined
    ? `There are no maps of what the network looks at. ${problem}`
    : "";
  return [
    ...(losses.length === 0 ? [] : [{
      title: "Greatest losses",
      content: (about ? `<p class="soft">${escaped(about)}</p>` : "") +
        lossList(losses, byIndex, classes),
    }]),
    ...(byIndex.size === losses.length &&
        cells.every(({ examples }) => !byIndex.has(examples[0]!.index))
      ? []
      : [{
        title: "Examples",
        content:
          `<p class="soft">Of each cell of the confusion matrix, those that the network is ` +
          `surest of.</p>` + cellList(cells, byIndex, classes),
      }]),
  ];
}

function settingsSection({ model, scored, options }: ReportParts): string {
  const parameters = [...model.parameters.values()];
  const total = parameters.reduce((sum, { size }) => sum + size, 0);
  const { preprocessing } = model;
  return settingsList([
    ["Model", model.name],
    ["Inputs", model.inputs.map(({ name, type, shape }) => `${name} ${type}[${shape}]`).join(", ")],
    ["Classes", scored.classes.join(", ")],
    ["Weights", total.toLocaleString("en-US")],
    ...(preprocessing
      ? [
        [
          "Pictures",
          `${preprocessing.widthPx}×${preprocessing.heightPx} from the centre, shorter edge ` +
          `${preprocessing.resizePx} before, ${preprocessing.interpolation}`,
        ] as const,
      ]
      : []),
    ["Examples", String(scored.indices.length)],
    ...Object.entries(options.settings ?? {}).map(([name, value]) =>
      [name, String(value)] as const
    ),
  ]);
}

function charts(groups: readonly (readonly Drawing[])[]): string {
  return `<div class="charts">${groups.map(card).join("")}</div>`;
}

function card(drawings: readonly Drawing[]): string {
  return `<div class="card">${svgOf(drawings)}</div>`;
}
