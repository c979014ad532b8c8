/**
 * Downloads one file, for tests that need another program: PATH ADDRESS SUM.
 * @module
 */
import { download } from "../../models/download.ts";

const [path, address, sha256] = Deno.args as [string, string, string];
console.log("started");
await download(path, { name: "weights", addresses: [address], sha256, verbose: false });
