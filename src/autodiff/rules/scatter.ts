import type { Value } from "../../onnx/graph.ts";
import { type Builder, dimsOf, typeOf } from "../builder.ts";
import { chosenRows } from "../index_tuples.ts";
import { type GradRule, type RuleContext, stop } from "../rule.ts";

const positions = stop("integer positions have no derivative");

/** output = data[indices…] for index tuples; repeated places add up. */
export const gatherND: GradRule<"GatherND"> = {
  data: ({ g, x, dy, node }) => {
    const shape = dimsOf(x.data);
    const { rows, size, count, places } = chosenRows(
      g,
      x.indices,
      shape,
      node.int("batch_dims", 0),
    );
    const zeros = g.full([rows, size], 0, typeOf(dy.output));
    return g.reshape(g.scatterAdd(zeros, places, g.reshape(dy.output, [count, size]), 0), shape);
  },
  indices: positions,
};

/** `data` with `updates` in the places of index tuples. (Other reductions are written out before.) */
export const scatterND: GradRule<"ScatterND"> = {
  data: ({ g, x, dy }) => {
    const zeros = g.full(dimsOf(x.updates), 0, typeOf(dy.output));
    return g.op("ScatterND", [dy.output, x.indices, zeros], dimsOf(x.data));
  },
  indices: positions,
  updates: ({ g, x, dy }) => g.op("GatherND", [dy.output, x.indices], dimsOf(x.updates)),
};

/** `data` with `updates` at indices along `axis`: instead, added, multiplied, or the extreme one. */
export const scatterElements: GradRule<"ScatterElements"> = {
  data: (context) => {
    const { g, x, dy } = context;
    switch (reductionOf(context)) {
      case "none":
        return scattered(context, dy.output, g.full(dimsOf(x.updates), 0, typeOf(dy.output)));
      case "add":
        return dy.output;
      case "mul":
        return g.mul(dy.output, factors(context).ofData);
      default:
        return g.mul(dy.output, shares(context).ofData);
    }
  },
  indices: positions,
  updates: (context) => {
    const { g, dy } = context;
    const through = gathered(context, dy.output);
    switch (reductionOf(context)) {
      case "none":
      case "add":
        return through;
      case "mul":
        return g.mul(through, factors(context).ofUpdates);
      default:
        return g.mul(through, shares(context).ofUpdates);
    }
  },
};

type Scatter = RuleContext<"ScatterElements">;

function reductionOf({ node }: Scatter): string {
  return node.string("reduction", "none");
}

function scattered(
  { g, x, node }: Scatter,
  data: Value,
  updates: Value,
  reduction = "none",
): Value {
  const attributes = { axis: node.int("axis", 0), reduction };
  return g.op("ScatterElements", [data, x.indices, updates], dimsOf(x.data), attributes);
}

function gathered({ g, x, node }: Scatter, from: Value): Value {
  const attributes = { axis: node.int("axis", 0) };
  return g.op("GatherElements", [from, x.indices], dimsOf(x.updates), attributes);
}

/** What each factor of a product is multiplied by: the others, also where some are zero. */
function factors(context: Scatter): { readonly ofData: Value; readonly ofUpdates: Value } {
  const { g, x } = context;
  const [data, updates] = [withoutZeros(g, x.data), withoutZeros(g, x.updates)];
  const product = scattered(context, data.safe, updates.safe, "mul");
  const zeros = scattered(context, data.isZero, updates.isZero, "add");
  const others = (all: Value, count: Value, own: ReturnType<typeof withoutZeros>) => {
    const rest = g.sub(count, own.isZero);
    const isOnly = g.compare("Equal", rest, g.scalar(0, rest));
    return g.where(isOnly, g.div(all, own.safe), g.scalar(0, all));
  };
  return {
    ofData: others(product, zeros, data),
    ofUpdates: others(gathered(context, product), gathered(context, zeros), updates),
  };
}

/** Numbers with 1 in the place of 0, and 1 where that is. */
function withoutZeros(g: Builder, x: Value): { readonly safe: Value; readonly isZero: Value } {
  const isZero = g.compare("Equal", x, g.scalar(0, x));
  return { safe: g.where(isZero, g.scalar(1, x), x), isZero: g.cast(isZero, typeOf(x)) };
}

/** Which numbers are the extreme of their place; equal ones share it. */
function shares(context: Scatter): { readonly ofData: Value; readonly ofUpdates: Value } {
  const { g, x, y } = context;
  const type = typeOf(x.data);
  const ofData = g.cast(g.compare("Equal", x.data, y.output), type);
  const ofUpdates = g.cast(g.compare("Equal", x.updates, gathered(context, y.output)), type);
  const counts = scattered(context, ofData, ofUpdates, "add");
  return {
    ofData: g.div(ofData, counts),
    ofUpdates: g.div(ofUpdates, gathered(context, counts)),
  };
}
