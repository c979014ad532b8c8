/** What a chart of losses by learning rate shows. */
export interface RateChart {
  /** Learning rates, ascending. */
  readonly learningRates: readonly number[];
  /** The loss at each. */
  readonly losses: readonly number[];
  /** Learning rates to mark, by what they are called. */
  readonly marks: Readonly<Record<string, number>>;
}

const WIDTH = 640;
const HEIGHT = 360;
const LEFT = 60;
const RIGHT = 20;
const TOP = 20;
const BOTTOM = 44;
const COLOURS = ["#d1495b", "#2e8b57", "#8e5ea2", "#e08e0b"];

/** Losses by learning rate, on a logarithmic axis, as an SVG document. */
export function rateChart({ learningRates, losses, marks }: RateChart): string {
  const [low, high] = range(learningRates.map(Math.log10));
  const [least, most] = range(losses);
  const x = (rate: number) =>
    LEFT + (WIDTH - LEFT - RIGHT) * (Math.log10(rate) - low) / (high - low);
  const y = (loss: number) => TOP + (HEIGHT - TOP - BOTTOM) * (most - loss) / (most - least);
  const points = losses.map((loss, i) => `${fixed(x(learningRates[i]!))},${fixed(y(loss))}`);
  const parts = [
    ...decades(low, high).map((power) => verticalTick(x(10 ** power), `1e${power}`)),
    ...[0, 0.25, 0.5, 0.75, 1].map((share) => {
      const loss = least + share * (most - least);
      return horizontalTick(y(loss), loss.toPrecision(3));
    }),
    `<polyline fill="none" stroke="#30638e" stroke-width="2" points="${points.join(" ")}"/>`,
    ...Object.entries(marks).map(([name, rate], i) => {
      const at = fixed(x(rate));
      const nearest = losses[indexOf(learningRates, rate)]!;
      return `<circle cx="${at}" cy="${fixed(y(nearest))}" r="5" fill="${COLOURS[i % 4]}"/>` +
        // A curve that falls and then leaps leaves the middle of the top free.
        text(0.42 * WIDTH, TOP + 16 * (i + 1), `● ${name} ${rate.toExponential(1)}`, {
          anchor: "start",
          fill: COLOURS[i % 4]!,
        });
    }),
    text((LEFT + WIDTH - RIGHT) / 2, HEIGHT - 6, "learning rate", { anchor: "middle" }),
    text(LEFT - 8, TOP - 6, "loss", { anchor: "end" }),
  ];
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" width="${WIDTH}" ` +
    `height="${HEIGHT}" font-family="sans-serif" font-size="12" role="img" ` +
    `aria-label="Loss by learning rate"><rect width="100%" height="100%" fill="#fff"/>\n` +
    `${parts.join("\n")}\n</svg>\n`;
}

function range(values: readonly number[]): [number, number] {
  const low = Math.min(...values);
  const high = Math.max(...values);
  return low < high ? [low, high] : [low - 0.5, high + 0.5];
}

function decades(low: number, high: number): number[] {
  const first = Math.ceil(low - 1e-9);
  return Array.from({ length: Math.floor(high + 1e-9) - first + 1 }, (_, i) => first + i);
}

function indexOf(rates: readonly number[], rate: number): number {
  const after = rates.findIndex((one) => one >= rate * (1 - 1e-9));
  return after < 0 ? rates.length - 1 : after;
}

function verticalTick(at: number, label: string): string {
  return line(at, TOP, at, HEIGHT - BOTTOM) +
    text(at, HEIGHT - BOTTOM + 16, label, { anchor: "middle" });
}

function horizontalTick(at: number, label: string): string {
  return line(LEFT, at, WIDTH - RIGHT, at) + text(LEFT - 8, at + 4, label, { anchor: "end" });
}

function line(x1: number, y1: number, x2: number, y2: number): string {
  return `<path d="M${fixed(x1)} ${fixed(y1)}L${fixed(x2)} ${fixed(y2)}" stroke="#ddd"/>`;
}

function text(
  x: number,
  y: number,
  content: string,
  { anchor, fill = "#444" }: { readonly anchor: string; readonly fill?: string },
): string {
  return `<text x="${fixed(x)}" y="${
    fixed(y)
  }" text-anchor="${anchor}" fill="${fill}">${content}</text>`;
}

function fixed(value: number): string {
  return value.toFixed(1);
}
