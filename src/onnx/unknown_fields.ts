import type { Message } from "@bufbuild/protobuf";

/** `message` with the fields that the schema does not know of the message it was made from. */
export function withUnknownFields<M extends Message>(message: M, source: Message | undefined): M {
  if (source?.$unknown) message.$unknown = source.$unknown;
  return message;
}
