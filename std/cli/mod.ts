/** What this repository uses of `@std/cli`. @module */
export {
  parseArgs,
  type ParsedArguments,
  type ParseOptions,
  type UnknownHandler,
} from "./parse_args.ts";
