import type { Tensors } from "../../runtime/runtime.ts";
import type { Dataset } from "../../tensor/dataset.ts";
import { join } from "@std/path";
import { batches, type HostBatch } from "../loader.ts";
import { FeatureTable, type Rows } from "./feature_table.ts";
import { type FeatureFile, FeatureWriter, openFeatureFile } from "./feature_file.ts";
import { layoutOf, packed, rowBytes, type RowLayout } from "./row_layout.ts";

/** Features that do not fit in memory go to a temporary file up to this many bytes. */
const MOST_TEMPORARY_BYTES = 2 ** 34;

/** How the features of a data set are computed and kept. */
export interface FillOptions {
  /** Examples at a time. */
  readonly batchSize: number;
  /** Number of classes, to check targets. */
  readonly classCount: number | undefined;
  /** Which draw of random changes. */
  readonly epoch: number;
  /** Names of the features. */
  readonly names: readonly string[];
  /** Most bytes to keep in memory. */
  readonly memoryBytes: number;
  /** File that the features are kept in for later runs. */
  readonly file: string | undefined;
  /** Told how many examples are done. */
  readonly progress: (done: number) => void;
}

/**
 * The features of every example, computed once, in order: in memory as far as they fit, past that in
 * a file, and in the file named in any case. Such a file of an earlier run is read instead.
 * `undefined` where there is no place for them, or where batches differ in shape, as those of texts of
 * several lengths do.
 */
export async function fillTable(
  dataset: Dataset,
  compute: (batch: HostBatch) => Promise<Tensors>,
  options: FillOptions,
): Promise<FeatureTable | undefined> {
  const { file, memoryBytes } = options;
  const known = file === undefined ? undefined : openFeatureFile(file);
  if (known && !hasAll(known, options.names)) known.rows.close();
  else if (known) {
    options.progress(known.rows.count);
    return tableOf(known, memoryBytes);
  }
  const order = Uint32Array.from({ length: dataset.length }, (_, index) => index);
  let place: Place | undefined;
  let shapes: string | undefined;
  try {
    let done = 0;
    for await (const batch of batches(dataset, { ...options, order })) {
      shapes ??= shapesOf(batch);
      if (shapesOf(batch) !== shapes) {
        await place?.discard();
        return undefined;
      }
      const features = await compute(batch);
      place ??= await Place.find(layoutOf(features, batch), dataset.length, options);
      if (!place) return undefined;
      await place.append(packed(place.layout, features, batch), batch.count);
      options.progress(done += batch.count);
    }
    return await place?.finish();
  } catch (error) {
    await place?.discard();
    throw error;
  }
}

/** Shapes of a batch's inputs, to be compared. */
function shapesOf({ inputs }: HostBatch): string {
  return JSON.stringify(Object.values(inputs).map(({ dims }) => dims));
}

function hasAll({ layout }: FeatureFile, names: readonly string[]): boolean {
  return names.every((name) => layout.features.some((one) => one.name === name));
}

/** Where the rows of a table are gathered: in memory, in a file, or both. */
class Place {
  #rows = 0;

  private constructor(
    readonly layout: RowLayout,
    readonly memory: Uint8Array | undefined,
    readonly writer: FeatureWriter | undefined,
    /** The folder of a file that goes with the table. */
    readonly temporary: string | undefined,
  ) {}

  static async find(
    layout: RowLayout,
    length: number,
    { memoryBytes, file }: FillOptions,
  ): Promise<Place | undefined> {
    const bytes = rowBytes(layout) * length;
    const memory = bytes <= memoryBytes ? new Uint8Array(bytes) : undefined;
    if (file !== undefined) {
      return new Place(layout, memory, await FeatureWriter.create(file, layout), undefined);
    }
    if (memory) return new Place(layout, memory, undefined, undefined);
    if (bytes > MOST_TEMPORARY_BYTES) return undefined;
    try {
      const folder = await Deno.makeTempDir({ prefix: "graft_features_" });
      return new Place(
        layout,
        undefined,
        await FeatureWriter.create(join(folder, "rows"), layout),
        folder,
      );
    } catch {
      // Without a place to write they are computed anew each time.
      return undefined;
    }
  }

  async append(bytes: Uint8Array, count: number): Promise<void> {
    this.memory?.set(bytes, this.#rows * rowBytes(this.layout));
    this.#rows += count;
    await this.writer?.append(bytes, count);
  }

  async finish(): Promise<FeatureTable> {
    await this.writer?.finish();
    if (this.memory) {
      return new FeatureTable(inMemory(this.memory, this.#rows, this.layout), this.layout);
    }
    const file = openFeatureFile(this.writer!.path)!;
    const { temporary } = this;
    const close = () => {
      file.rows.close();
      if (temporary !== undefined) Deno.removeSync(temporary, { recursive: true });
    };
    return new FeatureTable({ ...file.rows, close }, this.layout);
  }

  async discard(): Promise<void> {
    await this.writer?.discard();
    if (this.temporary !== undefined) await Deno.remove(this.temporary, { recursive: true });
  }
}

/** A file's rows, in memory where they fit. */
function tableOf({ rows, layout }: FeatureFile, memoryBytes: number): FeatureTable {
  const size = rowBytes(layout);
  if (size * rows.count > memoryBytes) return new FeatureTable(rows, layout);
  const memory = new Uint8Array(size * rows.count);
  for (let row = 0; row < rows.count; row++) memory.set(rows.read(row), row * size);
  rows.close();
  return new FeatureTable(inMemory(memory, rows.count, layout), layout);
}

function inMemory(memory: Uint8Array, count: number, layout: RowLayout): Rows {
  const size = rowBytes(layout);
  return {
    count,
    read: (index) => memory.subarray(index * size, (index + 1) * size),
    close: () => {},
  };
}
