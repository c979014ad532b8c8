import { type Image, type Rng, rng } from "../../mod.ts";

/** What makes a drawn person: proportions as shares of half the picture, colours from 0 to 1. */
interface Person {
  readonly headWidth: number;
  readonly headHeight: number;
  readonly skin: Colour;
  readonly hair: Colour;
  readonly hairline: number;
  readonly hairWidth: number;
  readonly eyeApart: number;
  readonly eyeSize: number;
  readonly eyeHeight: number;
  readonly iris: Colour;
  readonly browTilt: number;
  readonly browWidth: number;
  readonly noseLength: number;
  readonly mouthWidth: number;
  readonly mouthHeight: number;
  readonly lips: Colour;
  readonly beard: boolean;
  readonly glasses: boolean;
}

/** What differs from picture to picture of a person: pose, expression, light. */
interface Moment {
  readonly turn: number;
  readonly angle: number;
  readonly scale: number;
  readonly shift: Point;
  readonly smile: number;
  readonly lids: number;
  readonly brightness: number;
  readonly lightFrom: Point;
  readonly ground: Colour;
  readonly noise: number;
}

type Colour = readonly [number, number, number];
type Point = readonly [x: number, y: number];

/** A shape: its colour, and how far outside of it a place is, negative within. */
interface Shape {
  readonly colour: Colour;
  readonly distance: (x: number, y: number) => number;
}

/** Which picture of whom. */
export interface DrawFaceOptions {
  /** Seed of all faces. */
  readonly seed: number;
  /** The person. */
  readonly identity: number;
  /** Which picture of this person. */
  readonly index: number;
  /** Height and width, in pixels. @default {32} */
  readonly sizePx?: number;
}

/**
 * A cartoon of a face: who it is says the proportions and colours; every picture has a pose, an
 * expression and a light of its own.
 */
export function drawFace({ seed, identity, index, sizePx = 32 }: DrawFaceOptions): Image {
  const person = personOf(rng(seed, "person", identity));
  const random = rng(seed, "moment", identity, index);
  const moment = momentOf(random);
  const shapes = shapesOf(person, moment);
  const data = new Uint8Array(3 * sizePx * sizePx);
  const softness = 2 / sizePx;
  const [cosine, sine] = [Math.cos(moment.angle), Math.sin(moment.angle)];
  for (let i = 0; i < sizePx * sizePx; i++) {
    const across = 2 * (i % sizePx + 0.5) / sizePx - 1 - moment.shift[0];
    const down = 2 * (Math.floor(i / sizePx) + 0.5) / sizePx - 1 - moment.shift[1];
    const x = (cosine * across + sine * down) / moment.scale;
    const y = (cosine * down - sine * across) / moment.scale;
    let colour = moment.ground;
    for (const shape of shapes) {
      const covered = Math.min(Math.max(0.5 - shape.distance(x, y) / softness, 0), 1);
      if (covered > 0) colour = mixed(colour, shape.colour, covered);
    }
    const light = moment.brightness + moment.lightFrom[0] * x + moment.lightFrom[1] * y;
    const grain = moment.noise * random.normal();
    for (let channel = 0; channel < 3; channel++) {
      const value = colour[channel]! * light + grain;
      data[3 * i + channel] = Math.min(Math.max(Math.round(255 * value), 0), 255);
    }
  }
  return { widthPx: sizePx, heightPx: sizePx, data };
}

function personOf(random: Rng): Person {
  const skin = mixed([0.97, 0.83, 0.72], [0.38, 0.25, 0.17], random.uniform());
  const hair = mixed([0.1, 0.07, 0.05], [0.85, 0.68, 0.4], random.uniform() ** 2);
  return {
    headWidth: between(random, 0.5, 0.68),
    headHeight: between(random, 0.68, 0.84),
    skin,
    hair,
    hairline: between(random, -0.62, -0.28),
    hairWidth: between(random, 1.02, 1.25),
    eyeApart: between(random, 0.2, 0.32),
    eyeSize: between(random, 0.08, 0.15),
    eyeHeight: between(random, -0.2, 0),
    iris: [between(random, 0.1, 0.4), between(random, 0.15, 0.5), between(random, 0.1, 0.6)],
    browTilt: between(random, -0.08, 0.08),
    browWidth: between(random, 0.015, 0.05),
    noseLength: between(random, 0.12, 0.34),
    mouthWidth: between(random, 0.14, 0.32),
    mouthHeight: between(random, 0.32, 0.48),
    lips: mixed(skin, [0.7, 0.15, 0.2], between(random, 0.3, 0.9)),
    beard: random.uniform() < 0.25,
    glasses: random.uniform() < 0.25,
  };
}

