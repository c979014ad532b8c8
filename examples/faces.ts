/**
 * Tells people apart that the network never saw: every face becomes a point, faces of one person lie
 * near each other. Measures a network as it is, then fine-tunes it with a margin loss (ArcFace) on some
 * of the people and measures it on the others.
 *
 *     deno run -A examples/faces.ts
 *
 * Without data it draws cartoon faces and starts from the network that learned letters. With data:
 *
 *     deno run -A examples/faces.ts --data orl_faces --backbone mobilefacenet.onnx
 *
 * DIR has a folder for each person, `DIR/<person>/<picture>`, faces in the middle and upright: the ORL
 * faces (AT&T Laboratories Cambridge: 40 people, 10 pictures each, PGM) or Labelled Faces in the Wild
 * (University of Massachusetts). The backbone is any network whose first output is an embedding, such
 * as MobileFaceNet of github.com/foamliu/MobileFaceNet (112×112 pixels, 128 numbers).
 *
 * Options: `--people` and `--pictures` drawn (60, 10), `--train` share of the people to fine-tune on
 * (0.5), `--epochs` (8), `--crops` averaged for an embedding (3 with data, 1 without), `--blocks` how
 * many of the last blocks of a backbone of one's own are trained (2), `--rate` (the learning rate).
 * Permissions: --allow-read --allow-write --allow-env --allow-ffi --allow-sys
 */
import {
  adamW,
  arcFace,
  blocks,
  cosineHead,
  fit,
  freeze,
  imageFolder,
  loadBackbone,
  type Model,
  oneCycle,
  pictures,
  plotRoc,
  replaceHead,
  rng,
  unfreeze,
} from "../mod.ts";
import { pngUrl, thumbnail } from "./demo/png.ts";
import { drawFace } from "./faces/draw_face.ts";
import { embed, type Face, squared } from "./faces/embed.ts";
import {
  bestThreshold,
  nearestNeighbour,
  pairsOf,
  scoredPairs,
  verificationCurve,
  verify,
} from "./faces/verification.ts";
import {
  type Captioned,
  type Findings,
  main,
  percent,
  type ProgramOptions,
  type Row,
} from "./shared/program.ts";

/** What was measured of one network on people that it was not trained on. */
export interface FaceScores {
  /** Share of the pictures whose nearest other picture shows the same person. */
  readonly nearest: number;
  /** Area under the ROC curve over all pairs of pictures. */
  readonly auc: number;
  /** Share of the pairs of one person that the threshold accepts. */
  readonly accepted: number;
  /** Share of the pairs of two people that it accepts. */
  readonly wronglyAccepted: number;
}

/** What the program found. */
export interface FaceFindings extends Findings {
  /** As the network came, and fine-tuned, on the same unseen people. */
  readonly scores: { readonly before: FaceScores; readonly after: FaceScores };
  /** The network as it came on all people; only where data were given. */
  readonly everyone: FaceScores | undefined;
}

const SCALE = 16;
const MARGIN = 0.3;
const OPTIONS = {
  backbone: "",
  people: "60",
  pictures: "10",
  train: "0.5",
  epochs: "8",
  crops: "",
  blocks: "2",
  rate: "",
};

/** Measures, fine-tunes and measures again. */
export async function run(
  { seed, data, quiet }: ProgramOptions,
  own: Readonly<Record<string, string>> = OPTIONS,
): Promise<FaceFindings> {
  const given = { ...OPTIONS, ...own };
  const say = (line: string) => quiet || console.log(line);
  const faces = data ? await readFaces(data) : drawnFaces(given, seed);
  const people = [...new Set(faces.map(({ person }) => person))];
  const learnt = chosen(people, Number(given.train), seed);
  const known = faces.filter(({ person }) => learnt.has(person));
  const unseen = faces.filter(({ person }) => !learnt.has(person));
  say(`${people.length} people on ${faces.length} pictures; ${learnt.size} people to learn from`);

  const start = await startOf(given, seed);
  const crops = Number(given.crops || (data ? 3 : 1));
  const { layer } = start;
  const before = await measured(start.model, "As it came", { known, unseen, layer, crops });
  say(`as it came: ${said(before.scores)}`);
  const started = performance.now();
  const tuned = await fineTuned(start, known, { given, seed, quiet });
  const seconds = (performance.now() - started) / 1000;
  const after = await measured(tuned, "Fine-tuned", { known, unseen, layer, crops });
  say(`fine-tuned: ${said(after.scores)}`);
  const everyone = data
    ? (await measured(start.model, "Everyone", { known: faces, unseen: faces, layer, crops }))
      .scores
    : undefined;
  const rows = [
    row(`${start.name}, as it came`, before.scores, "–"),
    row("fine-tuned with a margin", after.scores, `${seconds.toFixed(1)} s`),
    ...everyone ? [row(`${start.name}, on everyone`, everyone, "–")] : [],
  ];
  return {
    title: "Faces of people the network never saw",
    summary: `${unseen.length} pictures of ${people.length - learnt.size} people. ` +
      `The threshold was chosen on ${learnt.size} other people, from whom the network learned.`,
    rows,
    charts: [before.chart, after.chart],
    pictures: await shown(unseen),
    scores: { before: before.scores, after: after.scores },
    everyone,
  };
}

