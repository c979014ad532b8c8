import type { Preprocessing } from "../../mod.ts";
import { STYLE } from "../demo/style.ts";
import { escaped } from "../shared/escaped.ts";

/** What a page is made of. */
export interface BrowserPage {
  /** Heading. */
  readonly title: string;
  /** The network as an ONNX file. */
  readonly model: Uint8Array;
  /** Names of its classes. */
  readonly classes: readonly string[];
  /** How pictures become its input. */
  readonly preprocessing: Preprocessing;
  /** Address of the folder of onnxruntime-web's files, with a slash at the end. */
  readonly runtime: string;
  /** Pictures to try, as `data:` URLs. */
  readonly pictures: readonly string[];
}

/** A page with the network inside that classifies pictures in the browser; nothing is sent anywhere. */
export async function browserPage(page: BrowserPage): Promise<string> {
  const { title, model, classes, preprocessing, runtime, pictures } = page;
  const classify = await Deno.readTextFile(new URL("classify.js", import.meta.url));
  // A script ends at "</script", whatever it stands in.
  const json = (value: unknown) => JSON.stringify(value).replaceAll("<", "\\u003c");
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escaped(title)}</title>
<style>${STYLE}
.tiles { display: flex; flex-wrap: wrap; gap: .5rem; padding: 0; }
.tiles button { border: 1px solid var(--line); padding: .3rem; background: none; cursor: pointer; }
.tiles img, #seen { width: 64px; height: 64px; image-rendering: pixelated; }
meter { width: 12rem; }
</style>
<main>
<header><h1>${escaped(title)}</h1>
<p>The network, ${
    (model.length / 1e6).toFixed(2)
  } MB, is inside this page; your pictures stay here.</p></header>
<section><p class="tiles">${
    pictures.map((url) => `<button><img src="${url}" alt="a picture to try"></button>`).join("\n")
  }</p>
<p><label>Your own picture: <input type="file" accept="image/*"></label></p></section>
<section><canvas id="seen"></canvas><p id="time">Loading …</p><table id="answers"></table></section>
</main>
<script type="module">
${classify.replaceAll(/^export /gm, "")}
const CLASSES = ${json(classes)};
const PREPROCESSING = ${json(preprocessing)};
const RUNTIME = new URL(${json(runtime)}, document.baseURI).href;
const MODEL = ${json(model.toBase64())};
${SCRIPT}
</script>
</html>
`;
}

const SCRIPT = `
const say = (text) => document.querySelector("#time").textContent = text;
try {
  const ort = await import(RUNTIME + "ort.wasm.min.mjs");
  ort.env.wasm.wasmPaths = RUNTIME;
  const bytes = Uint8Array.from(atob(MODEL), (letter) => letter.charCodeAt(0));
  const session = await ort.InferenceSession.create(bytes, { executionProviders: ["wasm"] });

  /** The picture's middle at the network's size, its shorter edge as long as in training. */
  const drawn = (image) => {
    const { widthPx, heightPx, resizePx } = PREPROCESSING;
    const canvas = document.querySelector("#seen");
    [canvas.width, canvas.height] = [widthPx, heightPx];
    const [width, height] = [image.naturalWidth, image.naturalHeight];
    const scale = resizePx / Math.min(width, height);
    const paper = canvas.getContext("2d", { willReadFrequently: true });
    paper.imageSmoothingQuality = "high";
    const [left, top] = [(widthPx - width * scale) / 2, (heightPx - height * scale) / 2];
    paper.drawImage(image, Math.round(left), Math.round(top), width * scale, height * scale);
    return paper.getImageData(0, 0, widthPx, heightPx).data;
  };
  const classify = async (image) => {
    const { data, dims } = inputOf(drawn(image), PREPROCESSING);
    const start = performance.now();
    const fed = { [session.inputNames[0]]: new ort.Tensor("float32", data, dims) };
    const found = await session.run(fed);
    const ms = performance.now() - start;
    const ranked = rankedOf(found[session.outputNames[0]].data, CLASSES);
    say("The answer took " + ms.toFixed(1) + " ms");
    document.querySelector("#answers").replaceChildren(...ranked.slice(0, 5).map((one) => {
      const row = document.createElement("tr");
      const [name, bar] = [document.createElement("td"), document.createElement("td")];
      name.textContent = one.label;
      const meter = document.createElement("meter");
      meter.value = one.probability;
      bar.append(meter, " " + (100 * one.probability).toFixed(1) + " %");
      row.append(name, bar);
      return row;
    }));
  };
  for (const button of document.querySelectorAll(".tiles button")) {
    button.onclick = () => classify(button.firstElementChild);
  }
  document.querySelector("input").onchange = async ({ target }) => {
    const image = new Image();
    image.src = URL.createObjectURL(target.files[0]);
    await image.decode();
    await classify(image);
    URL.revokeObjectURL(image.src);
  };
  const first = document.querySelector(".tiles img");
  say("Ready");
  if (first) await first.decode().then(() => classify(first));
} catch (error) {
  say("It did not work: " + error.message);
}
`;
