/**
 * What the library itself takes of a training step: time of the main thread on a core, while the engine
 * works in threads of its own. Linux only; exits 1 where the bound of
 * the small head is not met.
 *
 *     deno run -A bench/overhead.ts
 *
 * The sweep of the optimizer is included, so that these are upper bounds; that of ResNet-18 is 2 % of
 * the step without the sweep, which `optimizer_bench.ts` measures, and is not checked here.
 * A head of 512 features and ten classes is so small that the main thread runs it by itself: what is
 * printed holds the engine's run and the sweep too, and the bound is 0.3 ms.
 */
import { adamW, type FitOptions, type Model } from "../mod.ts";
import { linear } from "../models/layers.ts";
import { input, network, output, toModel } from "../models/network.ts";
import { resnet18 } from "../models/resnet.ts";
import { fitSteps, momentum, numbers } from "./steps.ts";

const MOST_MS_OF_HEAD = 0.3;

const large = await perStep(resnet18(), { steps: 5, batchSize: 16, optimizer: momentum() });
const share = large.mainMs / large.ms;
console.log(
  `ResNet-18: ${large.ms.toFixed(0)} ms a step, the main thread ${
    large.mainMs.toFixed(1)
  } of them, ` +
    `${(100 * share).toFixed(1)} %, the sweep of the optimizer included`,
);
const small = await perStep(head(), { steps: 3000, batchSize: 32, optimizer: adamW() });
console.log(`head: ${small.ms.toFixed(3)} ms a step, the main thread ${small.mainMs.toFixed(3)}`);
if (small.mainMs > MOST_MS_OF_HEAD) Deno.exit(1);

/** Means over the later half of the steps. */
async function perStep(
  model: Model,
  options: { steps: number; batchSize: number } & Pick<FitOptions, "optimizer">,
): Promise<{ ms: number; mainMs: number }> {
  const { steps, batchSize } = options;
  const first = Math.floor(steps / 2);
  let [ms, mainMs] = [0, 0];
  await fitSteps(model, numbers(model, batchSize), {
    ...options,
    schedule: (step) => {
      const sign = step === first ? -1 : step === steps - 1 ? 1 : 0;
      if (sign !== 0) {
        ms += sign * performance.now();
        mainMs += sign * msOnCore();
      }
      return 1;
    },
  });
  const counted = steps - 1 - first;
  return { ms: ms / counted, mainMs: mainMs / counted };
}

/** Milliseconds that this thread has run, by the kernel's scheduler. */
function msOnCore(): number {
  return Number(Deno.readTextFileSync("/proc/thread-self/schedstat").split(" ")[0]) / 1e6;
}

function head(): Model {
  const net = network(0);
  const x = input(net, "x", ["batch", 512]);
  output(net, linear(net, x, { name: "head", features: 10 }));
  return toModel(net, { name: "head" });
}
