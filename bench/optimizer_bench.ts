/**
 * One update of all parameters by each optimizer, over the tensors of ResNet-18 and over those of
 * BERT-base (199 tensors, 109 million numbers; about 3 GB).
 *
 *     deno bench -A bench/optimizer_bench.ts
 */
import { adam, adamW, lamb, lion, lookahead, type Model, sgd } from "../mod.ts";
import { tensorsOnly } from "./tensors_only.ts";
import { resnet18 } from "../models/resnet.ts";
import { numbers, regression } from "./steps.ts";
import { benchUpdate } from "./timed.ts";

const BERT_WIDTH = 768;
const WIDE = 4 * BERT_WIDTH;

const optimizers = {
  "sgd": sgd(),
  "sgd with momentum": sgd({ momentum: 0.9 }),
  "adam": adam(),
  "adamW": adamW(),
  "lion": lion(),
  "lamb": lamb(),
  "lookahead of adamW": lookahead(adamW()),
};

const networks: Readonly<Record<string, () => Model>> = {
  "ResNet-18": () => tensorsOnly([...resnet18().parameters.values()].map(({ shape }) => shape)),
  "BERT-base": () => tensorsOnly(bertShapes()),
};

for (const [network, model] of Object.entries(networks)) {
  for (const [name, optimizer] of Object.entries(optimizers)) {
    benchUpdate(`${name} over ${network}`, {
      model,
      dataset: (made) => regression(numbers(made, 1), 1),
      optimizer,
      loss: "mse",
      n: network === "BERT-base" ? 3 : 10,
    });
  }
}

/** Shapes of the weights of BERT-base, uncased, with its pooler. */
function bertShapes(): number[][] {
  const square = [[BERT_WIDTH, BERT_WIDTH], [BERT_WIDTH]];
  const norm = [[BERT_WIDTH], [BERT_WIDTH]];
  const layer = [
    ...[square, square, square, square, norm].flat(),
    ...[[WIDE, BERT_WIDTH], [WIDE], [BERT_WIDTH, WIDE], [BERT_WIDTH]],
    ...norm,
  ];
  const embeddings = [30_522, 512, 2].map((count) => [count, BERT_WIDTH]);
  return [...embeddings, ...norm, ...Array.from({ length: 12 }, () => layer).flat(), ...square];
}
