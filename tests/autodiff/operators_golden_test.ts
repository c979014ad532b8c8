import { assert, assertEquals } from "@std/assert";
import type { GradRule } from "../../src/autodiff/rule.ts";
import { RULES } from "../../src/autodiff/rules/mod.ts";
import { REWRITTEN } from "../../src/autodiff/stopped.ts";
import { difference, faults, type GoldenOperator, goldenOperators } from "./golden_operators.ts";

const OPERATORS = await goldenOperators();

for (const [name, cases] of OPERATORS) {
  Deno.test(`gradients() of ${name} are PyTorch's`, async () => {
    assertEquals(await faultsOfAll(cases), []);
  });
}

const SUBGRAPH = "it is made of a graph, not of one node";
const SEQUENCE = "a sequence is no tensor: it takes two nodes";
const STRAIGHT = "its gradient is a convention: PyTorch has none by an integer";

/** Operators that a gradient passes and that one node with PyTorch's gradients cannot show. */
const WITHOUT_GOLDEN: Readonly<Record<string, string>> = {
  "com.microsoft.DequantizeLinear": STRAIGHT,
  "com.microsoft.QuantizeLinear": STRAIGHT,
  DequantizeLinear: STRAIGHT,
  If: SUBGRAPH,
  Loop: SUBGRAPH,
  QuantizeLinear: STRAIGHT,
  Scan: SUBGRAPH,
  SequenceAt: SEQUENCE,
  SplitToSequence: SEQUENCE,
};

Deno.test("every operator that a gradient passes has golden values, but for a few", () => {
  const names = [...Object.keys(RULES), ...Object.keys(REWRITTEN)];
  const missing = names.filter((name) => !OPERATORS.has(name)).sort();
  assertEquals(missing, Object.keys(WITHOUT_GOLDEN).sort());
  assertEquals([...OPERATORS.keys()].filter((name) => !names.includes(name)), []);
});

/** Rules that are wrong at ties only. */
const WRONG: { Abs: GradRule<"Abs">; Max: GradRule<"Max">; Relu: GradRule<"Relu"> } = {
  Abs: {
    X: ({ g, x, dy }) => g.where(g.compare("Less", x.X, g.scalar(0, x.X)), g.neg(dy.Y), dy.Y),
  },
  Max: {
    data_0: ({ g, x, y, dy, index }) =>
      g.mul(dy.max, g.cast(g.compare("Equal", x.data_0[index]!, y.max), "float32")),
  },
  Relu: {
    X: ({ g, x, dy }) => g.where(g.compare("Less", x.X, g.scalar(0, x.X)), g.scalar(0, dy.Y), dy.Y),
  },
};

for (const [name, rule] of Object.entries(WRONG)) {
  Deno.test(`a rule of ${name} that is wrong at ties is caught`, async () => {
    await withRules({ [name]: rule as AnyRule }, async () => {
      const found = await faultsOfAll(OPERATORS.get(name)!);
      assert(found.length > 0);
      assert(found.every((fault) => fault.startsWith(`${name} `)), found.join("\n"));
    });
  });
}

Deno.test("rules whose gradients are 3e-5 too large are caught at every operator", async () => {
  const large = Object.entries(RULES).map(([name, rule]) => [name, enlarged(rule as AnyRule)]);
  await withRules(Object.fromEntries(large), async () => {
    for (const [name, cases] of OPERATORS) {
      const moving = cases.find((one) => one.gradients.some((text) => /[1-9]/.test(text ?? "")));
      if (!moving) continue;
      const found = await faults(moving);
      assert(found.length > 0, `a wrong rule of ${name} is not caught`);
      assert(found.every((fault) => fault.startsWith(`${moving.op} `)), found.join("\n"));
    }
  });
});

Deno.test("a gradient is held against its largest element, and has to be numbers", () => {
  assertEquals(difference([1, 2e-5], [1, 1.1e-5]), undefined);
  assertEquals(difference([0, 9e-6], [0, 0]), undefined);
  assert(difference([0, 2e-5], [0, 0]));
  assert(difference([1, 3e-5], [1, 0]));
  assert(difference([NaN, 1], [0, 1]));
  assert(difference([1], [1, 1]));
});

/** A rule, whatever its operator. */
type AnyRule = GradRule<"Neg">;

function enlarged(rule: AnyRule): AnyRule {
  const inputs = Object.entries(rule).map(([input, gradient]) => [
    input,
    typeof gradient === "function"
      ? (context: Parameters<typeof gradient>[0]) => context.g.scale(gradient(context), 1 + 3e-5)
      : gradient,
  ]);
  return Object.fromEntries(inputs);
}

/** Runs `work` with some rules in the place of the right ones. */
async function withRules(
  changed: Readonly<Record<string, AnyRule>>,
  work: () => Promise<void>,
): Promise<void> {
  const right = { ...RULES };
  try {
    Object.assign(RULES, changed);
    await work();
  } finally {
    Object.assign(RULES, right);
  }
}

async function faultsOfAll(cases: readonly GoldenOperator[]): Promise<string[]> {
  const found: string[] = [];
  for (const one of cases) found.push(...await faults(one));
  return found;
}
