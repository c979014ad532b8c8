import type { Graph, Value } from "../../onnx/graph.ts";
import { isFloat } from "../../tensor/dtype.ts";

/** A picture of features that a network makes on its way. */
export interface MapLayer {
  /** The value, `[N, C, H, W]`. */
  readonly value: Value;
  /** Its size. */
  readonly channels: number;
  /** Rows. */
  readonly height: number;
  /** Columns. */
  readonly width: number;
}

/**
 * The layer whose maps are looked at, in a graph of static shapes: the one that a node or value called
 * `name` puts out, else the last that is still a picture. Throws `RangeError` where there is none of
 * that name on the way to `output`, `TypeError` where the network has no maps, or these are none.
 */
export function mapLayer(graph: Graph, output: Value, name: string | undefined): MapLayer {
  const ancestors = ancestorsOf(output);
  const maps = graph.sorted().flatMap((node) => node.outputs)
    .flatMap((value) => value && ancestors.has(value) ? mapOf(value) ?? [] : []);
  if (name === undefined) {
    const last = maps.findLast(({ value }) => value.producer?.opType !== "Transpose");
    if (last) return last;
    throw new TypeError(
      "gradCam(): the network makes no feature maps [N, C, H, W] that its answer depends on",
    );
  }
  const value = [...ancestors].find((one) => one.name === name) ??
    [...ancestors].find((one) => one.producer?.name === name);
  if (!value) {
    const names = maps.slice(-6).map((one) => `"${one.value.name}"`).join(", ");
    throw new RangeError(
      `gradCam(): option "layer" must be a node or value on the way to the answer, found "${name}"; ` +
        `the last feature maps are ${names}`,
    );
  }
  const found = mapOf(value);
  if (found) return found;
  throw new TypeError(
    `gradCam(): option "layer" must be a feature map [N, C, H, W], found "${name}" [${value.shape}]`,
  );
}

function mapOf(value: Value): MapLayer | undefined {
  const shape = value.shape;
  if (!value.producer || shape?.length !== 4 || value.type && !isFloat(value.type)) {
    return undefined;
  }
  const [, channels, height, width] = shape;
  if (typeof channels !== "number" || typeof height !== "number" || typeof width !== "number") {
    return undefined;
  }
  return height > 1 && width > 1 ? { value, channels, height, width } : undefined;
}

function ancestorsOf(output: Value): Set<Value> {
  const found = new Set<Value>();
  const open = [output];
  for (let value = open.pop(); value; value = open.pop()) {
    if (found.has(value)) continue;
    found.add(value);
    open.push(...value.producer?.reads() ?? []);
  }
  return found;
}
