import { registry } from "../../../models/registry.ts";
import type { Command } from "../command.ts";
import { table } from "../table.ts";

/** `models`: the registry. */
export const modelsCommand: Command = {
  name: "models",
  summary: "list the pretrained networks that --backbone knows by name",
  positionals: [],
  options: [],
  examples: ["models"],
  notes:
    "A network is downloaded when it is first used and kept in GRAFT_CACHE, or in graft in the " +
    "user's cache folder.",
  run(_values, output) {
    const models = Object.entries(registry).map(([name, entry]) => ({ name, ...entry }));
    output.line(table([
      ["name", "MB", "input", "licence", "network"],
      ...models.map(({ name, bytes, preprocessing, licence, description }) => [
        name,
        (bytes / 1e6).toFixed(1),
        preprocessing ? `${preprocessing.heightPx}×${preprocessing.widthPx}` : "tokens",
        licence,
        description,
      ]),
    ]));
    return Promise.resolve({ json: { models } });
  },
};
