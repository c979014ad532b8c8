/** A library of the system and how it tells its version. */
export interface LibraryQuery {
  /** File, as the loader looks for it, such as `libcudart.so.12`. */
  readonly file: string;
  /** What it is. */
  readonly what: string;
  /** A function without parameters that gives a version, or one that writes it where its only parameter points. */
  readonly version?: {
    readonly symbol: string;
    readonly how: "returned" | "written";
    /** The number as people write it. */
    readonly text: (version: number) => string;
  };
}

/** Whether something is there, and what is to be said of it. */
export interface Finding {
  /** What was looked for. */
  readonly what: string;
  /** Whether it is there and loads. */
  readonly found: boolean;
  /** Its version or place, or what the loader said. */
  readonly detail: string;
}

/** Loads a library and asks for its version. */
export function findLibrary({ file, what, version }: LibraryQuery): Finding {
  const name = `${what} (${file})`;
  if (Deno.permissions.querySync({ name: "ffi" }).state !== "granted") {
    return { what: name, found: false, detail: "not looked for: --allow-ffi is not given" };
  }
  try {
    if (!version) {
      Deno.dlopen(file, {}).close();
      return { what: name, found: true, detail: "loads" };
    }
    const { symbol, how, text } = version;
    if (how === "returned") {
      const library = Deno.dlopen(file, {
        version: { name: symbol, parameters: [], result: "usize" },
      });
      const number = Number(library.symbols.version());
      library.close();
      return { what: name, found: true, detail: text(number) };
    }
    const library = Deno.dlopen(file, {
      version: { name: symbol, parameters: ["buffer"], result: "i32" },
    });
    const slot = new Int32Array(1);
    const status = library.symbols.version(slot);
    library.close();
    return status === 0
      ? { what: name, found: true, detail: text(slot[0]!) }
      : { what: name, found: false, detail: `loads, but ${symbol} fails with status ${status}` };
  } catch (error) {
    return { what: name, found: false, detail: plain((error as Error).message) };
  }
}

/** What the loader said, without what is said twice. */
function plain(message: string): string {
  return message.replace(/^(Could not open library: )+/, "");
}
