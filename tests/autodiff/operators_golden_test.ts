import { assert, assertEquals } from "@std/assert";
import { RULES } from "../../src/autodiff/rules/mod.ts";
import type { Gradient, Stop } from "../../src/autodiff/rule.ts";
import type { Operator } from "../../src/autodiff/operators.ts";
import { difference, faults, goldenOperators } from "./golden_operators.ts";

const OPERATORS = await goldenOperators();

for (const [name, cases] of OPERATORS) {
  Deno.test(`gradients() of ${name} are PyTorch's`, async () => {
    const found: string[] = [];
    for (const one of cases) found.push(...await faults(one));
    assertEquals(found, []);
  });
}

/** Runs `work` with every gradient of every rule a few hundred-thousandths too large. */
async function withWrongRules(work: () => Promise<void>): Promise<void> {
  const rules = RULES as unknown as Record<string, Record<string, Gradient<Operator> | Stop>>;
  const right = { ...rules };
  for (const [name, rule] of Object.entries(right)) {
    const wrong = Object.entries(rule).map(([input, gradient]) =>
      [
        input,
        typeof gradient === "function"
          ? (context: Parameters<typeof gradient>[0]) =>
            context.g.scale(gradient(context), 1 + 3e-5)
          : gradient,
      ] as const
    );
    rules[name] = Object.fromEntries(wrong);
  }
  try {
    await work();
  } finally {
    Object.assign(rules, right);
  }
}

Deno.test("the comparison catches a wrong rule of any operator", async () => {
  await withWrongRules(async () => {
    for (const [name, cases] of OPERATORS) {
      const moving = cases.find((one) =>
        one.gradients.some((text) => text?.split(" ").some((number) => number !== "0"))
      );
      if (!moving) continue;
      const found = await faults(moving);
      assert(found.length > 0, `a wrong rule of ${name} is not caught`);
      assert(found.every((fault) => fault.startsWith(`${moving.op} `)), found.join("\n"));
    }
  });
});

Deno.test("the comparison is relative to the largest element and refuses what is no number", () => {
  assertEquals(difference([1, 2e-5], [1, 1.1e-5]), undefined);
  assertEquals(difference([0, 9e-6], [0, 0]), undefined);
  assert(difference([0, 2e-5], [0, 0]));
  assert(difference([1, 3e-5], [1, 0]));
  assert(difference([NaN, 1], [0, 1]));
  assert(difference([1], [1, 1]));
});
