import { z } from "zod";

/** The options that every chart takes, as zod reads them. */
export const chartSchema = {
  widthPx: z.number().int().min(160).optional(),
  title: z.string().optional(),
} as const;
