/** A line of a chart. */
export interface Series {
  /** What it is, for the legend. */
  readonly name: string;
  /** CSS class that colours it. */
  readonly style: string;
  /** One value an epoch. */
  readonly values: readonly number[];
}

/** What a chart shows. */
export interface ChartOptions {
  /** Heading. */
  readonly title: string;
  /** The lines. */
  readonly series: readonly Series[];
  /** Largest value of the axis; it starts at 0. @default {the largest value, rounded up} */
  readonly top?: number;
  /** How a value of the axis is written. */
  readonly label: (value: number) => string;
}

const WIDTH = 460;
const HEIGHT = 240;
const LEFT = 44;
const BOTTOM = 28;
const RIGHT = 12;
const ABOVE = 10;

/** A chart of values by epoch, as a `<figure>` with inline SVG. */
export function lineChart({ title, series, top, label }: ChartOptions): string {
  const epochs = Math.max(...series.map(({ values }) => values.length), 2);
  const highest = top ?? roundUp(Math.max(...series.flatMap(({ values }) => values), 1e-9));
  const x = (epoch: number) => LEFT + (WIDTH - LEFT - RIGHT) * epoch / (epochs - 1);
  const y = (value: number) =>
    ABOVE + (HEIGHT - ABOVE - BOTTOM) * (1 - Math.min(value, highest) / highest);
  const grid = [0, 0.25, 0.5, 0.75, 1].map((share) => {
    const at = y(share * highest);
    return `<line class="grid" x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${at}" y2="${at}"/>` +
      `<text class="tick" x="${LEFT - 8}" y="${at + 4}" text-anchor="end">${
        label(share * highest)
      }</text>`;
  });
  const ticks = epochTicks(epochs).map((epoch) =>
    `<text class="tick" x="${x(epoch - 1)}" y="${HEIGHT - 8}" text-anchor="middle">${epoch}</text>`
  );
  const lines = series.map(({ style, values, name }) => {
    const points = values.map((value, epoch) => `${x(epoch).toFixed(1)},${y(value).toFixed(1)}`);
    return `<polyline class="line ${style}" points="${
      points.join(" ")
    }"><title>${name}</title></polyline>`;
  });
  const legend = series.map(({ name, style }) =>
    `<span class="key"><i class="${style}"></i>${name}</span>`
  );
  return `<figure><figcaption>${title}<span class="legend">${legend.join("")}</span></figcaption>
<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${title}">${grid.join("")}${
    ticks.join("")
  }${lines.join("")}</svg></figure>`;
}

/** About six epochs to write below the axis. */
function epochTicks(epochs: number): number[] {
  const step = Math.ceil(epochs / 6);
  return Array.from({ length: Math.ceil(epochs / step) }, (_, index) => 1 + index * step);
}

function roundUp(value: number): number {
  const unit = 10 ** Math.floor(Math.log10(value));
  return Math.ceil(value / unit * 2) / 2 * unit;
}
