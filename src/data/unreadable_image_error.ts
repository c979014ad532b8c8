/** A picture could not be decoded; `message` says which, why, and what to do. */
export class UnreadableImageError extends Error {
  /** The file, address or name of the picture. */
  readonly picture: string;
  /** Why it could not be read. */
  readonly reason: string;

  /** An error about `picture`, from what the decoder threw. */
  constructor(picture: string, cause: unknown) {
    const reason = reasonOf(cause);
    super(
      `Cannot read the picture "${picture}": ${reason}. Remove it, save it anew as JPEG or PNG, ` +
        `or leave such pictures out with onUnreadable: "skip"`,
      { cause },
    );
    this.name = "UnreadableImageError";
    this.picture = picture;
    this.reason = reason;
  }
}

function reasonOf(cause: unknown): string {
  const text = cause instanceof Error ? cause.message : String(cause);
  if (/Input file is missing|No such file/.test(text)) return "there is no such file";
  if (/unsupported image format|Unsupported codec/.test(text)) {
    return "it holds no picture in a format known here (JPEG, PNG, WebP, GIF, AVIF, TIFF, BMP, " +
      "PGM, PPM)";
  }
  return text.trim().split("\n")[0]!.replace(/\.$/, "");
}
