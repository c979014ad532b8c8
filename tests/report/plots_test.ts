import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import type { Chart } from "../../src/report/plots/chart.ts";
import { plotConfusion } from "../../src/report/plots/plot_confusion.ts";
import { plotPrecisionRecall, plotRoc } from "../../src/report/plots/plot_curves.ts";
import { plotEmbeddings } from "../../src/report/plots/plot_embeddings.ts";
import { plotHistory } from "../../src/report/plots/plot_history.ts";
import { plotLearningRates } from "../../src/report/plots/plot_learning_rates.ts";
import { plotParallel } from "../../src/report/plots/plot_parallel.ts";
import { plotReliability } from "../../src/report/plots/plot_reliability.ts";
import { principalComponents } from "../../src/report/principal_components.ts";
import { rng } from "../../src/tensor/rng.ts";
import { tensor } from "../../src/tensor/tensor.ts";
import { calibration } from "../../src/train/metrics/calibration.ts";
import { inFolder, recordOf } from "../train/callbacks/events.ts";

const COUNT = 60;
const CLASSES = ["ant", "bee & wasp", "<cicada>"];

function scored() {
  const random = rng("plots");
  const targets = Array.from({ length: COUNT }, () => random.integer(3));
  const data = targets.flatMap((label) => {
    const raw = [0, 1, 2].map((c) => Math.exp(random.normal() + (c === label ? 1.5 : 0)));
    return raw.map((one) => one / raw.reduce((sum, other) => sum + other));
  });
  return { probabilities: tensor("float64", [COUNT, 3], data), targets };
}

const perClass = CLASSES.map((label) => ({ label, precision: 1, recall: 1, f1: 1, support: 20 }));
const trials = [1e-4, 1e-3, 1e-2].map((learningRate, at) => ({
  settings: { learningRate, optimizer: at === 1 ? "adamW" : "sgd", nesterov: at > 0 },
  value: Math.abs(at - 1),
}));
const features = {
  data: Float32Array.from({ length: COUNT * 5 }, rng("features").normal),
  shape: [COUNT, 5],
  targets: Int32Array.from(scored().targets),
  indices: Array.from({ length: COUNT }, (_, at) => at),
  layer: "pool",
};

const cases: readonly { name: string; draw: () => Promise<Chart>; says: readonly string[] }[] = [
  {
    name: "plotHistory()",
    draw: () => plotHistory({ epochs: [recordOf(1), recordOf(2), recordOf(3)] }),
    says: ["The loss over 3 epochs, at the end: training 0.333, validation 0.667", "Learning rate"],
  },
  {
    name: "plotConfusion()",
    draw: () => plotConfusion({ confusionMatrix: [[15, 5, 0], [0, 20, 0], [2, 0, 18]], perClass }),
    says: [
      "53 of 60 answers are right",
      "75 %",
      "&lt;cicada&gt;",
      "ant taken for bee &amp; wasp: 5",
    ],
  },
  {
    name: "plotReliability()",
    draw: () => plotReliability(calibration(scored())),
    says: ["expected calibration error", "Answers by confidence"],
  },
  {
    name: "plotRoc()",
    draw: () => plotRoc(scored(), { classes: CLASSES }),
    says: ["ROC curve: mean area 0.9", "bee &amp; wasp: 0."],
  },
  {
    name: "plotPrecisionRecall()",
    draw: () => plotPrecisionRecall(scored()),
    says: ["mean average precision", "recall"],
  },
  {
    name: "plotLearningRates()",
    draw: () => plotLearningRates({ learningRates: [1e-3, 1e-2, 1e-1], losses: [2, 1, NaN] }),
    says: ["at its least 1.00"],
  },
  {
    name: "plotLearningRates() of what lrFind() suggests",
    draw: () => {
      const suggestion = { valley: 1e-2, steep: 2e-2, minimum: 3e-2 };
      return plotLearningRates({
        learningRates: [1e-3, 1e-2, 1e-1],
        losses: [2, 1, 3],
        suggestion,
      });
    },
    says: ["valley: 0.01", "steep: 0.02", "minimum: 0.03"],
  },
  {
    name: "plotParallel()",
    draw: () => plotParallel(trials, { objective: "loss" }),
    says: ["3 trials, best loss 0", "adamW", "learningRate 0.001, optimizer adamW, nesterov true"],
  },
  {
    name: "plotEmbeddings()",
    draw: () => plotEmbeddings(features, { classes: CLASSES, widthPx: 300 }),
    says: ["60 examples in the plane", "bee &amp; wasp", 'width="300"'],
  },
];

