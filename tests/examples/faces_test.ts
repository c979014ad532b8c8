import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { run } from "../../examples/faces.ts";
import { drawFace } from "../../examples/faces/draw_face.ts";
import { squared } from "../../examples/faces/embed.ts";
import {
  bestThreshold,
  nearestNeighbour,
  pairsOf,
  verificationCurve,
  verify,
} from "../../examples/faces/verification.ts";

Deno.test("faces: fine-tuning with a margin tells unseen people apart better", async () => {
  for (const seed of [0, 1, 2]) {
    const { scores: { before, after }, rows } = await run(
      { seed, quiet: true },
      { people: "32", pictures: "8", epochs: "4" },
    );
    assertEquals(rows.length, 2);
    assert(after.auc > before.auc + 0.05, `${seed}: ${before.auc} and ${after.auc}`);
    assert(after.nearest > before.nearest + 0.05, `${seed}: ${before.nearest}, ${after.nearest}`);
  }
});

Deno.test("a drawn face is the same for the same seed, person and picture only", () => {
  const face = { seed: 0, identity: 1, index: 2 };
  assertEquals(drawFace(face), drawFace(face));
  for (const other of [{ seed: 1 }, { identity: 2 }, { index: 3 }]) {
    assert(
      drawFace(face).data.some((byte, at) => byte !== drawFace({ ...face, ...other }).data[at]),
    );
  }
});

Deno.test("squared() repeats the edges, and shifts", () => {
  // One pixel across, three down: dark, grey, light.
  const data = Uint8Array.from([0, 0, 0, 100, 100, 100, 200, 200, 200]);
  const image = squared({ widthPx: 1, heightPx: 3, data });
  assertEquals([image.widthPx, image.heightPx], [3, 3]);
  assertEquals([...image.data.filter((_, at) => at % 3 === 0)], [
    0,
    0,
    0,
    100,
    100,
    100,
    200,
    200,
    200,
  ]);
  const lower = squared({ widthPx: 1, heightPx: 3, data }, 1 / 3);
  assertEquals([...lower.data.filter((_, at) => at % 9 === 0)], [100, 200, 200]);
});

Deno.test("pairs, neighbours and a threshold of four known embeddings", async () => {
  const at = (
    degrees: number,
  ) => [Math.cos(degrees * Math.PI / 180), Math.sin(degrees * Math.PI / 180)];
  const data = Float32Array.from([0, 20, 50, 90].flatMap(at));
  const embeddings = { data, shape: [4, 2] as const, people: [0, 0, 1, 1] };
  const pairs = pairsOf(embeddings);
  assertEquals([...pairs.same], [1, 0, 0, 0, 0, 1]);
  assertAlmostEquals(pairs.cosines[5]!, Math.cos(40 * Math.PI / 180), 1e-6);
  // The person at 50° is nearer to the one at 20° than to their other picture.
  assertEquals(await nearestNeighbour(embeddings), 3 / 4);
  // One of the pairs of two people, at 30°, lies before a pair of one person, at 40°.
  const curve = verificationCurve(pairs);
  assertAlmostEquals(curve.auc, 1 - 1 / 8);
  const threshold = bestThreshold(curve);
  assertAlmostEquals(threshold, Math.cos(40 * Math.PI / 180), 1e-6);
  assertEquals(verify(pairs, threshold - 1e-6), { accepted: 1, wronglyAccepted: 1 / 4 });
});
