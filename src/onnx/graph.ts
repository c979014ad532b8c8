import type { DataType } from "../tensor/dtype.ts";
import type { Tensor } from "../tensor/tensor.ts";
import type { Attribute } from "./attribute.ts";

/** One axis of a shape: a number, or the name of a size that is known only at run time. */
export type Dim = number | string;

/** A tensor that flows through a graph: an input, a constant or what a node puts out. */
export class Value {
  /** Element type, where known. */
  type: DataType | undefined;
  /** Shape, where known. */
  shape: readonly Dim[] | undefined;
  /** The node that puts it out; none for inputs and constants. */
  producer: Node | undefined;
  /** Nodes that read it, subgraphs inside them included. */
  readonly consumers: Set<Node> = new Set();
  /** Its elements, where it is a constant (an initializer). */
  constant: Tensor | undefined;
  /** Whether the constant was written as a Constant node, not stored as weights are. */
  isLiteral = false;
  /** What Graft does not use of the message it was read from; it is written again. */
  source: object | undefined;

  /** Use `Graph.value`, `addInput`, `addConstant` or `add` to make one. */
  constructor(readonly name: string) {}
}

/** What a node is made of, beside its inputs. */
export interface NodeOptions {
  /** Names of the outputs (`""` leaves one out), or how many to name freshly. @default {1} */
  readonly outputs?: readonly string[] | number;
  /** Attributes by name. */
  readonly attributes?: Readonly<Record<string, Attribute>>;
  /** Operator domain; `""` is ONNX's own. @default {""} */
  readonly domain?: string;
  /** Node name. @default {the operator's name} */
  readonly name?: string;
  /** Values of this graph that subgraphs inside the node read. */
  readonly captures?: readonly Value[];
  /** The message the node was read from, for the fields Graft does not know. */
  readonly source?: object;
}

/** An operator applied to values. Change its inputs through its `Graph` only. */
export class Node {
  /** Operator name, such as `Conv`. */
  opType: string;
  /** Operator domain; `""` is ONNX's own. */
  domain: string;
  /** Node name; may be empty. */
  name: string;
  /** Inputs by position; `undefined` where an optional one is left out. */
  readonly inputs: readonly (Value | undefined)[];
  /** Outputs by position; `undefined` where an optional one is left out. */
  readonly outputs: readonly (Value | undefined)[];
  /** Attributes by name. */
  readonly attributes: Map<string, Attribute>;
  /** Values of the surrounding graph that subgraphs inside this node read. */
  readonly captures: readonly Value[];
  /** The message it was read from, for the fields Graft does not know. */
  readonly source: object | undefined;

  /** Use `Graph.add` to make one. */
  constructor(
    opType: string,
    inputs: readonly (Value | undefined)[],
    outputs: readonly (Value | undefined)[],
    options: NodeOptions,
  ) {
    this.opType = opType;
    this.inputs = [...inputs];
    this.outputs = outputs;
    this.domain = options.domain === "ai.onnx" ? "" : options.domain ?? "";
    this.name = options.name ?? "";
    this.attributes = new Map(Object.entries(options.attributes ?? {}));
    this.captures = options.captures ?? [];
    this.source = options.source;
  }

  /** Every value it reads, subgraphs included, each as often as it is read. */
  reads(): Value[] {
    return [
      ...this.inputs.filter((value) => value !== undefined),
      ...this.captures,
    ];
  }

  /** `"name" (Operator)`, for messages. */
  toString(): string {
    const operator = this.domain === "" ? this.opType : `${this.domain}.${this.opType}`;
    return `node "${this.name || this.outputs.find((value) => value)?.name}" (${operator})`;
  }

  /** An integer attribute, or `otherwise` where it is absent. */
  int(name: string, otherwise: number): number {
    const attribute = this.attributes.get(name);
    return attribute?.kind === "int" ? attribute.value : otherwise;
  }

  /** A float attribute, or `otherwise` where it is absent. */
  float(name: string, otherwise: number): number {
    const attribute = this.attributes.get(name);
    return attribute?.kind === "float" ? attribute.value : otherwise;
  }

  /** A list of integers, or `undefined` where it is absent. */
  ints(name: string): readonly number[] | undefined {
    const attribute = this.attributes.get(name);
    return attribute?.kind === "ints" ? attribute.value : undefined;
  }

  /** A string attribute, or `otherwise` where it is absent. */
  string(name: string, otherwise: string): string {
    const attribute = this.attributes.get(name);
    return attribute?.kind === "string" ? attribute.value : otherwise;
  }
}

/**
 * A graph of operators with links both ways: every value knows who makes and who reads it, and
 * every edit keeps those links right.
 */