for (const { name, draw, says } of cases) {
  Deno.test(`${name} draws one SVG element that says what it shows, the same each time`, async () => {
    const { svg } = await draw();
    for (const text of says) assertStringIncludes(svg, text);
    assertEquals((await draw()).svg, svg);
    assert(!/NaN|undefined|<style|url\(|https?:(?!\/\/www\.w3\.org)/.test(svg), svg);
    assertEquals(svg.match(/<svg/g)?.length, 1);
    assertStringIncludes(svg, 'role="img"');
  });
}

Deno.test("plotParallel() fills the letters that it outlines", async () => {
  const { svg } = await plotParallel(trials, { objective: "loss" });
  const [group] = svg.match(/<g aria-label="text"[^>]*>/)!;
  assertStringIncludes(group, 'paint-order="stroke"');
  assert(!group.includes('fill="none"'), group);
});

Deno.test("a chart shows itself in Jupyter, and is saved as SVG and as PNG", () =>
  inFolder(async (folder) => {
    const chart = await plotHistory({ epochs: [recordOf(1)] });
    const symbol = Symbol.for("Jupyter.display");
    const display = (chart as unknown as Record<symbol, () => unknown>)[symbol]!();
    assertEquals(display, { "image/svg+xml": chart.svg });
    await chart.save(`${folder}/a.svg`);
    assertEquals(await Deno.readTextFile(`${folder}/a.svg`), chart.svg);
    await chart.save(`${folder}/a.png`);
    assertEquals((await Deno.readFile(`${folder}/a.png`))[1], "P".charCodeAt(0));
    await assertRejects(() => chart.save(`${folder}/a.gif`), RangeError, "a.gif");
  }));

Deno.test("charts refuse what they cannot show", async () => {
  await assertRejects(() => plotConfusion({}), TypeError, "no classes");
  await assertRejects(
    () => plotLearningRates({ learningRates: [1], losses: [] }),
    RangeError,
    "0 losses for 1 rates",
  );
  await assertRejects(() => plotParallel([]), RangeError, "no trial");
  await assertRejects(() => plotEmbeddings({ ...features, shape: [300, 1] }), TypeError, "[300,1]");
  await assertRejects(() => plotRoc(scored(), { widthPx: 10 }), RangeError, '"widthPx"');
});

Deno.test("principalComponents() finds the directions of greatest variance", () => {
  const random = rng("cloud");
  // Variances 9, 4 and 0.01 along (1, 1, 0)/√2, (0, 0, 1) and (1, -1, 0)/√2.
  const rows = Array.from({ length: 400 }, () => {
    const [a, b, c] = [3 * random.normal(), 2 * random.normal(), 0.1 * random.normal()];
    return [(a + c) * Math.SQRT1_2, (a - c) * Math.SQRT1_2, b];
  });
  const placed = principalComponents(Float32Array.from(rows.flat()), 400);
  const variance = (component: number) =>
    rows.reduce((sum, _, row) => sum + placed[2 * row + component]! ** 2 / 400, 0);
  assert(Math.abs(variance(0) - 9) < 1.2 && Math.abs(variance(1) - 4) < 0.7);
  const product = rows.reduce((sum, _, row) => sum + placed[2 * row]! * placed[2 * row + 1]!, 0);
  assert(Math.abs(product) / 400 < 0.05);
});
