/**
 * The table of training-only operators in docs/artifacts.md. Run it to write the table:
 *
 *     deno run --allow-read=docs --allow-write=docs tests/artifacts/artifacts_page.ts && deno fmt docs
 *
 * @module
 */
import {
  BACKWARD_LOWERINGS,
  FORWARD_LOWERINGS,
  UNKNOWN_TRAINING_OPERATORS,
} from "../../src/artifacts/read/rules/mod.ts";
import { OPERATOR_CASES } from "./read/operator_cases.ts";

/** The page. */
export const PAGE = new URL("../../docs/artifacts.md", import.meta.url);

const [START, END] = ["<!-- operators -->", "<!-- end of operators -->"];

/** Operators that are read with the graph around them, and the tests of that. */
const AROUND: readonly (readonly [name: string, does: string, test: string])[] = [
  [
    "com.microsoft.AdamWOptimizer",
    "the trainer's own pass over all parameters",
    "an optimizer of mode 0 with decay does what the official one does",
  ],
  [
    "com.microsoft.InPlaceAccumulatorV2",
    "sums that the trainer keeps",
    "gradients add up until they are reset",
  ],
  [
    "com.microsoft.InplaceClipGradNorm",
    "the trainer's own pass over all gradients",
    "an optimizer of gradients clipped does what the official one does",
  ],
  [
    "com.microsoft.SGDOptimizerV2",
    "the trainer's own pass over all parameters",
    "an optimizer of plain descent does what the official one does",
  ],
];

/** Tests that stand alone, by operator. */
const ALONE: Readonly<Record<string, string>> = {
  "com.microsoft.GatherNDGrad": "GatherNDGrad, lowered, adds up what was read twice",
};

const UNKNOWN_TEST = "all operators without a lowering are named at once";

/** A row for each operator that only training builds have: what becomes of it, and its test. */
export function operatorTable(): string {
  const lowered = [...Object.keys(FORWARD_LOWERINGS), ...Object.keys(BACKWARD_LOWERINGS)];
  const rows = [
    ...lowered.map((name) => [name, "stock operators", testOf(name)] as const),
    ...AROUND,
    ...[...UNKNOWN_TRAINING_OPERATORS].map((name) =>
      [name, "refused by name", UNKNOWN_TEST] as const
    ),
  ].sort(([a], [b]) => plain(a).localeCompare(plain(b), "en"));
  return [
    "| Operator | Becomes | Test |",
    "| --- | --- | --- |",
    ...rows.map(([name, does, test]) => `| ${name} | ${does} | ${test} |`),
  ].join("\n");
}

/** The page with the table as it should be. */
export function withTable(page: string): string {
  const [before, rest] = page.split(START) as [string, string];
  return `${before}${START}\n\n${operatorTable()}\n\n${END}${rest.split(END)[1]}`;
}

function testOf(name: string): string {
  const cases = OPERATOR_CASES.filter(({ steps }) => steps.some(([op]) => op === name));
  const [first] = cases;
  if (!first) return ALONE[name] ?? "none";
  const more = cases.length > 1 ? ` (and ${cases.length - 1} more)` : "";
  const claim = `${first.claim}, lowered, gives what the official kernel gives`;
  return claim.replaceAll("|", "\\|") + more;
}

function plain(name: string): string {
  return name.split(".").at(-1)!;
}

if (import.meta.main) {
  await Deno.writeTextFile(PAGE, withTable(await Deno.readTextFile(PAGE)));
}
