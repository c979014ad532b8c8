import { assert, assertAlmostEquals, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { rng } from "../../../src/tensor/rng.ts";
import { knn } from "../../../src/train/probes/knn.ts";
import { linearProbe } from "../../../src/train/probes/linear_probe.ts";
import { logisticRegression } from "../../../src/train/probes/logistic_regression.ts";
import { lbfgs } from "../../../src/train/probes/lbfgs.ts";
import { similar, similarityIndex } from "../../../src/train/probes/similar.ts";
import { umap } from "../../../src/train/probes/umap.ts";

interface Golden {
  logistic: Record<string, {
    x: number[];
    shape: number[];
    targets: number[];
    C: number;
    balanced: boolean;
    bias: boolean;
    weight: number[];
    intercept: number[];
    probabilities: number[];
  }>;
  knn: Record<string, {
    x: number[];
    shape: number[];
    targets: number[];
    queries: number[];
    near: number[];
    probabilities: number[];
  }>;
}
const golden: Golden = JSON.parse(
  await Deno.readTextFile(new URL("golden.json", import.meta.url)),
);

const quiet = { verbose: false, device: "cpu" } as const;

function assertNear(
  found: ArrayLike<number>,
  expected: readonly number[],
  tolerance: number,
): void {
  assertEquals(found.length, expected.length);
  const largest = Math.max(...expected.map(Math.abs));
  expected.forEach((one, i) => assertAlmostEquals(found[i]!, one, tolerance * largest, `[${i}]`));
}

for (const [name, row] of Object.entries(golden.logistic)) {
  Deno.test(`logisticRegression() comes to scikit-learn's optimum: ${name}`, async () => {
    const rows = { data: Float32Array.from(row.x), shape: row.shape };
    const probe = await logisticRegression({ ...rows, targets: row.targets }, {
      ...quiet,
      C: row.C,
      bias: row.bias,
      tolerance: 1e-7,
      ...row.balanced && { classWeights: "balanced" as const },
    });
    assert(probe.converged);
    const half = (all: Float32Array) => all.length / 2;
    const one = (all: Float32Array) => [...all.subarray(half(all))].map((b, i) => b - all[i]!);
    const isBinary = probe.classCount === 2;
    assertNear(isBinary ? one(probe.weight) : probe.weight, row.weight, 2e-3);
    if (row.bias && isBinary) assertNear(one(probe.bias), row.intercept, 2e-3);
    assertNear(await probe.probabilities(rows), row.probabilities, 5e-4);
    const best = (at: number) => {
      const some = row.probabilities.slice(at * probe.classCount, (at + 1) * probe.classCount);
      return some.indexOf(Math.max(...some));
    };
    assertEquals([...await probe.predict(rows)], row.targets.map((_, at) => best(at)));
  });
}

for (const [name, row] of Object.entries(golden.knn)) {
  Deno.test(`knn() votes as scikit-learn does: ${name}`, async () => {
    const [metric, weights] = name.split(" ") as ["cosine", "uniform"];
    const features = { data: Float32Array.from(row.x), shape: row.shape, targets: row.targets };
    const classifier = knn(features, { metric, weights, device: "cpu" });
    const width = row.shape[1]!;
    const queries = {
      data: Float32Array.from(row.queries),
      shape: [row.queries.length / width, width],
    };
    assertNear(await classifier.probabilities(queries), row.probabilities, 1e-5);
    const found = await similarityIndex(features, { metric, device: "cpu" }).search(queries, 5);
    assertEquals(found.flat().map((one) => one.row), row.near);
  });
}

/** Clouds of three classes, `[3·each, width]`. */
function clouds(each: number, width: number, { seed = 0, noise = 1 } = {}) {
  const random = rng("clouds", seed);
  const centre = rng("centres");
  const centres = Array.from({ length: 3 * width }, () => centre.normal());
  const targets = Int32Array.from({ length: 3 * each }, (_, row) => row % 3);
  const data = Float32Array.from(
    { length: 3 * each * width },
    (_, at) =>
      centres[(Math.floor(at / width) % 3) * width + at % width]! + noise * random.normal(),
  );
  return { data, shape: [3 * each, width], targets, classes: ["a", "b", "c"] };
}

Deno.test("rows of unknown class are left out, and classes without rows are never predicted", async () => {
  const features = clouds(20, 4, { noise: 0.1 });
  const targets = features.targets.map((target) => target === 1 ? -1 : target);
  for (
    const classifier of [
      await logisticRegression({ ...features, targets }, quiet),
      knn({ ...features, targets }, { k: 3 }),
    ]
  ) {
    assertEquals(classifier.classCount, 3);
    assertEquals(classifier.classes, ["a", "b", "c"]);
    const found = await classifier.predict(features);
    assert(found.every((one) => one !== 1));
    assertEquals(await classifier.score({ ...features, targets }), 1);
  }
});

Deno.test("linearProbe() takes the C that does best on what it has not learned from", async () => {
  const train = clouds(12, 60, { noise: 3 });
  const validation = clouds(100, 60, { seed: 1, noise: 3 });
  const Cs = [1e-5, 1e-2, 1e4];
  const probe = await linearProbe(train, { validation, Cs, ...quiet });
  assertEquals(probe.tried.map(({ C }) => C), Cs);
  const best = Math.max(...probe.tried.map(({ score }) => score));
  assertEquals(probe.tried.find(({ C }) => C === probe.C)!.score, best);
  assertAlmostEquals(await probe.score(validation), best, 0.011);
  const crossed = await linearProbe(train, { Cs, folds: 3, ...quiet });
  assertEquals(
    await linearProbe(train, { Cs, folds: 3, ...quiet }).then(({ tried }) => tried),
    crossed.tried,
  );
  assert(crossed.tried.every(({ score }) => score > 0.33 && score < 1));
  await assertRejects(() => linearProbe(train, { folds: 13, ...quiet }), RangeError, "12 rows");
});

Deno.test("lbfgs() finds the bottom of Rosenbrock's valley", async () => {
  const { point, converged } = await lbfgs(
    ([x, y], gradient) => {
      const [a, b] = [1 - x!, y! - x! * x!];
      gradient.set([-2 * a - 400 * x! * b, 200 * b]);
      return Promise.resolve(a * a + 100 * b * b);
    },
    Float64Array.of(-1.2, 1),
    { tolerance: 1e-9, maxIterations: 200 },
  );
  assert(converged);
  assertNear(point, [1, 1], 1e-7);
});

Deno.test("similar() finds a row itself first, the index of the data set with it", async () => {
  const features = clouds(200, 16);
  const indices = Array.from({ length: 600 }, (_, row) => 1000 + row);
  const query = features.data.subarray(7 * 16, 8 * 16);
  for (const metric of ["cosine", "euclidean"] as const) {
    const [first, second] = await similar({ ...features, indices }, query, { k: 2, metric });
    assertEquals([first!.row, first!.index, first!.target], [7, 1007, 1]);
    assertAlmostEquals(first!.similarity, 1, 1e-12);
    assert(second!.similarity < 1);
  }
  assertEquals((await similar(features, query, { k: 5000 })).length, 600);
  await assertRejects(() => similar(features, features), TypeError, "one query at a time");
});

Deno.test("umap() brings the rows of a class together, equally by equal seeds", async () => {
  const features = clouds(30, 8, { noise: 0.3 });
  const options = { neighbours: 8, epochs: 150, metric: "euclidean", ...quiet } as const;
  const points = await umap(features, options);
  assertEquals((await umap(features, options)).data, points.data);
  assert((await umap(features, { ...options, seed: 1 })).data[0] !== points.data[0]);
  const classifier = knn({ ...points, targets: features.targets }, { k: 6, metric: "euclidean" });
  assert(await classifier.score(points) > 0.95);
  await assertRejects(() => umap(features, { ...options, neighbours: 90 }), RangeError, "90 rows");
});

Deno.test("features of another form are refused with what to do", async () => {
  const maps = { data: new Float32Array(16), shape: [2, 2, 2, 2], targets: [0, 1] };
  assertThrows(() => knn(maps, { k: 1 }), TypeError, '"pooling"');
  await assertRejects(
    () => logisticRegression({ ...maps, shape: [2, 8], targets: [0] }),
    TypeError,
    "2 rows",
  );
  await assertRejects(
    () => logisticRegression({ ...maps, shape: [2, 8], targets: [1, 1] }, quiet),
    RangeError,
    "one class",
  );
  assertThrows(() => knn({ ...maps, shape: [2, 8] }), RangeError, '"k" is 5');
  const classifier = knn({ ...maps, shape: [2, 8] }, { k: 1 });
  await assertRejects(
    () => classifier.predict({ data: new Float32Array(3), shape: [1, 3] }),
    TypeError,
    "3 features",
  );
});
