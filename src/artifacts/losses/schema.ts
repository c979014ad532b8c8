import { z } from "zod";
import type { Loss } from "../loss.ts";
import { LOSS_NAMES } from "./by_name.ts";

/** What functions take as their option `loss`. */
export const lossSchema: z.ZodType<Loss> = z.union([
  z.enum(LOSS_NAMES),
  z.custom<Loss>(isLoss).describe("a loss, such as focal()"),
  z.custom<Loss>((value) => typeof value === "function").describe("a function"),
]) as z.ZodType<Loss>;

function isLoss(value: unknown): boolean {
  return typeof value === "object" && value !== null && "losses" in value && "targets" in value;
}
