/** A tensor's table. */
export type RawTensor = {
  name?: string | undefined;
  doc_string?: string;
  dims?: bigint[] | undefined;
  data_type?: number;
  raw_data?: Uint8Array | undefined;
  external_data_offset?: bigint;
};

/** The checkpoint's own table. */
export type RawCheckpoint = {
  version?: number;
  module_state: {
    requires_grad_params: RawTensor[];
    frozen_params?: RawTensor[];
    is_nominal_state?: boolean;
    has_external_data?: boolean;
  };
  optimizer_groups: {
    group_name?: string;
    step: bigint;
    initial_learning_rate: number;
    optimizer_states: { param_name: string; momentums: RawTensor[] }[];
  }[];
  property_bag: Record<"ints" | "floats" | "strings", { name: string; value: unknown }[]>;
};

/** The bytes of float32 numbers. */
export function floats(...values: number[]): Uint8Array {
  return new Uint8Array(Float32Array.from(values).buffer);
}

/** A float32 tensor as a table; `fields` are added or take the place of its own. */
export function rawTensor(name: string, fields: RawTensor = {}): RawTensor {
  return { name, dims: [2n], data_type: 1, raw_data: floats(1, 2), ...fields };
}

/** A checkpoint of two parameters as a table, with one group and three properties. */
export function rawCheckpoint(): RawCheckpoint {
  const moments = { momentums: [rawTensor("momentum0"), rawTensor("momentum1")] };
  return {
    version: 2,
    module_state: {
      requires_grad_params: [rawTensor("weight")],
      frozen_params: [rawTensor("mean", { dims: [1n, 2n], doc_string: "unused" })],
    },
    optimizer_groups: [{
      group_name: "group0",
      step: 7n,
      initial_learning_rate: 0.5,
      optimizer_states: [{ param_name: "weight", ...moments }],
    }],
    property_bag: {
      ints: [{ name: "epoch", value: 3n }],
      floats: [{ name: "best", value: 0.25 }],
      strings: [{ name: "note", value: "ja" }],
    },
  };
}
