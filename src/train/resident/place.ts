import { encodeGraph } from "../../onnx/write_model.ts";
import { copyingGraph, copyName } from "../../runtime/copying_graph.ts";
import type { Resident, Rooms, Runtime, Session } from "../../runtime/runtime.ts";
import type { Tensor } from "../../tensor/tensor.ts";

/** Output that takes the place of each input in the next step, by the names of a snapshot. */
export type Turns = ReadonlyMap<string, { readonly input: string; readonly output: string }>;

/**
 * Everything that changes, where it is now: on the device, or at home before the first step. Where the
 * runtime has rooms, each tensor has two: a step reads one and writes the other, the next step the
 * other way round, so that memory is set aside once and every second step finds the same addresses.
 */
export class Place {
  readonly #now = new Map<string, Resident | Tensor>();
  readonly #spare = new Map<string, Resident>();
  /** Rooms of tensors that were forgotten. */
  readonly #left = new Map<string, Resident>();
  #rooms: Rooms | undefined;
  #copying: { readonly key: string; readonly session: Session } | undefined;

  constructor(readonly runtime: Runtime) {}

  /** Whether it has to be filled. */
  get isEmpty(): boolean {
    return this.#now.size === 0;
  }

  /** The tensors by name, to feed a step with. */
  get now(): ReadonlyMap<string, Resident | Tensor> {
    return this.#now;
  }

  /** Takes what is at home, which goes to the device now or with the first step. */
  async fill(home: ReadonlyMap<string, Tensor>): Promise<void> {
    this.#rooms ??= await this.runtime.rooms();
    const rooms = this.#rooms;
    if (!rooms) {
      for (const [name, one] of home) this.#now.set(name, one);
      return;
    }
    const into: Record<string, Resident> = {};
    for (const [name, { type, dims }] of home) {
      const room = this.#left.get(name) ?? rooms.make(type, dims);
      this.#left.delete(name);
      if (!this.#spare.has(name)) this.#spare.set(name, rooms.make(type, dims));
      this.#now.set(name, room);
      into[copyName(name)] = room;
    }
    const session = await this.#copies(home);
    await session.runResident(Object.fromEntries(home), into);
  }

  /** Where a step is to write; what is not named goes to memory that the engine makes. */
  into(turns: Turns): Record<string, Resident> {
    return Object.fromEntries([...turns].flatMap(([name, { output }]) => {
      const room = this.#spare.get(name);
      return room ? [[output, room] as const] : [];
    }));
  }

  /** Moves on to what a step gave. */
  turn(turns: Turns, given: Readonly<Record<string, Resident>>): void {
    for (const [name, { output }] of turns) {
      const before = this.#now.get(name);
      this.#now.set(name, given[output]!);
      if (!before || !("isResident" in before)) continue;
      if (this.#rooms) this.#spare.set(name, before);
      else before.release();
    }
  }

  /** The elements of everything, by name: one run of a graph that changes nothing. */
  async bringHome(): Promise<Map<string, Tensor>> {
    const all = [...this.#now];
    const away = new Map(all.filter((one): one is [string, Resident] => "isResident" in one[1]));
    const home = new Map(all.filter((one): one is [string, Tensor] => "data" in one[1]));
    if (away.size === 0) return home;
    const session = await this.#copies(away);
    const made = await session.runResident(Object.fromEntries(away));
    for (const name of away.keys()) home.set(name, made.home[copyName(name)]!);
    return home;
  }

  /** Forgets the tensors; rooms are kept for the next. */
  forget(): void {
    for (const [name, one] of this.#now) {
      if (!("isResident" in one)) continue;
      if (this.#rooms) this.#left.set(name, one);
      else one.release();
    }
    this.#now.clear();
  }

  /** Frees everything. */
  async release(): Promise<void> {
    this.forget();
    for (const room of [...this.#left.values(), ...this.#spare.values()]) room.release();
    this.#left.clear();
    this.#spare.clear();
    await this.#copying?.session.release();
    this.#copying = undefined;
    await this.#rooms?.release();
    this.#rooms = undefined;
  }

  /** A session that copies tensors like the given ones. */
  async #copies(all: ReadonlyMap<string, Resident | Tensor>): Promise<Session> {
    const kinds = Array.from(all, ([name, { type, dims }]) => [name, type, dims] as const);
    const key = JSON.stringify(kinds);
    if (this.#copying?.key === key) return this.#copying.session;
    await this.#copying?.session.release();
    this.#copying = undefined;
    const session = await this.runtime.session(encodeGraph(copyingGraph(all)));
    this.#copying = { key, session };
    return session;
  }
}
