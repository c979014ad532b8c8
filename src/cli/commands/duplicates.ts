import { join } from "@std/path";
import { type DuplicatePair, findDuplicates } from "../../data/duplicates/find_duplicates.ts";
import { pictureFiles } from "../../data/folder_scan.ts";
import { pictures } from "../../data/pictures.ts";
import { stderrProgress } from "../../train/progress.ts";
import type { Command } from "../command.ts";
import { plural } from "../table.ts";

/** `duplicates`: pictures that are there twice. */
export const duplicatesCommand: Command = {
  name: "duplicates",
  summary: "find pictures that are the same or look alike, within folders and across them",
  positionals: ["DIR…"],
  options: [
    {
      name: "near",
      kind: "text",
      choices: ["phash", "dhash", "none"],
      otherwise: "phash",
      help: "how pictures that look alike are found; none for equal files only",
    },
    {
      name: "threshold",
      kind: "integer",
      value: "N",
      least: 0,
      most: 64,
      otherwise: "8",
      help: "in how many of 64 bits two that look alike may differ",
    },
  ],
  examples: ["duplicates hymenoptera/train hymenoptera/val", "duplicates photos/ --near none"],
  notes:
    "A picture of the training data among those that a model is measured on makes the measure " +
    "too good: give both folders. Exit status 0, whether there are any or not.",
  async run(values, output) {
    const folders = values.positionals;
    const files = await Promise.all(folders.map((folder) => pictureFiles(folder)));
    const data = folders.map((folder, at) =>
      pictures(files[at]!.map((file) => ({ image: join(folder, file) })))
    );
    const progress = stderrProgress(output.verbose, "reading");
    const threshold = values.number("threshold");
    const pairs = await findDuplicates(data, {
      near: NAMES[values.text("near") ?? "phash"]!,
      ...(threshold !== undefined && { threshold }),
      onProgress: (done, total) => progress.at(done, total),
    });
    progress.done();
    for (const pair of pairs) output.line(line(pair));
    const exact = pairs.filter(({ isExact }) => isExact).length;
    const read = files.reduce((sum, { length }) => sum + length, 0);
    output.line(
      `${plural(pairs.length, "pair")} among ${plural(read, "picture")}, ${exact} of them equal`,
    );
    const shown = pairs.map(({ first, second, isExact, distance }) => ({
      first: first.name,
      second: second.name,
      isExact,
      distance,
    }));
    return { json: { pictures: read, pairs: shown } };
  },
};

const NAMES: Readonly<Record<string, "pHash" | "dHash" | "none">> = {
  phash: "pHash",
  dhash: "dHash",
  none: "none",
};

function line({ first, second, isExact, distance }: DuplicatePair): string {
  const how = isExact ? "equal" : `alike (${plural(distance, "bit")})`;
  return `${how}: ${first.name} ${second.name}`;
}
