/**
 * The command line: fine-tunes, evaluates and uses ONNX models.
 *
 *     deno run -A jsr:@graft/graft/cli fine-tune pictures/ --backbone mobilenet_v2 --out model.onnx
 *
 * Permissions: `--allow-read` and `--allow-write` for models and pictures, `--allow-ffi`,
 * `--allow-env` and `--allow-sys` for ONNX Runtime and sharp, `--allow-net` to download backbones.
 *
 * @module
 */
import { main } from "./main.ts";
import type { Streams } from "./output.ts";

export { main, type Streams };

if (import.meta.main) Deno.exit(await main(Deno.args));
