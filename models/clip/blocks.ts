import type { Value } from "../../src/onnx/graph.ts";
import { quickGelu } from "../activations.ts";
import { attend } from "../attention.ts";
import { normal } from "../initializers.ts";
import { add } from "../layers.ts";
import type { LayerOptions, Network } from "../network.ts";
import { dense, layerNorm } from "../tokens.ts";
import type { TowerSizes } from "./options.ts";

/** The blocks of a tower: each normalises, attends or transforms, and adds what it was given. */
export function blocks(
  net: Network,
  x: Value,
  { name, sizes, bias }: LayerOptions & { readonly sizes: TowerSizes; readonly bias?: Value },
): Value {
  for (let index = 0; index < sizes.layers; index++) {
    const own = `${name}.${index}`;
    const attended = attention(net, layerNorm(net, x, { name: `${own}.layer_norm1` }), {
      name: `${own}.self_attn`,
      sizes,
      bias,
    });
    x = add(net, [x, attended], { name: `${own}.attended` });
    const changed = mlp(net, layerNorm(net, x, { name: `${own}.layer_norm2` }), {
      name: `${own}.mlp`,
      sizes,
    });
    x = add(net, [x, changed], { name: own });
  }
  return x;
}

interface PartOptions extends LayerOptions {
  readonly sizes: TowerSizes;
  readonly bias?: Value | undefined;
}

function attention(net: Network, x: Value, { name, sizes, bias }: PartOptions): Value {
  const { hidden: features, heads, layers } = sizes;
  const weights = normal(Math.sqrt(1 / features / (2 * layers)));
  const part = (one: string) => dense(net, x, { name: `${name}.${one}`, features, weights });
  const parts = { query: part("q_proj"), key: part("k_proj"), value: part("v_proj") };
  const seen = attend(net, parts, { name, heads, bias });
  const out = normal(Math.sqrt(1 / features));
  return dense(net, seen, { name: `${name}.out_proj`, features, weights: out });
}

function mlp(net: Network, x: Value, { name, sizes }: PartOptions): Value {
  const { hidden, intermediate, layers } = sizes;
  const wide = dense(net, x, {
    name: `${name}.fc1`,
    features: intermediate,
    weights: normal(Math.sqrt(1 / (2 * hidden))),
  });
  return dense(net, quickGelu(net, wide, { name }), {
    name: `${name}.fc2`,
    features: hidden,
    weights: normal(Math.sqrt(1 / hidden / (2 * layers))),
  });
}
