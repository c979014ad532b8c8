import type { Builder } from "../../builder.ts";
import { BlockedValues } from "./blocked_values.ts";
import { Conversion } from "./conversion.ts";

/**
 * Gives convolutions whose weights change from step to step, and what lies between them, the
 * channel-blocked layout of the runtime's fast kernels; for constant weights the runtime does so
 * itself. The graph's values need static shapes. Nothing happens where `block` is 1: the runtime has
 * no such kernels on this machine.
 */
export function blockChannels(g: Builder, block: number): void {
  if (block === 1) return;
  const { graph } = g;
  const values = new BlockedValues(g, block);
  const order = graph.sorted();
  const conversion = new Conversion(values);
  const converted = new Set(order.filter((node) => conversion.convert(node)));
  for (const node of order.reverse()) {
    const used = node.outputs.filter((value) =>
      value && (value.consumers.size > 0 || graph.outputs.includes(value))
    );
    if (used.length > 0 && converted.has(node) && used[0]!.type === "float32") {
      graph.replaceUses(used[0]!, values.plain(used[0]!));
      used.pop();
    }
    if (used.length === 0) graph.remove(node);
  }
  graph.prune();
}
