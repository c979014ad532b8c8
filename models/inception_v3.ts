import type { Value } from "../src/onnx/graph.ts";
import type { Model } from "../src/onnx/model.ts";
import { basicConv } from "./basic_conv.ts";
import { imageNetwork, type ImageNetworkOptions } from "./image_network.ts";
import { normal } from "./initializers.ts";
import { concat, dropout, flatten, globalAveragePool, linear } from "./layers.ts";
import type { Network } from "./network.ts";
import { averagePool, maxPool, type Pixels } from "./windows.ts";

const weights = normal(0.1);

/**
 * Inception v3 (Szegedy et al., "Rethinking the Inception Architecture for Computer Vision", 2015) with
 * random weights, without the extra head that only helps it train from nothing. Names and shapes of
 * the weights are torchvision's. Input `x` `[batch, 3, sizePx, sizePx]`, 75 pixels or more.
 */
export function inceptionV3(options: ImageNetworkOptions = {}): Model {
  const sized = { sizePx: 299, ...options };
  if (sized.sizePx < 75) {
    throw new RangeError(`inceptionV3(): "sizePx" must be 75 or more, found ${sized.sizePx}`);
  }
  return imageNetwork("inception_v3", sized, (net, x, classes) => {
    const block = (letters: string) => new Block(net, `Mixed_${letters}`);
    x = stem(new Block(net, ""), x);
    for (const [letters, pooled] of [["5b", 32], ["5c", 64], ["5d", 64]] as const) {
      x = blockA(block(letters), x, pooled);
    }
    x = blockB(block("6a"), x);
    for (const [letters, width] of [["6b", 128], ["6c", 160], ["6d", 160], ["6e", 192]] as const) {
      x = blockC(block(letters), x, width);
    }
    x = blockD(block("7a"), x);
    x = blockE(block("7b"), x);
    x = blockE(block("7c"), x);
    x = flatten(net, globalAveragePool(net, x, { name: "avgpool" }), { name: "flatten" });
    x = dropout(net, x, { name: "dropout", ratio: 0.5 });
    return linear(net, x, { name: "fc", features: classes, weights });
  });
}

/** Layers whose names begin alike. Windows keep the size unless they have a stride. */
class Block {
  constructor(readonly net: Network, readonly name: string) {}

  /** A convolution of the same size. */
  conv(x: Value, at: string, channels: number, kernel: Pixels = 1): Value {
    const [height, width] = typeof kernel === "number" ? [kernel, kernel] : kernel;
    const padding = [(height - 1) / 2, (width - 1) / 2] as const;
    return basicConv(this.net, x, { name: this.#named(at), channels, kernel, padding }, weights);
  }

  /** A 3×3 convolution without padding. */
  bare(x: Value, at: string, channels: number, stride = 2): Value {
    const name = this.#named(at);
    return basicConv(this.net, x, { name, channels, kernel: 3, stride }, weights);
  }

  /** The mean of every 3×3 window, then 1×1. */
  pooled(x: Value, channels: number): Value {
    const window = { kernel: 3, stride: 1, padding: 1 };
    const mean = averagePool(this.net, x, { name: this.#named("pool"), ...window });
    return this.conv(mean, "branch_pool", channels);
  }

  /** The largest of every second 3×3 window. */
  halved(x: Value, at = "pool"): Value {
    return maxPool(this.net, x, { name: this.#named(at), kernel: 3, stride: 2 });
  }

  /** Branches side by side. */
  joined(parts: readonly Value[], at?: string): Value {
    return concat(this.net, parts, { name: at === undefined ? this.name : this.#named(at) });
  }

  #named(at: string): string {
    return this.name === "" ? at : `${this.name}.${at}`;
  }
}

function stem(b: Block, x: Value): Value {
  let y = b.bare(x, "Conv2d_1a_3x3", 32);
  y = b.bare(y, "Conv2d_2a_3x3", 32, 1);
  y = b.halved(b.conv(y, "Conv2d_2b_3x3", 64, 3), "maxpool1");
  y = b.conv(y, "Conv2d_3b_1x1", 80);
  return b.halved(b.bare(y, "Conv2d_4a_3x3", 192, 1), "maxpool2");
}

function blockA(b: Block, x: Value, pooled: number): Value {
  const fives = b.conv(b.conv(x, "branch5x5_1", 48), "branch5x5_2", 64, 5);
  const threes = b.conv(b.conv(x, "branch3x3dbl_1", 64), "branch3x3dbl_2", 96, 3);
  return b.joined([
    b.conv(x, "branch1x1", 64),
    fives,
    b.conv(threes, "branch3x3dbl_3", 96, 3),
    b.pooled(x, pooled),
  ]);
}

function blockB(b: Block, x: Value): Value {
  const threes = b.conv(b.conv(x, "branch3x3dbl_1", 64), "branch3x3dbl_2", 96, 3);
  return b.joined([
    b.bare(x, "branch3x3", 384),
    b.bare(threes, "branch3x3dbl_3", 96),
    b.halved(x),
  ]);
}

function blockC(b: Block, x: Value, width: number): Value {
  let once = b.conv(x, "branch7x7_1", width);
  once = b.conv(once, "branch7x7_2", width, [1, 7]);
  let twice = b.conv(x, "branch7x7dbl_1", width);
  twice = b.conv(twice, "branch7x7dbl_2", width, [7, 1]);
  twice = b.conv(twice, "branch7x7dbl_3", width, [1, 7]);
  twice = b.conv(twice, "branch7x7dbl_4", width, [7, 1]);
  return b.joined([
    b.conv(x, "branch1x1", 192),
    b.conv(once, "branch7x7_3", 192, [7, 1]),
    b.conv(twice, "branch7x7dbl_5", 192, [1, 7]),
    b.pooled(x, 192),
  ]);
}

function blockD(b: Block, x: Value): Value {
  let sevens = b.conv(x, "branch7x7x3_1", 192);
  sevens = b.conv(sevens, "branch7x7x3_2", 192, [1, 7]);
  sevens = b.conv(sevens, "branch7x7x3_3", 192, [7, 1]);
  return b.joined([
    b.bare(b.conv(x, "branch3x3_1", 192), "branch3x3_2", 320),
    b.bare(sevens, "branch7x7x3_4", 192),
    b.halved(x),
  ]);
}

function blockE(b: Block, x: Value): Value {
  const split = (from: Value, at: string) => {
    const [across, down] = at === "branch3x3" ? ["_2a", "_2b"] : ["_3a", "_3b"];
    return b.joined([
      b.conv(from, `${at}${across}`, 384, [1, 3]),
      b.conv(from, `${at}${down}`, 384, [3, 1]),
    ], at);
  };
  const doubled = b.conv(b.conv(x, "branch3x3dbl_1", 448), "branch3x3dbl_2", 384, 3);
  return b.joined([
    b.conv(x, "branch1x1", 320),
    split(b.conv(x, "branch3x3_1", 384), "branch3x3"),
    split(doubled, "branch3x3dbl"),
    b.pooled(x, 192),
  ]);
}
