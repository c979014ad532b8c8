import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import type { Model } from "../../src/onnx/model.ts";
import { readModel } from "../../src/onnx/read_model.ts";
import { ModelProtoSchema } from "../../src/onnx/wire/onnx_pb.ts";
import { sizeOf } from "../../src/tensor/shape.ts";
import { type Tensor, tensor } from "../../src/tensor/tensor.ts";
import { drawnWeight, type Golden, hashed } from "./golden_numbers.ts";

/** A network of `golden/`, its batch, and what PyTorch makes of it. */
export interface GoldenNetwork {
  readonly golden: Golden;
  readonly model: Model;
  readonly inputs: { readonly x: Tensor<"float32"> };
  readonly targets: Tensor<"int64">;
}

/** The golden network `name`, with the weights and inputs that the names in it give. */
export async function goldenNetwork(name: string): Promise<GoldenNetwork> {
  const golden: Golden = JSON.parse(await Deno.readTextFile(file(`${name}.json`)));
  const numbers = hashed(`${name}/${golden.seed}`, sizeOf(golden.inputShape)).map((u) => 2 * u);
  return {
    golden,
    model: await modelOf(name),
    inputs: { x: tensor("float32", golden.inputShape, numbers) },
    targets: tensor("int64", [golden.targets.length], golden.targets),
  };
}

async function modelOf(name: string): Promise<Model> {
  const packed = (await Deno.open(file(`${name}.onnx.gz`))).readable;
  const bytes = await new Response(packed.pipeThrough(new DecompressionStream("gzip"))).bytes();
  const proto = fromBinary(ModelProtoSchema, bytes);
  for (const weight of proto.graph!.initializer) {
    const dims = weight.dims.map(Number);
    if (weight.rawData.length > 0 || sizeOf(dims) === 0) continue;
    weight.rawData = new Uint8Array(drawnWeight(weight.name, dims).buffer);
  }
  return await readModel(toBinary(ModelProtoSchema, create(ModelProtoSchema, proto)), { name });
}

function file(name: string): URL {
  return new URL(`golden/${name}`, import.meta.url);
}
