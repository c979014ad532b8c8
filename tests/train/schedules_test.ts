import { assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import { constant } from "../../src/train/schedules/constant.ts";
import { cosine } from "../../src/train/schedules/cosine.ts";
import { oneCycle } from "../../src/train/schedules/one_cycle.ts";
import type { Schedule } from "../../src/train/schedules/schedule.ts";
import { stepDecay } from "../../src/train/schedules/step.ts";
import { warmUp } from "../../src/train/schedules/warm_up.ts";

/** Learning rates of torch.optim.lr_scheduler (PyTorch 2.13) for a rate of 1, one a step. */
const RATES: readonly [name: string, schedule: Schedule, rates: readonly number[]][] = [
  // StepLR(step_size=2, gamma=0.5), one step an epoch
  ["stepDecay()", stepDecay({ epochs: 2, factor: 0.5 }), [1, 1, 0.5, 0.5, 0.25, 0.25]],
  // CosineAnnealingLR(T_max=8, eta_min=0.1)
  ["cosine()", cosine({ minimum: 0.1 }), [
    ...[1, 0.96574579, 0.86819805, 0.72220754, 0.55, 0.37779246, 0.23180195, 0.13425421],
  ]],
  // OneCycleLR(total_steps=10, cycle_momentum=False)
  ["oneCycle()", oneCycle(), [
    ...[0.04, 0.52, 1, 0.95048463, 0.81174565, 0.61126202, 0.38874198, 0.18825835],
    ...[0.049519368, 4e-6],
  ]],
  // OneCycleLR(total_steps=7, pct_start=0.5, div_factor=10, final_div_factor=100)
  ["oneCycle() with options", oneCycle({ warmUp: 0.5, initial: 0.1, final: 0.001 }), [
    ...[0.1, 0.41094235, 0.91405765, 0.95053395, 0.61164921, 0.18906684, 0.001],
  ]],
  // SequentialLR(LinearLR(start_factor=1/4, total_iters=3), CosineAnnealingLR(T_max=6), [3])
  ["warmUp() before cosine()", warmUp(3, cosine()), [
    ...[0.25, 0.5, 0.75, 1, 0.933012724, 0.75, 0.5, 0.25, 0.0669872984],
  ]],
];

for (const [name, schedule, rates] of RATES) {
  Deno.test(`${name} gives PyTorch's learning rates`, () => {
    rates.forEach((rate, step) =>
      assertAlmostEquals(schedule(step, rates.length, 1), rate, 1e-6, `step ${step}`)
    );
  });
}

Deno.test("stepDecay() counts epochs, not steps", () => {
  const schedule = stepDecay({ epochs: 1, factor: 0.1 });
  assertEquals([0, 9, 10, 19].map((step) => schedule(step, 30, 10)), [1, 1, 0.1, 0.1]);
});

Deno.test("constant() stays", () => {
  assertEquals([0, 5, 99].map((step) => constant()(step, 100, 10)), [1, 1, 1]);
});

Deno.test("warmUp() rises in a line and goes on with the schedule given", () => {
  const schedule = warmUp(3, stepDecay({ epochs: 1, factor: 0.5 }));
  const rates = Array.from({ length: 8 }, (_, step) => schedule(step, 8, 2));
  assertEquals(rates, [0.25, 0.5, 0.75, 1, 1, 0.5, 0.5, 0.25]);
  const share = warmUp(0.5, constant());
  assertEquals([0, 3, 4, 7].map((step) => share(step, 8, 2)), [0.2, 0.8, 1, 1]);
  assertThrows(() => warmUp(0, constant()), RangeError, "above 0");
});

Deno.test("schedules give finite numbers from 0 on, however few the steps", () => {
  for (const [name, schedule] of [...RATES, ["warmUp()", warmUp(5, oneCycle())] as const]) {
    for (let total = 1; total <= 12; total++) {
      for (let step = 0; step < total; step++) {
        const factor = schedule(step, total, 1);
        assertEquals(factor >= 0 && factor <= 1, true, `${name}: ${factor} at ${step} of ${total}`);
      }
    }
  }
});

Deno.test("schedules name an option that is wrong", () => {
  assertThrows(() => stepDecay({ epochs: 0 }), RangeError, "epochs");
  assertThrows(() => stepDecay({ factor: -1 }), RangeError, "factor");
  assertThrows(() => cosine({ minimum: 2 }), RangeError, "minimum");
  assertThrows(() => oneCycle({ warmUp: 1 }), RangeError, "warmUp");
  assertThrows(() => oneCycle({ initial: 0 }), RangeError, "initial");
  assertThrows(() => oneCycle({ maximum: 1 } as never), TypeError, "maximum");
  assertThrows(() => warmUp(Number.NaN, constant()), RangeError, "NaN");
});
