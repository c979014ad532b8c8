import { BinaryReader, BinaryWriter, WireType } from "@bufbuild/protobuf/wire";
import type { Histogram } from "./histogram.ts";

/** A picture as a file's bytes. */
export interface EncodedPicture {
  /** Pixels across. */
  readonly widthPx: number;
  /** Pixels down. */
  readonly heightPx: number;
  /** A PNG file. */
  readonly png: Uint8Array;
}

/** What is shown under a tag: a number, a distribution or a picture. */
export type SummaryValue =
  | { readonly scalar: number }
  | { readonly histogram: Histogram }
  | { readonly picture: EncodedPicture };

/** An entry of an event file: values by tag at a step, the file's version, or that a run (re)starts. */
export interface LogEvent {
  /** Seconds since 1970. */
  readonly wallTime: number;
  /** Steps taken. */
  readonly step: number;
  /** By tag. */
  readonly values?: Readonly<Record<string, SummaryValue>>;
  /** What the file is written in; the first event says so. */
  readonly fileVersion?: string;
  /** Whether a run starts here: a reader forgets what it has of this step and later ones. */
  readonly starts?: boolean;
}

/**
 * An event as TensorBoard reads it: the messages `Event`, `Summary`, `SessionLog` and
 * `HistogramProto` of TensorFlow (tensorflow/core/util/event.proto and
 * tensorflow/core/framework/summary.proto), by their field numbers.
 */
export function encodeEvent({ wallTime, step, values, fileVersion, starts }: LogEvent): Uint8Array {
  const writer = new BinaryWriter();
  writer.tag(1, WireType.Bit64).double(wallTime);
  writer.tag(2, WireType.Varint).int64(step);
  if (fileVersion !== undefined) writer.tag(3, WireType.LengthDelimited).string(fileVersion);
  if (values) {
    writer.tag(5, WireType.LengthDelimited).fork();
    for (const [tag, value] of Object.entries(values)) writeValue(writer, tag, value);
    writer.join();
  }
  if (starts) {
    writer.tag(7, WireType.LengthDelimited).fork().tag(1, WireType.Varint).int32(1).join();
  }
  return writer.finish();
}

/** The step of an encoded event. */
export function stepOf(event: Uint8Array): number {
  const reader = new BinaryReader(event);
  while (reader.pos < reader.len) {
    const [field, type] = reader.tag();
    if (field === 2) return Number(reader.int64());
    reader.skip(type);
  }
  return 0;
}

function writeValue(writer: BinaryWriter, tag: string, value: SummaryValue): void {
  writer.tag(1, WireType.LengthDelimited).fork();
  writer.tag(1, WireType.LengthDelimited).string(tag);
  if ("scalar" in value) writer.tag(2, WireType.Bit32).float(value.scalar);
  else if ("histogram" in value) writeHistogram(writer, value.histogram);
  else writePicture(writer, value.picture);
  writer.join();
}

function writeHistogram(writer: BinaryWriter, histogram: Histogram): void {
  const { least, greatest, count, sum, sumOfSquares, upTo, counts } = histogram;
  writer.tag(5, WireType.LengthDelimited).fork();
  [least, greatest, count, sum, sumOfSquares].forEach((number, at) => {
    writer.tag(at + 1, WireType.Bit64).double(number);
  });
  [upTo, counts].forEach((numbers, at) => {
    writer.tag(at + 6, WireType.LengthDelimited).fork();
    for (const number of numbers) writer.double(number);
    writer.join();
  });
  writer.join();
}

function writePicture(writer: BinaryWriter, { widthPx, heightPx, png }: EncodedPicture): void {
  const RGB = 3;
  writer.tag(4, WireType.LengthDelimited).fork();
  [heightPx, widthPx, RGB].forEach((number, at) => {
    writer.tag(at + 1, WireType.Varint).int32(number);
  });
  writer.tag(4, WireType.LengthDelimited).bytes(png).join();
}
