import { OPERATORS } from "../../src/autodiff/operators.ts";
import { RULES } from "../../src/autodiff/rules/mod.ts";
import { REWRITTEN, STOPPED, UNSUPPORTED } from "../../src/autodiff/stopped.ts";

/** The page about which operators a gradient passes, as Markdown. */
export function operatorsPage(): string {
  const rows = [
    ...Object.entries(RULES).map(([name, rule]) => row(name, ruleText(name, rule))),
    ...Object.entries(REWRITTEN).map(([name, as]) =>
      row(name, `differentiable, rewritten as ${as}`)
    ),
    ...Object.entries(STOPPED).map(([name, why]) => row(name, `stopped: ${why}`)),
    ...Object.entries(UNSUPPORTED).map(([name, why]) => row(name, `not supported: ${why}`)),
  ].sort((a, b) => a.localeCompare(b, "en"));
  return [
    "# Operators",
    "",
    "What becomes of a gradient at each operator of ONNX's own domain, and at those of",
    "`com.microsoft` that have a rule. A gradient ends where an operator is stopped; one that is not",
    "supported is an error that names its nodes, unless nothing before it is trained. Written by",
    "`deno task operators`.",
    "",
    "| Operator | Gradient |",
    "| --- | --- |",
    ...rows,
    "",
  ].join("\n");
}

function row(name: string, text: string): string {
  return `| ${name} | ${text} |`;
}

/** Which inputs pass the gradient on, and why the others do not. */
function ruleText(name: string, rule: object): string {
  const stops = Object.entries(rule).filter(([, one]) => typeof one !== "function");
  const inputs = OPERATORS[name as keyof typeof OPERATORS].inputs.length;
  if (stops.length === 0) return "differentiable";
  if (stops.length === inputs) return `stopped: ${(stops[0]![1] as { stop: string }).stop}`;
  return `differentiable, but for ${stops.map(([input]) => `\`${input}\``).join(", ")}`;
}

if (import.meta.main) {
  await Deno.writeTextFile(new URL("../../docs/operators.md", import.meta.url), operatorsPage());
}
