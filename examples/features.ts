/**
 * Classifies pictures without any training: the features of a network, and the nearest neighbours.
 *
 *     deno run -A examples/features.ts [TRAIN VALIDATION [BACKBONE]]
 *
 * Without folders: drawn digits, and the features of a network that learned letters.
 * Permissions: --allow-read --allow-write --allow-env --allow-ffi --allow-sys --allow-net
 */
import { type Dataset, extractFeatures, imageFolder, loadBackbone } from "../mod.ts";
import { drawnGlyphs } from "../models/glyphs/drawn_glyphs.ts";

const NEIGHBOURS = 5;
const [trainFolder, validFolder, name] = Deno.args;
const glyphs = new URL("../models/glyphs.onnx", import.meta.url);
const backbone = await loadBackbone(name ?? (trainFolder ? "mobilenet_v2" : glyphs));
const train = trainFolder ? await imageFolder(trainFolder) : drawn(20, 1);
const valid = validFolder
  ? await imageFolder(validFolder, { classes: train.classes! })
  : drawn(50, 2);

const known = await extractFeatures(backbone, train);
const asked = await extractFeatures(backbone, valid);
const [count, width] = asked.shape as [number, number];
let right = 0;
for (let index = 0; index < count; index++) {
  const feature = asked.data.subarray(index * width, (index + 1) * width);
  if (vote(feature) === asked.targets[index]) right++;
}
console.log(
  `${count} pictures by the ${NEIGHBOURS} nearest of ${known.shape[0]}, ` +
    `${width} features of "${known.layer}": ${(100 * right / count).toFixed(1)} % right`,
);

/** The class that most of the nearest known pictures have, by the angle between features. */
function vote(feature: Float32Array): number {
  const nearest = Array.from({ length: known.shape[0]! }, (_, index) => ({
    target: Number(known.targets[index]),
    likeness: cosine(feature, known.data.subarray(index * width, (index + 1) * width)),
  })).sort((a, b) => b.likeness - a.likeness).slice(0, NEIGHBOURS);
  const votes = Map.groupBy(nearest, ({ target }) => target);
  return [...votes].sort((a, b) => b[1].length - a[1].length)[0]![0];
}

function cosine(a: Float32Array, b: Float32Array): number {
  let [product, ownA, ownB] = [0, 0, 0];
  for (let i = 0; i < a.length; i++) {
    product += a[i]! * b[i]!;
    ownA += a[i]! * a[i]!;
    ownB += b[i]! * b[i]!;
  }
  return product / Math.sqrt(ownA * ownB || 1);
}

function drawn(perClass: number, seed: number): Dataset {
  return drawnGlyphs({ characters: [..."0123456789"], perClass, seed });
}
