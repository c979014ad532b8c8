import { assertEquals } from "@std/assert";
import { killAndResume } from "./kill_and_resume.ts";

Deno.test({
  name: "runs that are killed at random moments and resumed come out bit for bit like whole ones",
  ignore: Deno.build.os === "windows",
  async fn() {
    const { kills, problems } = await killAndResume(6, { seed: 1 });
    assertEquals({ kills, problems }, { kills: 6, problems: [] });
  },
});