/** A network, and the layer of it that is the embedding. */
interface Start {
  readonly name: string;
  readonly model: Model;
  readonly layer: string;
  /** The parameters that fine-tuning changes. */
  readonly trained: readonly string[];
  readonly learningRate: number;
}

async function startOf(given: typeof OPTIONS, seed: number): Promise<Start> {
  if (given.backbone === "") {
    const model = await loadBackbone(new URL("../models/glyphs.onnx", import.meta.url));
    const trained = [...model.parameters.keys()];
    const learningRate = Number(given.rate || 3e-3);
    return { name: "Network of letters", model, layer: "pool", trained, learningRate };
  }
  const loaded = await loadBackbone(given.backbone, { seed });
  const edge = loaded.preprocessing?.heightPx;
  const model = edge === undefined
    ? loaded
    : await loadBackbone(given.backbone, { preprocessing: { resizePx: edge } });
  const trained = blocks(model).slice(-Number(given.blocks)).flatMap(({ parameters }) =>
    parameters
  );
  const learningRate = Number(given.rate || 1e-4);
  return { name: model.name, model, layer: model.outputs[0]!.name, trained, learningRate };
}

/** The network after some epochs on faces of people with names; its embeddings are what is wanted. */
async function fineTuned(
  { model, layer, trained, learningRate }: Start,
  faces: readonly Face[],
  { given, seed, quiet }: { given: typeof OPTIONS; seed: number; quiet: boolean },
): Promise<Model> {
  const people = [...new Set(faces.map(({ person }) => person))];
  const classes = people.map((person) => `person ${person}`);
  const items = faces.map(({ image, person }) => ({
    image: squared(image),
    target: people.indexOf(person),
  }));
  const changing = new Set(trained);
  const partly = unfreeze(freeze(model, "all"), ({ name }) => changing.has(name));
  const classifier = replaceHead(partly, {
    classes,
    head: cosineHead({ scale: SCALE }),
    seed,
    ...layer !== "pool" && { at: layer },
  });
  const result = await fit(classifier, pictures(items, { classes }), {
    loss: arcFace({ margin: MARGIN }),
    epochs: Number(given.epochs),
    batchSize: 32,
    optimizer: adamW({ learningRate, weightDecay: 0.01 }),
    schedule: oneCycle(),
    seed,
    verbose: !quiet,
  });
  return result.model;
}

async function measured(
  model: Model,
  title: string,
  { known, unseen, layer, crops }: {
    readonly known: readonly Face[];
    readonly unseen: readonly Face[];
    readonly layer: string;
    readonly crops: number;
  },
) {
  const threshold = bestThreshold(
    verificationCurve(pairsOf(await embed(model, known, { layer, crops }))),
  );
  const embeddings = await embed(model, unseen, { layer, crops });
  const pairs = pairsOf(embeddings);
  const scores: FaceScores = {
    nearest: await nearestNeighbour(embeddings),
    auc: verificationCurve(pairs).auc,
    ...verify(pairs, threshold),
  };
  const chart = await plotRoc(scoredPairs(pairs), {
    title,
    classes: ["two people", "one person"],
  });
  return { scores, chart };
}

function drawnFaces(given: typeof OPTIONS, seed: number): Face[] {
  const each = Number(given.pictures);
  return Array.from({ length: Number(given.people) * each }, (_, at) => {
    const person = Math.floor(at / each);
    return { image: drawFace({ seed, identity: person, index: at % each }), person };
  });
}

/** The pictures of everyone who is on two or more. */
async function readFaces(folder: string): Promise<Face[]> {
  const data = await imageFolder(folder);
  const faces: Face[] = [];
  for (let index = 0; index < data.length; index++) {
    const { image, target } = (await data.get(index))!;
    faces.push({ image: image!, person: target as number });
  }
  const counts = Map.groupBy(faces, ({ person }) => person);
  return faces.filter(({ person }) => counts.get(person)!.length > 1);
}

/** A share of the people, drawn. */
function chosen(people: readonly number[], share: number, seed: number): Set<number> {
  const random = rng(seed, "people");
  const drawn = people.map((person) => ({ person, place: random.uniform() }));
  drawn.sort((a, b) => a.place - b.place);
  return new Set(drawn.slice(0, Math.round(share * people.length)).map(({ person }) => person));
}

async function shown(faces: readonly Face[]): Promise<Captioned[]> {
  const some = faces.filter((_, at) => at % Math.ceil(faces.length / 16) === 0);
  return await Promise.all(some.map(async ({ image, person }) => ({
    url: await pngUrl(thumbnail(image, 96)),
    caption: `person ${person}`,
  })));
}

function row(name: string, scores: FaceScores, time: string): Row {
  return {
    name,
    figures: {
      "nearest neighbour": percent(scores.nearest),
      AUC: scores.auc.toFixed(4),
      accepted: percent(scores.accepted),
      "wrongly accepted": percent(scores.wronglyAccepted),
      time,
    },
  };
}

function said({ nearest, auc }: FaceScores): string {
  return `nearest neighbour ${percent(nearest)}, AUC ${auc.toFixed(4)}`;
}

if (import.meta.main) await main({ name: "faces", options: OPTIONS, run });
