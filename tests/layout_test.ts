import { assertEquals, assertStringIncludes } from "@std/assert";
import { importsOf, layoutProblems } from "./layout.ts";

/** The names of the public surface that others rely on. */
const PUBLIC_NAMES = [
  "adam",
  "adamW",
  "arrays",
  "buildArtifacts",
  "evaluate",
  "exportInference",
  "extractFeatures",
  "fit",
  "freeze",
  "imageFolder",
  "loadArtifacts",
  "loadBackbone",
  "mlp",
  "oneCycle",
  "predict",
  "replaceHead",
  "saveArtifacts",
  "saveModel",
  "sgd",
  "unfreeze",
  "valueAndGrad",
];

const ROOT = new URL("../", import.meta.url);

async function projectFiles(): Promise<Map<string, string>> {
  const files = new Map<string, string>();
  const read = async (folder: string) => {
    for await (const entry of Deno.readDir(new URL(folder, ROOT))) {
      const path = folder + entry.name;
      if (entry.isDirectory) await read(`${path}/`);
      else if (path.endsWith(".ts")) files.set(path, await Deno.readTextFile(new URL(path, ROOT)));
    }
  };
  for (const folder of ["src/", "models/", "examples/", "bench/"]) await read(folder);
  files.set("mod.ts", await Deno.readTextFile(new URL("mod.ts", ROOT)));
  return files;
}

Deno.test("the project keeps its layout", async () => {
  assertEquals(layoutProblems(await projectFiles(), PUBLIC_NAMES), []);
});

const planted: readonly { claim: string; files: Record<string, string>; says: string }[] = [
  {
    claim: "a folder that imports one below it",
    files: { "src/onnx/a.ts": 'import { b } from "../train/b.ts";', "src/train/b.ts": "" },
    says: "src/onnx/a.ts imports src/train/b.ts",
  },
  {
    claim: "a type imported from a folder below",
    files: { "src/tensor/a.ts": 'export type {\n  B,\n} from "../onnx/b.ts";' },
    says: "src/tensor/a.ts imports src/onnx/b.ts",
  },
  {
    claim: "src/data importing anything but src/tensor",
    files: { "src/data/a.ts": 'import { b } from "../onnx/b.ts";' },
    says: "src/data/a.ts imports src/onnx/b.ts",
  },
  {
    claim: "src importing models/",
    files: { "src/workflow/a.ts": 'const m = await import("../../models/m.ts");' },
    says: "src/workflow/a.ts imports models/m.ts",
  },
  {
    claim: "models importing src/report",
    files: { "models/a.ts": 'import { r } from "../src/report/r.ts";' },
    says: "models/a.ts imports src/report/r.ts",
  },
  {
    claim: "src importing mod.ts",
    files: { "src/cli/a.ts": 'import { fit } from "../../mod.ts";' },
    says: "src/cli/a.ts imports mod.ts",
  },
  {
    claim: "an example reaching into src",
    files: { "examples/a.ts": 'import "../src/onnx/graph.ts";' },
    says: "examples/a.ts imports src/onnx/graph.ts",
  },
  {
    claim: "an import cycle",
    files: {
      "src/onnx/a.ts": 'import { b } from "./b.ts";',
      "src/onnx/b.ts": 'import type { a } from "./a.ts";',
    },
    says: "Import cycle: src/onnx/a.ts -> src/onnx/b.ts -> src/onnx/a.ts",
  },
  {
    claim: "a public name missing from mod.ts",
    files: { "mod.ts": '// fit\nexport { evaluate } from "./src/train/evaluate.ts";' },
    says: 'mod.ts does not export "fit" by name',
  },
  {
    claim: "export *",
    files: { "mod.ts": 'export { fit } from "./src/train/fit.ts";\nexport * from "./src/b.ts";' },
    says: "mod.ts exports *",
  },
  {
    claim: "a source file of more than 300 lines",
    files: { "src/train/long.ts": "\n".repeat(301) },
    says: "src/train/long.ts has 301 lines",
  },
];

for (const { claim, files, says } of planted) {
  Deno.test(`the layout check refuses ${claim}`, () => {
    const names = "mod.ts" in files ? ["fit"] : [];
    const problems = layoutProblems(new Map(Object.entries(files)), names);
    assertEquals(problems.length, 1, problems.join("\n"));
    assertStringIncludes(problems[0]!, says);
  });
}

Deno.test("the layout check accepts what is allowed", () => {
  const files = {
    "mod.ts": 'export { fit, type Fit } from "./src/train/fit.ts";',
    "src/train/fit.ts": 'import { graph } from "../onnx/graph.ts";\nimport { z } from "zod";',
    "src/onnx/graph.ts": "",
    "src/cli/a.ts": 'import { load } from "../../models/load.ts";',
    "models/load.ts": 'import { graph } from "../src/onnx/graph.ts";',
    "examples/demo.ts": 'import { fit } from "../mod.ts";\nimport { p } from "./demo/page.ts";',
  };
  assertEquals(layoutProblems(new Map(Object.entries(files)), ["fit"]), []);
});

Deno.test("importsOf() ignores imports in comments and reads every form", () => {
  const text = [
    '/** ```ts\nimport { a } from "@graft/graft";\n``` */',
    '// import "./no.ts";',
    'const url = "http://x"; import "./yes.ts";',
    'import {\n  a,\n  b,\n} from "./many.ts";',
    'export { c } from "../up.ts";',
    'const d = await import("zod");',
  ].join("\n");
  assertEquals(importsOf("src/onnx/a.ts", text), [
    "src/onnx/yes.ts",
    "src/onnx/many.ts",
    "src/up.ts",
    "zod",
  ]);
});