function momentOf(random: Rng): Moment {
  return {
    turn: between(random, -0.13, 0.13),
    angle: between(random, -0.2, 0.2),
    scale: between(random, 0.86, 1.1),
    shift: [between(random, -0.12, 0.12), between(random, -0.12, 0.12)],
    smile: between(random, -0.08, 0.14),
    lids: between(random, 0.45, 1),
    brightness: between(random, 0.6, 1.15),
    lightFrom: [between(random, -0.3, 0.3), between(random, -0.2, 0.2)],
    ground: [random.uniform(), random.uniform(), random.uniform()],
    noise: between(random, 0.01, 0.05),
  };
}

/** Back to front. */
function shapesOf(person: Person, moment: Moment): Shape[] {
  const { headWidth, headHeight, hair, skin } = person;
  const { turn, smile } = moment;
  const dark = mixed(skin, [0, 0, 0], 0.35);
  const head = ellipse([0, 0.05], headWidth, headHeight);
  const crown = ellipse([0, -0.06], headWidth * person.hairWidth, headHeight * 1.08);
  const mouth: Point = [turn * 1.1, person.mouthHeight];
  const shapes: Shape[] = [
    { colour: hair, distance: (x, y) => Math.max(crown(x, y), y - 0.35) },
    { colour: skin, distance: head },
    { colour: hair, distance: (x, y) => Math.max(head(x, y), y - person.hairline) },
  ];
  if (person.beard) {
    shapes.push({
      colour: mixed(hair, skin, 0.25),
      distance: (x, y) =>
        Math.max(head(x, y), 0.28 - y, 0.1 - Math.hypot(x - mouth[0], y - mouth[1])),
    });
  }
  for (const side of [-1, 1]) shapes.push(...eye(person, moment, side));
  const nose: Point = [turn * 1.5, person.eyeHeight + 0.08 + person.noseLength];
  shapes.push({ colour: dark, distance: line([turn, person.eyeHeight + 0.08], nose, 0.025) });
  shapes.push({ colour: dark, distance: ellipse(nose, 0.07, 0.035) });
  const half = person.mouthWidth;
  const lift = (share: number): Point => [
    mouth[0] + share * half,
    mouth[1] + smile * (1 - 2 * share * share),
  ];
  for (const [from, to] of [[-1, -0.4], [-0.4, 0.4], [0.4, 1]] as const) {
    shapes.push({ colour: person.lips, distance: line(lift(from), lift(to), 0.035) });
  }
  return shapes;
}

function eye(person: Person, { turn, lids }: Moment, side: number): Shape[] {
  const { eyeSize, eyeHeight, browWidth, browTilt, hair, iris, glasses } = person;
  const x = turn + side * person.eyeApart;
  const brow = eyeHeight - eyeSize - 0.08;
  const shapes: Shape[] = [
    {
      colour: [0.95, 0.95, 0.95],
      distance: ellipse([x, eyeHeight], eyeSize, eyeSize * 0.75 * lids),
    },
    {
      colour: iris,
      distance: ellipse([x + turn * 0.3, eyeHeight], eyeSize * 0.5, eyeSize * 0.6 * lids),
    },
    {
      colour: hair,
      distance: line(
        [x - side * 0.12, brow + browTilt],
        [x + side * 0.12, brow - browTilt],
        browWidth,
      ),
    },
  ];
  if (!glasses) return shapes;
  const rim = ellipse([x, eyeHeight], 0.19, 0.17);
  return [...shapes, { colour: [0.08, 0.08, 0.1], distance: (u, v) => Math.abs(rim(u, v)) - 0.03 }];
}

function ellipse([left, top]: Point, width: number, height: number): Shape["distance"] {
  const least = Math.min(width, height);
  return (x, y) => (Math.hypot((x - left) / width, (y - top) / height) - 1) * least;
}

/** A line with round ends. */
function line([x0, y0]: Point, [x1, y1]: Point, radius: number): Shape["distance"] {
  const [dx, dy] = [x1 - x0, y1 - y0];
  return (x, y) => {
    const along = ((x - x0) * dx + (y - y0) * dy) / (dx * dx + dy * dy || 1);
    const t = Math.min(Math.max(along, 0), 1);
    return Math.hypot(x - x0 - t * dx, y - y0 - t * dy) - radius;
  };
}

function mixed(a: Colour, b: Colour, share: number): Colour {
  const at = (channel: 0 | 1 | 2) => a[channel] + share * (b[channel] - a[channel]);
  return [at(0), at(1), at(2)];
}

function between(random: Rng, low: number, high: number): number {
  return low + (high - low) * random.uniform();
}
