import { assert, assertEquals, assertNotEquals, assertThrows } from "@std/assert";
import { coverage } from "../../models/glyphs/coverage.ts";
import { drawGlyph } from "../../models/glyphs/draw_glyph.ts";
import { drawnGlyphs } from "../../models/glyphs/drawn_glyphs.ts";
import { characters, strokesOf } from "../../models/glyphs/strokes.ts";

Deno.test("characters are the letters and the digits, and all can be drawn", () => {
  assertEquals(characters.join(""), "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ");
  for (const character of characters) {
    for (const strokes of strokesOf(character)) {
      for (const [x, y] of strokes.flat()) {
        assert(x > -0.1 && x < 1.1 && y > -0.1 && y < 1.1, `${character} leaves its box`);
      }
    }
  }
});

Deno.test("coverage() is 1 on the line, 0 away from it and half at the pen's edge", () => {
  const mask = coverage([[2.5, 0, 2.5, 8]], 8, 1);
  const row = Array.from(mask.subarray(32, 40));
  assertEquals(row, [0, 0.5, 1, 0.5, 0, 0, 0, 0]);
});

Deno.test("drawGlyph() gives the same picture for the same seed and index, else another", () => {
  const options = { seed: 3, index: 5 };
  const picture = drawGlyph("R", options);
  assertEquals([picture.widthPx, picture.heightPx, picture.data.length], [32, 32, 32 * 32 * 3]);
  assertEquals(drawGlyph("R", options), picture);
  assertNotEquals(drawGlyph("R", { seed: 3, index: 6 }).data, picture.data);
  assertNotEquals(drawGlyph("R", { seed: 4, index: 5 }).data, picture.data);
});

Deno.test("drawGlyph() makes pictures with contrast", () => {
  for (let index = 0; index < 20; index++) {
    const { data } = drawGlyph("8", { seed: 0, index });
    const mean = data.reduce((sum, value) => sum + value, 0) / data.length;
    const variance = data.reduce((sum, value) => sum + (value - mean) ** 2, 0) / data.length;
    assert(Math.sqrt(variance) > 12, `picture ${index} is nearly flat`);
  }
});

Deno.test("drawnGlyphs() gives the same first pictures however many are drawn", async () => {
  const few = drawnGlyphs({ characters: ["A", "B"], perClass: 1, seed: 0 });
  const more = drawnGlyphs({ characters: ["A", "B"], perClass: 3, seed: 0 });
  assertEquals(Array.from({ length: 6 }, (_, index) => more.target(index)), [0, 1, 0, 1, 0, 1]);
  assertEquals(more.classes, ["A", "B"]);
  for (const index of [0, 1]) assertEquals(await more.get(index), await few.get(index));
});

Deno.test("drawGlyph() refuses a character it has no strokes for", () => {
  assertThrows(() => drawGlyph("ß", { seed: 0 }), RangeError, 'No strokes are known for "ß"');
});
