/**
 * Folders of the project in their order: each may import only from itself and those above it.
 * `src/report` shows what the folders above it found; only `src/cli` imports it.
 */
const ORDER = [
  "src/tensor",
  "src/onnx",
  "src/autodiff",
  "src/artifacts",
  "src/runtime",
  "src/train",
  "src/data",
  "src/workflow",
  "src/report",
  "models",
  "src/cli",
];

/** Longest source file, in lines. */
const MAX_LINES = 300;

/** Source files that may be longer: tables, and what is one thing by nature. */
const LONG_FILES: ReadonlySet<string> = new Set([
  "src/onnx/graph.ts",
  "src/onnx/wire/onnx_pb.ts",
]);

/** Text by path from the project's root, with `/`. */
export type Files = ReadonlyMap<string, string>;

/** Everything in `files` that breaks the layout, one message each; `publicNames` must be in mod.ts. */
export function layoutProblems(files: Files, publicNames: readonly string[]): string[] {
  const imports = new Map([...files].map(([path, text]) => [path, importsOf(path, text)]));
  return [
    ...[...imports].flatMap(([path, targets]) => wrongWay(path, targets)),
    ...cycles(imports),
    ...missingNames(files.get("mod.ts") ?? "", publicNames),
    ...[...files].flatMap(([path, text]) => fileProblems(path, text)),
  ];
}

/** Files of the project that `text` imports, and packages by their bare names. */
export function importsOf(path: string, text: string): string[] {
  const code = withoutComments(text);
  const found = code.matchAll(
    /(?:^|[\n;}])\s*(?:import|export)\s[^;"']*?from\s*["']([^"']+)["']|\bimport\s*\(?\s*["']([^"']+)["']/g,
  );
  return [...found].map((match) => {
    const specifier = (match[1] ?? match[2])!;
    if (!specifier.startsWith(".")) return specifier;
    return new URL(specifier, `file:///${path}`).pathname.slice(1);
  });
}

function wrongWay(path: string, targets: readonly string[]): string[] {
  const local = targets.filter((target) => /^(src|models|examples|bench|tests|std)\//.test(target));
  const folder = folderOf(path);
  if (folder === "examples" || folder === "bench") {
    return targets
      .filter((target) => /\.(ts|js)$/.test(target) && target !== "mod.ts")
      .filter((target) => folderOf(target) !== "models" && folderOf(target) !== folder)
      .map((target) => `${path} imports ${target}: ${folder}/ may import only mod.ts and models/`);
  }
  const rank = ORDER.indexOf(folder);
  if (rank < 0) return [];
  const wrong = [...local, ...targets.filter((target) => target === "mod.ts")].filter((target) => {
    const other = folderOf(target);
    if (other === folder) return false;
    if (folder === "src/data") return other !== "src/tensor";
    if (folder === "models" && other === "src/report") return true;
    const otherRank = ORDER.indexOf(other);
    return otherRank < 0 || otherRank > rank;
  });
  return wrong.map((target) => `${path} imports ${target}: ${folder} comes before it`);
}

function folderOf(path: string): string {
  return /^(src\/[^/]+|[^/]+)\//.exec(path)?.[1] ?? "";
}

function cycles(imports: ReadonlyMap<string, readonly string[]>): string[] {
  const done = new Set<string>();
  const problems: string[] = [];
  const visit = (path: string, way: readonly string[]) => {
    const start = way.indexOf(path);
    if (start >= 0) problems.push(`Import cycle: ${[...way.slice(start), path].join(" -> ")}`);
    if (start >= 0 || done.has(path)) return;
    for (const target of imports.get(path) ?? []) {
      if (imports.has(target)) visit(target, [...way, path]);
    }
    done.add(path);
  };
  for (const path of imports.keys()) visit(path, []);
  return problems;
}

function missingNames(mod: string, names: readonly string[]): string[] {
  const lists = withoutComments(mod).matchAll(/export\s+(?:type\s+)?\{([^}]*)\}/g);
  const exported = new Set(
    [...lists].flatMap((list) => list[1]!.split(",")).map((name) =>
      name.trim().replace(/^type\s+/, "").replace(/^\w+\s+as\s+/, "")
    ),
  );
  return names.filter((name) => !exported.has(name))
    .map((name) => `mod.ts does not export "${name}" by name`);
}

function fileProblems(path: string, text: string): string[] {
  const problems: string[] = [];
  if (/^\s*export\s+\*/m.test(withoutComments(text))) {
    problems.push(`${path} exports *: list the names`);
  }
  const lines = text.split("\n").length - 1;
  if (path.startsWith("src/") && lines > MAX_LINES && !LONG_FILES.has(path)) {
    problems.push(`${path} has ${lines} lines: ${MAX_LINES} at most`);
  }
  return problems;
}

/** `text` without comments; strings and templates are left as they are. */
function withoutComments(text: string): string {
  return text.replace(
    /("(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|`(?:[^`\\]|\\[\s\S])*`)|\/\*[\s\S]*?\*\/|\/\/[^\n]*/g,
    (_, string) => string ?? "",
  );
}
