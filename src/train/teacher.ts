import { attachImageInput, IMAGES } from "../artifacts/image_input.ts";
import { TEACHER } from "../artifacts/losses/attach_loss.ts";
import type { Graph, Value } from "../onnx/graph.ts";
import type { Model } from "../onnx/model.ts";
import { dropoutToMasks } from "../onnx/passes/fold_dropout.ts";
import { normalise } from "../onnx/passes/normalise.ts";
import { copyInto } from "../onnx/subgraph.ts";
import { logitsOf } from "./evaluate_output.ts";

/** The sizes of what a graph is fed. */
interface TeacherOptions {
  readonly shapes: Readonly<Record<string, readonly number[]>>;
  readonly batch: number;
}

/**
 * Adds a teacher to its student's graph: it reads the student's inputs, and its logits are a further
 * output, `TEACHER`. Nothing of it is trained, so it is run as an inference program.
 *
 * Throws `TypeError` where it takes other inputs or gives another number of outputs.
 */
export function attachTeacher(
  graph: Graph,
  student: Model,
  teacher: Model,
  { shapes, batch }: TeacherOptions,
): void {
  checkTeacher(student, teacher);
  const body = teacher.graph.clone();
  body.outputs.splice(1);
  body.outputs[0] = logitsOf(body.outputs[0]!);
  body.prune();
  normalise(body);
  dropoutToMasks(body, false);
  if (IMAGES in shapes) {
    const picture = body.inputs.find(({ shape }) => shape?.length === 4)!;
    attachImageInput(body, picture, teacher.preprocessing!, batch, shapes);
  }
  const twins = new Map<Value, Value>();
  for (const input of body.inputs) {
    if (input.consumers.size > 0) twins.set(input, inputFor(graph, input.name, teacher));
  }
  copyInto(graph, body, twins);
  for (const [domain, version] of body.opsets) {
    graph.opsets.set(domain, Math.max(version, graph.opsets.get(domain) ?? 0));
  }
  const logits = twins.get(body.outputs[0]!)!;
  graph.outputs.push(graph.add("Identity", [logits], { outputs: [TEACHER] }).outputs[0]!);
}

/** Throws `TypeError` unless a teacher can be shown what its student sees, and answers in its way. */
export function checkTeacher(student: Model, teacher: Model): void {
  const [own, other] = [student, teacher].map(({ outputs }) => outputs[0]!.shape.at(-1));
  if (typeof own === "number" && typeof other === "number" && own !== other) {
    throw new TypeError(
      `The teacher "${teacher.name}" has ${other} outputs, the model ${own}; both must answer with ` +
        "the same classes: fit the teacher's head on them first",
    );
  }
  const [mine, its] = [student.preprocessing, teacher.preprocessing];
  if (!mine || !its || mine.heightPx === its.heightPx && mine.widthPx === its.widthPx) return;
  throw new TypeError(
    `The teacher "${teacher.name}" takes pictures of ${its.heightPx}×${its.widthPx}, the model ` +
      `those of ${mine.heightPx}×${mine.widthPx}; both see the same pictures, so load one of them ` +
      "in the other's size",
  );
}

function inputFor(graph: Graph, name: string, teacher: Model): Value {
  const { inputs } = graph;
  const found = inputs.find((value) => value.name === name) ??
    (inputs.length === 1 && teacher.inputs.length === 1 ? inputs[0] : undefined);
  if (found) return found;
  throw new TypeError(
    `The teacher "${teacher.name}" reads an input "${name}", which the model has not; it has ` +
      inputs.map((value) => `"${value.name}"`).join(", "),
  );
}
