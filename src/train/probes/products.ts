import { int } from "../../onnx/attribute.ts";
import { Graph } from "../../onnx/graph.ts";
import { encodeGraph } from "../../onnx/write_model.ts";
import type { Runtime } from "../../runtime/runtime.ts";
import { tensor } from "../../tensor/tensor.ts";

/** A matrix of float32, row-major. */
export interface Matrix {
  /** Its numbers. */
  readonly data: Float32Array;
  /** Rows. */
  readonly rows: number;
  /** Columns. */
  readonly columns: number;
}

/** A matrix product made ready on an engine. */
export interface Product {
  /** The product of two matrices, each turned as the product was made to. */
  of(a: Matrix, b: Matrix): Promise<Float32Array>;
  /** Frees the engine's memory. */
  release(): Promise<void>;
}

/** A·B by the engine, on all its threads; `"A·Bᵀ"` and `"Aᵀ·B"` read one of them turned. */
export async function productOn(runtime: Runtime, form: "A·Bᵀ" | "Aᵀ·B"): Promise<Product> {
  const graph = new Graph();
  graph.opsets.set("", 17);
  const inputs = ["a", "b"].map((name) =>
    graph.addInput(name, "float32", [`${name}0`, `${name}1`])
  );
  const turned = form === "A·Bᵀ" ? { transB: int(1) } : { transA: int(1) };
  const y = graph.add("Gemm", inputs, { outputs: ["y"], attributes: turned }).outputs[0]!;
  y.type = "float32";
  graph.outputs.push(y);
  const session = await runtime.session(encodeGraph(graph));
  const fed = ({ data, rows, columns }: Matrix) =>
    tensor("float32", [rows, columns], data as Float32Array<ArrayBuffer>);
  return {
    of: async (a, b) => (await session.run({ a: fed(a), b: fed(b) })).y!.data as Float32Array,
    release: () => session.release(),
  };
}
