import { assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import { constant } from "../../src/train/schedules/constant.ts";
import { cosineRestarts } from "../../src/train/schedules/cosine_restarts.ts";
import { exponential } from "../../src/train/schedules/exponential.ts";
import { flatThenCosine } from "../../src/train/schedules/flat_then_cosine.ts";
import { multiStep } from "../../src/train/schedules/multi_step.ts";
import { plateau, type PlateauOptions } from "../../src/train/schedules/plateau.ts";
import { linearDecay, polynomial } from "../../src/train/schedules/polynomial.ts";
import type { Schedule } from "../../src/train/schedules/schedule.ts";
import { sequence } from "../../src/train/schedules/sequence.ts";
import { warmUp } from "../../src/train/schedules/warm_up.ts";
import golden from "./golden/schedules.json" with { type: "json" };

const BY_NAME: Readonly<Record<string, (options: never) => Schedule>> = {
  multiStep,
  exponential,
  polynomial,
  linearDecay,
  cosineRestarts,
  flatThenCosine,
  sequence: () =>
    sequence([
      { schedule: exponential({ factor: 0.9 }), steps: 5 },
      { schedule: linearDecay({ minimum: 0.5 }), share: 2 / 3 },
    ]),
};

for (const { schedule: name, options, perEpoch, rates } of golden.cases) {
  Deno.test(`${name}(${JSON.stringify(options)}) gives PyTorch's learning rates`, () => {
    const schedule = BY_NAME[name]!(options as never);
    rates.forEach((rate, step) =>
      assertAlmostEquals(schedule(step, rates.length, perEpoch), rate, 1e-12, `step ${step}`)
    );
  });
}

for (const { history, options, rates } of golden.plateaus) {
  Deno.test(`plateau(${JSON.stringify(options)}) gives PyTorch's learning rates`, () => {
    const schedule = plateau(options as PlateauOptions);
    const epochs = history.map((value) => ({ loss: value, accuracy: value }));
    rates.forEach((rate, epoch) => {
      const factor = schedule(0, 100, 10, epochs.slice(0, epoch + 1));
      assertAlmostEquals(factor, rate, 1e-12, `after epoch ${epoch + 1}`);
    });
  });
}

const outcome = (loss: number, validation?: number) => ({
  loss,
  accuracy: NaN,
  ...(validation !== undefined && { validation: { loss: validation, accuracy: NaN } }),
});

Deno.test("plateau() follows the validation loss where there is one", () => {
  const schedule = plateau({ patience: 0, factor: 0.5 });
  assertEquals(schedule(0, 9, 1, [outcome(3, 1), outcome(2, 1)]), 0.5);
  assertEquals(schedule(0, 9, 1, [outcome(3), outcome(2)]), 1);
  assertEquals(schedule(0, 9, 1), 1);
  const strict = plateau({ monitor: "validationLoss" });
  assertThrows(() => strict(0, 9, 1, [outcome(3)]), RangeError, 'give fit() "validation" data');
});

Deno.test("exponential() falls from step to step where it is smooth", () => {
  const schedule = exponential({ factor: 0.25, smooth: true });
  assertEquals([0, 5, 10].map((step) => schedule(step, 20, 10)), [1, 0.5, 0.25]);
});

Deno.test("sequence() gives each schedule its own steps, epochs and history", () => {
  const seen: unknown[] = [];
  const spy: Schedule = (...args) => (seen.push(args), 1);
  const schedule = sequence([
    { schedule: constant(), epochs: 2, factor: 0.5 },
    { schedule: spy, share: 0.5 },
    { schedule: constant() },
  ]);
  const history = [1, 2, 3].map((loss) => outcome(loss));
  assertEquals([19, 20, 33, 69, 70].map((step) => schedule(step, 100, 10, history)), [
    0.5,
    ...[1, 1, 1, 1],
  ]);
  assertEquals(seen, [[0, 50, 10, [history[2]]], [13, 50, 10, [history[2]]], [49, 50, 10, [
    history[2],
  ]]]);
});

Deno.test("sequence() stays at the end of its last schedule", () => {
  const schedule = sequence([{ schedule: linearDecay(), steps: 4 }]);
  assertEquals([0, 2, 4, 9].map((step) => schedule(step, 10, 1)), [1, 0.5, 0, 0]);
});

Deno.test("warmUp() hands the history on", () => {
  const schedule = warmUp(2, plateau({ patience: 0, factor: 0.5 }));
  const history = [outcome(1), outcome(1)];
  assertEquals(schedule(20, 100, 10, history), 0.5);
});

Deno.test("longer schedules give finite numbers from 0 to 1, however few the steps", () => {
  const all = [
    ...golden.cases.map(({ schedule, options }) => BY_NAME[schedule]!(options as never)),
    sequence([{ schedule: exponential(), epochs: 3 }, { schedule: linearDecay() }]),
  ];
  for (const [index, schedule] of all.entries()) {
    for (let total = 1; total <= 12; total++) {
      for (let step = 0; step < total; step++) {
        const factor = schedule(step, total, 2);
        assertEquals(factor >= 0 && factor <= 1, true, `${index}: ${factor} at ${step}/${total}`);
      }
    }
  }
});

Deno.test("longer schedules name an option that is wrong", () => {
  assertThrows(() => multiStep({ milestones: [] }), RangeError, "milestones");
  assertThrows(() => multiStep({ milestones: [3, 2] }), RangeError, "[3, 2]");
  assertThrows(() => multiStep({} as never), TypeError, "milestones");
  assertThrows(() => exponential({ factor: 2 }), RangeError, "factor");
  assertThrows(() => polynomial({ power: 0 }), RangeError, "power");
  assertThrows(() => linearDecay({ power: 1 } as never), TypeError, "power");
  assertThrows(() => cosineRestarts({ growth: 0.5 }), RangeError, "growth");
  assertThrows(() => flatThenCosine({ flat: 1 }), RangeError, "flat");
  assertThrows(() => plateau({ factor: 1 }), RangeError, "factor");
  assertThrows(() => plateau({ mode: "most" as never }), RangeError, "mode");
  const part = { schedule: constant() };
  assertThrows(() => sequence([]), RangeError, "parts");
  assertThrows(() => sequence([part, part]), RangeError, "parts[0]");
  assertThrows(() => sequence([{ ...part, steps: 2, share: 0.5 }]), RangeError, "found 2");
});
