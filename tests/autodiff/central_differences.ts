import { assert, assertEquals } from "@std/assert";
import type { Attribute } from "../../src/onnx/attribute.ts";
import { encodeGraph } from "../../src/onnx/write_model.ts";
import { cpu } from "../../src/runtime/onnxruntime.ts";
import { rng } from "../../src/tensor/rng.ts";
import { sizeOf } from "../../src/tensor/shape.ts";
import { type Tensor, tensor } from "../../src/tensor/tensor.ts";
import { differentiate, type OneOperator } from "./one_operator.ts";

/**
 * One operator at one setting: float inputs, given by their shapes, are differentiated, given tensors
 * are constants.
 */
export interface Case {
  readonly op: string;
  readonly inputs: readonly (readonly number[] | Tensor | undefined)[];
  readonly attributes?: Readonly<Record<string, Attribute>>;
  readonly outputs?: number;
  /** Outputs that are differentiated through; the others may be integers. @default {all} */
  readonly through?: number;
  /** Operator set. @default {18} */
  readonly opset?: number;
  /** Domain of the operator. */
  readonly space?: string;
  /** Moves the random inputs away from where the operator is not smooth or not defined. */
  readonly domain?: (x: number) => number;
}

/** The case with its random inputs and weights. */
function drawn(row: Case): OneOperator {
  const random = rng("gradients", row.op, row.inputs.length);
  const draw = (dims: readonly number[], move = row.domain ?? ((x) => x)) =>
    tensor(
      "float32",
      dims,
      Float32Array.from({ length: sizeOf(dims) }, () => move(random.normal())),
    );
  const outputs = row.outputs ?? 1;
  return {
    op: row.op,
    domain: row.space ?? "",
    opset: row.opset ?? 18,
    attributes: row.attributes ?? {},
    inputs: row.inputs.map((input) =>
      !input
        ? undefined
        : Array.isArray(input)
        ? { tensor: draw(input), isConstant: false }
        : { tensor: input as Tensor, isConstant: true }
    ),
    outputs,
    weights: (position, output) =>
      position < (row.through ?? outputs)
        ? draw(output.shape as readonly number[], (x) => x)
        : undefined,
  };
}

/** Registers a test for every case: its gradients against central differences in a random direction. */
export function checkGradients(cases: readonly Case[]): void {
  for (const row of cases) {
    const shapes = row.inputs.map((one) => Array.isArray(one) ? `[${one}]` : "const").join(" ");
    const set = Object.entries(row.attributes ?? {}).map(([name, one]) =>
      `${name}=${"value" in one ? one.value : ""}`
    ).join(" ");
    Deno.test(`gradients() of ${row.op} ${shapes} ${set} are those of central differences`, async () => {
      const { graph, feeds, loss, found } = await differentiate(drawn(row));
      const session = await cpu.session(encodeGraph(graph));
      const results = await session.run(feeds);
      for (const [input, gradient] of found) {
        const at = feeds[input.name] as Tensor<"float32">;
        const random = rng("direction", input.name);
        const direction = Float32Array.from(at.data, () => random.normal());
        const step = 1e-2;
        const value = async (sign: number) => {
          const data = at.data.map((x, i) => x + sign * step * direction[i]!);
          const moved = { ...feeds, [input.name]: tensor("float32", at.dims, data) };
          return Number((await session.run(moved, {}, [loss.name]))[loss.name]!.data[0]);
        };
        const measured = (await value(1) - await value(-1)) / (2 * step);
        const data = results[gradient.name]!.data as Float32Array;
        const exact = data.reduce((sum, number, i) => sum + number * direction[i]!, 0);
        const size = Math.hypot(...data) * Math.hypot(...direction) + 1e-3;
        assert(
          Math.abs(measured - exact) < 6e-3 * size,
          `by "${input.name}": ${exact}, by central differences ${measured}`,
        );
      }
      assertEquals(found.size, Object.keys(feeds).length);
      await session.release();
    });
  }
}
