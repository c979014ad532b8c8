/** Runs FOLDER/model.onnx on FOLDER/input: `web_runtime.js FOLDER NAME DIMS`. See web_runtime.ts. */
// A variable, so that the package is no dependency of the project.
const address = "npm:onnxruntime-web@1.30.0";
const { env, InferenceSession, Tensor } = await import(address);
const [folder, name, dims] = Deno.args;
env.wasm.numThreads = 1;
const model = await Deno.readFile(`${folder}/model.onnx`);
const session = await InferenceSession.create(model, { executionProviders: ["wasm"] });
const data = new Float32Array((await Deno.readFile(`${folder}/input`)).buffer);
const found = await session.run({
  [name]: new Tensor("float32", data, dims.split(",").map(Number)),
});
const output = found[session.outputNames[0]].data;
await Deno.writeFile(
  `${folder}/output`,
  new Uint8Array(output.buffer, output.byteOffset, output.byteLength),
);