export class Graph {
  /** Inputs that are fed at run time, in order. */
  readonly inputs: Value[] = [];
  /** Outputs, in order. */
  readonly outputs: Value[] = [];
  /** Operator-set version by domain; `""` is ONNX's own. */
  readonly opsets: Map<string, number> = new Map();
  readonly #values = new Map<string, Value>();
  readonly #nodes = new Set<Node>();
  #fresh = 0;

  /** Nodes in the order they were added. */
  get nodes(): ReadonlySet<Node> {
    return this.#nodes;
  }

  /** Every value by name. */
  get values(): ReadonlyMap<string, Value> {
    return this.#values;
  }

  /** Constants (initializers), in the order they were added. */
  constants(): Value[] {
    return [...this.#values.values()].filter((value) => value.constant !== undefined);
  }

  /** The value called `name`, made where there is none yet. */
  value(name: string): Value {
    const known = this.#values.get(name);
    if (known) return known;
    const value = new Value(name);
    this.#values.set(name, value);
    return value;
  }

  /** Adds an input. Throws `RangeError` where the name is taken by an input, constant or node. */
  addInput(
    name: string,
    type: DataType | undefined,
    shape: readonly Dim[] | undefined,
  ): Value {
    const value = this.#unmade(name);
    value.type = type;
    value.shape = shape;
    this.inputs.push(value);
    return value;
  }

  /** Adds a constant. Throws `RangeError` where the name is taken by an input, constant or node. */
  addConstant(name: string, constant: Tensor): Value {
    const value = this.#unmade(name);
    value.constant = constant;
    value.type = constant.type;
    value.shape = constant.dims;
    return value;
  }

  /** Adds a node that reads `inputs`. Throws `RangeError` where an output's name is taken. */
  add(
    opType: string,
    inputs: readonly (Value | undefined)[],
    options: NodeOptions = {},
  ): Node {
    const { outputs = 1 } = options;
    const names = typeof outputs === "number"
      ? Array.from({ length: outputs }, () => this.fresh(opType.toLowerCase()))
      : outputs;
    const values = names.map((name) => name === "" ? undefined : this.#unmade(name));
    const node = new Node(opType, inputs, values, options);
    for (const value of values) if (value) value.producer = node;
    for (const value of node.reads()) value.consumers.add(node);
    this.#nodes.add(node);
    return node;
  }

  /** Makes input `position` of `node` read `value`. */
  setInput(node: Node, position: number, value: Value | undefined): void {
    const before = node.inputs[position];
    const inputs = node.inputs as (Value | undefined)[];
    while (inputs.length <= position) inputs.push(undefined);
    inputs[position] = value;
    while (inputs.length > 0 && inputs[inputs.length - 1] === undefined) {
      inputs.pop();
    }
    if (before && !node.reads().includes(before)) before.consumers.delete(node);
    value?.consumers.add(node);
  }

  /** The output at `position` of `node`, added under a fresh name where it was left out. */
  addOutput(node: Node, position: number): Value {
    const known = node.outputs[position];
    if (known) return known;
    const outputs = node.outputs as (Value | undefined)[];
    while (outputs.length <= position) outputs.push(undefined);
    const value = this.#unmade(this.fresh(node.opType.toLowerCase()));
    value.producer = node;
    outputs[position] = value;
    return value;
  }

  /**
   * Makes `node` put out output `position` under another name. The value of the old name keeps its
   * readers and waits for another node to put it out; without readers it is forgotten.
   */
  renameOutput(node: Node, position: number, name: string): Value {
    const before = node.outputs[position];
    const value = this.#unmade(name);
    (node.outputs as (Value | undefined)[])[position] = value;
    value.producer = node;
    if (!before || before === value) return value;
    value.type = before.type;
    value.shape = before.shape;
    before.producer = undefined;
    const isRead = before.consumers.size > 0 || this.outputs.includes(before);
    if (!isRead) this.#values.delete(before.name);
    return value;
  }

  /** Drops output `position` of `node`. Throws `RangeError` where something reads it. */
  dropOutput(node: Node, position: number): void {
    const value = node.outputs[position];
    if (!value) return;
    this.#refuseInUse(value);
    this.#values.delete(value.name);
    const outputs = node.outputs as (Value | undefined)[];
    outputs[position] = undefined;
    while (outputs.length > 0 && outputs[outputs.length - 1] === undefined) {
      outputs.pop();
    }
  }

  /** Makes every reader of `before`, graph outputs included, read `after` instead. */
  replaceUses(before: Value, after: Value): void {
    for (const node of [...before.consumers]) {
      if (node.captures.includes(before)) {
        throw new RangeError(
          `Cannot replace "${before.name}": a subgraph of ${node} reads it`,
        );
      }
      node.inputs.forEach((value, position) => {
        if (value === before) this.setInput(node, position, after);
      });
    }
    this.outputs.forEach((value, position) => {
      if (value === before) this.outputs[position] = after;
    });
  }

  /** Removes a node and its outputs. Throws `RangeError` where something reads them. */
  remove(node: Node): void {
    for (const value of node.outputs) if (value) this.#refuseInUse(value);
    this.#nodes.delete(node);
    for (const value of node.reads()) value.consumers.delete(node);
    for (const value of node.outputs) {
      if (value) this.#values.delete(value.name);
    }
  }

  /** Makes the only output of a node a constant; the node goes, the name and the readers stay. */
  makeConstant(value: Value, constant: Tensor): void {
    const node = value.producer;
    if (node) {
      this.#nodes.delete(node);
      for (const read of node.reads()) read.consumers.delete(node);
    }
    value.producer = undefined;
    value.constant = constant;
    value.type = constant.type;
    value.shape = constant.dims;
  }

  /** Forgets an input or constant. Throws `RangeError` where something reads it. */
  removeSource(value: Value): void {
    this.#refuseInUse(value);
    this.#values.delete(value.name);
    const position = this.inputs.indexOf(value);
    if (position >= 0) this.inputs.splice(position, 1);
  }

  /** Removes nodes and constants that no output depends on. Inputs stay. */
  prune(): void {
    for (const node of this.sorted().reverse()) {
      const used = node.outputs.some((value) =>
        value && (value.consumers.size > 0 || this.outputs.includes(value))
      );
      if (!used) this.remove(node);
    }
    for (const value of this.constants()) {
      if (value.consumers.size === 0 && !this.outputs.includes(value)) {
        this.#values.delete(value.name);
      }
    }
  }

  /** Nodes so that each comes after what it reads. Throws `SyntaxError` where the graph has a cycle. */
  sorted(): Node[] {
    const sorted: Node[] = [];
    const waiting = new Map<Node, number>();
    for (const node of this.#nodes) {
      const made = new Set(
        node.reads().map((value) => value.producer).filter((one) => one),
      );
      waiting.set(node, made.size);
    }
    let ready = [...this.#nodes].filter((node) => waiting.get(node) === 0);
    while (ready.length > 0) {
      const next: Node[] = [];
      for (const node of ready) {
        sorted.push(node);
        const readers = new Set(
          node.outputs.flatMap((value) => value ? [...value.consumers] : []),
        );
        for (const reader of readers) {
          const left = waiting.get(reader)! - 1;
          waiting.set(reader, left);
          if (left === 0) next.push(reader);
        }
      }
      ready = next;
    }
    if (sorted.length < this.#nodes.size) {
      const stuck = [...this.#nodes].find((node) => waiting.get(node)! > 0);
      throw new SyntaxError(`The graph has a cycle through ${stuck}`);
    }
    return sorted;
  }

  /** A name that no value has yet, `stem` with a number. */
  fresh(stem: string): string {
    let name: string;
    do name = `${stem}_${this.#fresh++}`; while (this.#values.has(name));
    return name;
  }

  /** A copy with values and nodes of its own; the elements of constants are shared. */
  clone(): Graph {
    const copy = new Graph();
    copy.#fresh = this.#fresh;
    for (const [domain, version] of this.opsets) {
      copy.opsets.set(domain, version);
    }
    const twin = (value: Value) => {
      const made = copy.value(value.name);
      made.type = value.type;
      made.shape = value.shape;
      made.constant = value.constant;
      made.isLiteral = value.isLiteral;
      made.source = value.source;
      return made;
    };
    for (const value of this.#values.values()) twin(value);
    for (const node of this.#nodes) {
      copy.add(
        node.opType,
        node.inputs.map((value) => value && copy.value(value.name)),
        {
          outputs: node.outputs.map((value) => value?.name ?? ""),
          attributes: Object.fromEntries(node.attributes),
          domain: node.domain,
          name: node.name,
          captures: node.captures.map((value) => copy.value(value.name)),
          ...(node.source && { source: node.source }),
        },
      );
    }
    for (const value of this.inputs) copy.inputs.push(copy.value(value.name));
    for (const value of this.outputs) copy.outputs.push(copy.value(value.name));
    return copy;
  }

  #unmade(name: string): Value {
    const value = this.value(name);
    if (value.producer || value.constant || this.inputs.includes(value)) {
      throw new RangeError(`The graph has two values called "${name}"`);
    }
    return value;
  }

  #refuseInUse(value: Value): void {
    if (value.consumers.size > 0 || this.outputs.includes(value)) {
      const reader = [...value.consumers][0];
      throw new RangeError(
        `Cannot remove "${value.name}": ${reader ?? "a graph output"} reads it`,
      );
    }
  }
}
