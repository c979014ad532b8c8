import { assert, assertEquals } from "@std/assert";
import { run } from "../../examples/domain_adaptation.ts";

for (const seed of [0, 1, 2]) {
  Deno.test(`domain_adaptation.ts reads the other look better than the source alone, seed ${seed}`, async () => {
    const found = await run({ seed, quiet: true }, { pictures: "20", epochs: "10", test: "20" });
    const { source, dan, dann } = found.accuracy;
    assert(dan > source + 0.04, `DAN ${dan}, source ${source}`);
    assert(dann > source + 0.02, `DANN ${dann}, source ${source}`);
    assertEquals(found.rows.length, 3);
    assertEquals(found.charts?.length, 3);
  });
}
