import { assert } from "@std/assert";
import { run } from "../../examples/pictures_and_words.ts";

for (const seed of [0, 1, 2]) {
  Deno.test(`pictures_and_words.ts knows unseen shapes by words, and better with a few labels, seed ${seed}`, async () => {
    const { accuracy } = await run({ seed, quiet: true }, { pictures: "20", epochs: "20" });
    const { zeroShot, probe, tuned, scratch } = accuracy as Record<string, number>;
    assert(zeroShot! > 0.45, `${zeroShot} by words, ${1 / 6} by chance`);
    assert(probe! > zeroShot! + 0.03, `${probe} by the probe, ${zeroShot} by words`);
    assert(tuned! > scratch! + 0.03, `${tuned} fine-tuned, ${scratch} from random weights`);
  });
}
