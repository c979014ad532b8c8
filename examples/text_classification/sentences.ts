import { type Rng, rng, type TextItem } from "../../mod.ts";

/** Which sentences to write. */
export interface SentencesOptions {
  /** Sentences of each class. */
  readonly perClass: number;
  /** Seed; different seeds give different sentences. */
  readonly seed: number;
}

const GOOD = words(
  "good great lovely superb charming clever tender witty moving fresh vivid honest",
);
const BAD = words("bad awful dull clumsy boring stale weak ugly hollow lazy noisy cheap");
const LIKED = words("loved enjoyed adored praised");
const HATED = words("hated loathed regretted mocked");
const THINGS = words("film story cast ending music play book scene");

/** The classes of opinions. */
export const OPINIONS: readonly string[] = ["negative", "positive"];

/**
 * Opinions on films and books, each with two or three words of praise or of blame: a few
 * labelled ones show only some of them, many unlabelled ones show which go together.
 */
export function opinions({ perClass, seed }: SentencesOptions): TextItem[] {
  return Array.from({ length: perClass * OPINIONS.length }, (_, at) => {
    const label = OPINIONS[at % OPINIONS.length]!;
    return { label, text: opinion(label, rng("opinion", seed, label, Math.floor(at / 2))) };
  });
}

function opinion(label: string, random: Rng): string {
  const [colours, deeds] = label === "positive" ? [GOOD, LIKED] : [BAD, HATED];
  const [first, second, third] = [0, 1, 2].map(() => one(colours, random));
  const [thing, other] = [one(THINGS, random), one(THINGS, random)];
  return one([
    `we ${one(deeds, random)} the ${thing} , it was ${first} and ${second}`,
    `a ${first} , ${second} and ${third} ${thing}`,
    `the ${thing} was ${first} , the ${other} ${second} and ${third}`,
    `i ${one(deeds, random)} this ${first} ${thing} with its ${second} ${other}`,
  ], random);
}

function one<T>(list: readonly T[], random: Rng): T {
  return list[random.integer(list.length)]!;
}

function words(text: string): string[] {
  return text.split(" ");
}
