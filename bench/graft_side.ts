/**
 * Graft's side of side_by_side.ts: `deno run -A bench/graft_side.ts ROW PICTURES` prints the number
 * of one run as JSON. PICTURES is a folder of pictures by class.
 */
import { rows } from "./rows/table.ts";

const [name = "", pictures = ""] = Deno.args;
console.log(JSON.stringify({ value: await rows[name]!.measure({ pictures }) }));
