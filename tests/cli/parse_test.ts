import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import type { Option } from "../../src/cli/option.ts";
import { parse } from "../../src/cli/parse.ts";
import { UsageError } from "../../src/cli/usage_error.ts";

const OPTIONS: readonly Option[] = [
  { name: "out", kind: "text", value: "FILE", help: "" },
  { name: "epochs", kind: "integer", value: "N", least: 1, help: "" },
  { name: "lr", kind: "number", above: 0, help: "" },
  { name: "batch-size", kind: "integer", least: 1, word: "auto", help: "" },
  { name: "device", kind: "text", choices: ["auto", "cpu", "cuda"], help: "" },
];
const read = (args: string[], positionals = ["MODEL", "FILE…"]) =>
  parse({ name: "run", options: OPTIONS, positionals }, args);

Deno.test("parse() reads options before, after and between files", () => {
  const values = read(["--lr=1e-3", "1", "--out", "x.onnx", "2.jpg", "--json", "--", "--3.jpg"]);
  assertEquals(values.positionals, ["1", "2.jpg", "--3.jpg"]);
  assertEquals(values.number("lr"), 1e-3);
  assertEquals(values.text("out"), "x.onnx");
  assertEquals(values.text("device"), undefined);
  assertEquals([values.flag("json"), values.flag("debug")], [true, false]);
});

Deno.test("parse() takes a word in the place of a number where there is one", () => {
  const auto = read(["1", "2", "--batch-size", "auto"]);
  assertEquals([auto.text("batch-size"), auto.number("batch-size")], ["auto", undefined]);
  assertEquals(read(["1", "2", "--batch-size", "8"]).number("batch-size"), 8);
});

const wrong: readonly [claim: string, args: string[], says: string][] = [
  ["an unknown option", ["m", "f", "--ephocs", "3"], "did you mean --epochs?"],
  ["an unknown option with nothing like it", ["m", "f", "--zzzzz"], "run has no option --zzzzz"],
  ["a short option", ["m", "f", "-x"], "run has no option -x"],
  ["a fraction for a whole number", ["m", "f", "--epochs=1.5"], '1 or more, found "1.5"'],
  ["a number that is too small", ["m", "f", "--epochs=0"], "--epochs must be a whole number"],
  ["a number that must be above its bound", ["m", "f", "--lr", "0"], "above 0"],
  ["text for a number", ["m", "f", "--lr", "fast"], '--lr must be a number, above 0, found "fast"'],
  ["another word than there is", ["m", "f", "--batch-size", "all"], "1 or more, or auto, found"],
  ["a choice that is none", ["m", "f", "--device", "cdua"], "did you mean cuda?"],
  ["a missing value", ["m", "f", "--out"], "--out must be a FILE, found nothing"],
  ["an option given twice", ["m", "f", "--lr=1", "--lr=2"], "--lr is given 2 times"],
  ["a missing file", ["m"], "run needs FILE…"],
  ["missing files", [], "run needs MODEL FILE…"],
];
for (const [claim, args, says] of wrong) {
  Deno.test(`parse() refuses ${claim}`, () => {
    assertStringIncludes(assertThrows(() => read(args), UsageError).message, says);
  });
}

Deno.test("parse() refuses a file too many", () => {
  const error = assertThrows(() => read(["a", "b", "c"], ["MODEL", "DIR"]), UsageError);
  assertEquals(error.message, 'run takes MODEL DIR, found also "c"');
});

Deno.test("parse() asks for no files beside --help", () => {
  assertEquals(read(["--help"]).flag("help"), true);
  assertEquals(read(["-h"]).flag("help"), true);
});
