import { assertEquals, assertThrows } from "@std/assert";
import { OPTIMIZERS } from "../../src/cli/fine_tune/optimizers.ts";
import { FINE_TUNE_OPTIONS } from "../../src/cli/fine_tune/options.ts";
import { recipe, selectorOf } from "../../src/cli/fine_tune/recipe.ts";
import { parse } from "../../src/cli/parse.ts";
import { UsageError } from "../../src/cli/usage_error.ts";

const parsed = (...args: string[]) =>
  parse({ name: "fine-tune", options: FINE_TUNE_OPTIONS, positionals: [] }, args);
const read = (...args: string[]) => recipe(parsed(...args), true);

Deno.test("recipe() leaves pictures unchanged for a head and changes them for all weights", () => {
  assertEquals(read().augment, "none");
  assertEquals(read("--train", "all").augment, "imagenet");
  assertEquals(read("--train", "layer4.*").learningRate, read("--train", "all").learningRate);
  assertEquals(read().learningRate > read("--train=all").learningRate, true);
});

Deno.test("recipe() gives only a new head a phase of its own", () => {
  assertEquals(read("--train", "all").headEpochs > 0, true);
  assertEquals(read("--train", "all", "--head-epochs", "2").headEpochs, 2);
  assertEquals(recipe(parsed("--train", "all"), false).headEpochs, 0);
  assertEquals(read().headEpochs, 0);
});

Deno.test("recipe() takes what the arguments say", () => {
  const chosen = read("--optimizer=sgd", "--lr=0.5", "--epochs=3", "--schedule=step");
  assertEquals(
    [chosen.optimizer, chosen.learningRate, chosen.epochs, chosen.schedule],
    ["sgd", 0.5, 3, "step"],
  );
});

Deno.test("recipe() gives each optimizer the numbers that the field uses with it", () => {
  for (const [name, { rateFactor, weightDecay, make }] of Object.entries(OPTIMIZERS)) {
    const chosen = read(`--optimizer=${name}`);
    assertEquals(chosen.learningRate, 1e-3 * rateFactor, name);
    assertEquals(chosen.weightDecay, weightDecay, name);
    const { learningRate } = chosen;
    const { settings } = make({ learningRate, weightDecay });
    assertEquals([settings.learningRate, settings.weightDecay], [1e-3 * rateFactor, weightDecay]);
  }
  assertThrows(() => read("--optimizer=adm"), UsageError, "optimizer");
});

Deno.test("selectorOf() reads names, patterns and places", () => {
  assertEquals(selectorOf("fc.weight"), "fc.weight");
  assertEquals(selectorOf("layer4.*"), /^layer4\..*$/);
  assertEquals(selectorOf("/conv[12]/i"), /conv[12]/i);
  assertEquals(selectorOf("after:pool"), { after: "pool" });
  assertEquals(selectorOf("before:pool"), { before: "pool" });
  assertThrows(() => selectorOf("/(/"), UsageError, "--train");
});
