import type { Graph, Node, Value } from "../../onnx/graph.ts";
import { bytesOf, canRepeat, type ForwardPart, rootOf } from "./forward_part.ts";

/** More segments than this are not tried. */
const MOST_SEGMENTS = 64;

/** The forward pass in segments, one after the other. */
export interface Segments {
  /** How many there are. */
  readonly count: number;
  /** The segment of each node that depends on data. */
  readonly of: ReadonlyMap<Node, number>;
  /** Values that are not computed again: they leave their segment, or cannot be had twice. */
  readonly kept: ReadonlySet<Value>;
}

/** What is known about cutting after each node of an order. */
interface Costs {
  /** Bytes of what crosses a cut, by the number of nodes before it. */
  readonly crossing: readonly number[];
  /** Bytes that the backward pass reads of what the first nodes put out. */
  readonly stored: readonly number[];
}

/**
 * Cuts a forward pass where little crosses, so that what crosses the cuts and the largest segment
 * together take the least memory: about √n segments in a chain of n equal layers (Chen, Xu, Zhang
 * and Guestrin, arXiv 1604.06174).
 */
export function segmentsOf(graph: Graph, { nodes, order }: ForwardPart): Segments {
  const place = new Map(order.map((node, at) => [node, at]));
  const lastReader = new Map<Value, number>();
  for (const [at, node] of order.entries()) {
    for (const value of node.reads()) lastReader.set(value, at);
  }
  const outputs = order.flatMap((node) => node.outputs.filter((value) => value !== undefined));
  const readBackward = (value: Value) => [...value.consumers].some((node) => !nodes.has(node));
  const cuts = cheapestCuts(costsOf(order, { place, lastReader, readBackward }));
  const segmentAt = (at: number) => cuts.filter((cut) => cut <= at).length;
  const isKept = (value: Value) =>
    !canRepeat(value.producer!) || graph.outputs.includes(value) ||
    segmentAt(lastReader.get(value) ?? 0) > segmentAt(place.get(value.producer!)!);
  return {
    count: cuts.length + 1,
    of: new Map(order.map((node, at) => [node, segmentAt(at)])),
    kept: new Set(outputs.filter(isKept)),
  };
}

function costsOf(
  order: readonly Node[],
  { place, lastReader, readBackward }: {
    readonly place: ReadonlyMap<Node, number>;
    readonly lastReader: ReadonlyMap<Value, number>;
    readonly readBackward: (value: Value) => boolean;
  },
): Costs {
  const crossing = new Array<number>(order.length + 1).fill(0);
  const own = new Array<number>(order.length + 1).fill(0);
  const crossUntil = new Map<Value, number>();
  const counted = new Set<Value>();
  for (const value of order.flatMap((node) => node.outputs)) {
    if (!value) continue;
    const root = rootOf(value);
    crossUntil.set(root, Math.max(crossUntil.get(root) ?? 0, lastReader.get(value) ?? 0));
    if (counted.has(root) || !readBackward(value)) continue;
    counted.add(root);
    own[place.get(root.producer!)! + 1]! += bytesOf(root) ?? 0;
  }
  for (const [root, until] of crossUntil) {
    // What has no known size cannot be held back, so that nothing is cut where it crosses.
    const bytes = bytesOf(root) ?? Infinity;
    for (let cut = place.get(root.producer!)! + 1; cut <= until; cut++) crossing[cut]! += bytes;
  }
  let sum = 0;
  return { crossing, stored: own.map((bytes) => sum += bytes) };
}

/** The cuts with the least sum of what crosses them and the largest segment between them. */
function cheapestCuts({ crossing, stored }: Costs): readonly number[] {
  const last = stored.length - 1;
  const isLow = (cut: number) =>
    crossing[cut]! < Infinity && crossing[cut]! <= crossing[cut - 1]! &&
    crossing[cut]! <= crossing[cut + 1]!;
  const inner = Array.from({ length: Math.max(0, last - 1) }, (_, at) => at + 1);
  const places = [0, ...inner.filter((cut) => cut === 1 || isLow(cut)), last];
  let best: { cuts: readonly number[]; bytes: number } = { cuts: [], bytes: stored[last]! };
  for (let count = 2; count <= MOST_SEGMENTS; count++) {
    const limit = stored[last]! / count;
    const found = cutsWithin({ crossing, stored }, places, limit);
    if (found && found.bytes + limit < best.bytes) {
      best = { cuts: found.cuts, bytes: found.bytes + limit };
    }
  }
  return best.cuts;
}

/** The cuts that the least crosses of those with at most `limit` bytes between two of them. */
function cutsWithin({ crossing, stored }: Costs, places: readonly number[], limit: number) {
  const least = [0];
  const before = [0];
  for (let at = 1; at < places.length; at++) {
    least[at] = Infinity;
    for (let from = at - 1; from >= 0; from--) {
      if (stored[places[at]!]! - stored[places[from]!]! > limit) break;
      const bytes = least[from]! + (at === places.length - 1 ? 0 : crossing[places[at]!]!);
      if (bytes < least[at]!) [least[at], before[at]] = [bytes, from];
    }
  }
  const bytes = least.at(-1)!;
  if (bytes === Infinity) return undefined;
  const cuts: number[] = [];
  for (let at = before[places.length - 1]!; at > 0; at = before[at]!) cuts.unshift(places[at]!);
  return { cuts, bytes };
}
