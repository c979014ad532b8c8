/** Where a line passes: x and y. */
export type Point = readonly [number, number];

/** One line in a frame of its own. */
export interface Panel {
  readonly title: string;
  /** What the axis across shows. */
  readonly x: string;
  /** What the axis up shows. */
  readonly y: string;
  readonly points: readonly Point[];
}

const [WIDTH, HEIGHT, MARGIN] = [420, 320, 56];
const INK = "#334155";
const LINE = "#2563eb";

/** Panels side by side as an SVG document; both axes start at 0. */
export function linePlot(panels: readonly Panel[]): string {
  const groups = panels.map((panel, index) =>
    `<g transform="translate(${index * WIDTH} 0)">\n${drawn(panel)}\n</g>`
  );
  const size = `width="${panels.length * WIDTH}" height="${HEIGHT}"`;
  return `<svg xmlns="http://www.w3.org/2000/svg" ${size} font-family="sans-serif" font-size="12" ` +
    `fill="${INK}">\n<rect ${size} fill="white"/>\n${groups.join("\n")}\n</svg>\n`;
}

function drawn({ title, x, y, points }: Panel): string {
  const ticksX = ticks(Math.max(...points.map(([across]) => across)));
  const ticksY = ticks(Math.max(...points.map(([, up]) => up)));
  const [right, bottom] = [WIDTH - MARGIN / 2, HEIGHT - MARGIN];
  const across = (value: number) => MARGIN + value / ticksX.at(-1)! * (right - MARGIN);
  const up = (value: number) => bottom - value / ticksY.at(-1)! * (bottom - MARGIN);
  const places = points.map(([a, b]) => `${across(a).toFixed(1)},${up(b).toFixed(1)}`);
  return [
    text(WIDTH / 2, MARGIN / 2, title, 'font-size="14"'),
    text((MARGIN + right) / 2, HEIGHT - 14, x),
    text(14, (MARGIN + bottom) / 2, y, `transform="rotate(-90 14 ${(MARGIN + bottom) / 2})"`),
    ...ticksY.map((value) =>
      `<path d="M${MARGIN} ${up(value).toFixed(1)}H${right}" stroke="#e2e8f0"/>` +
      text(MARGIN - 6, up(value) + 4, String(value), "", "end")
    ),
    ...ticksX.map((value) => text(across(value), bottom + 18, String(value))),
    `<polyline points="${places.join(" ")}" fill="none" stroke="${LINE}" stroke-width="2"/>`,
    ...places.map((place) => {
      const [cx, cy] = place.split(",");
      return `<circle cx="${cx}" cy="${cy}" r="3" fill="${LINE}"/>`;
    }),
  ].join("\n");
}

function text(x: number, y: number, words: string, attributes = "", anchor = "middle"): string {
  const place = `x="${x.toFixed(1)}" y="${y.toFixed(1)}" text-anchor="${anchor}"`;
  const escaped = words.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
  return `<text ${place}${attributes && ` ${attributes}`}>${escaped}</text>`;
}

/** Round numbers from 0 to at least `most`, four to eight steps of 1, 2 or 5 times a power of ten. */
function ticks(most: number): number[] {
  const power = 10 ** Math.floor(Math.log10(most / 4));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((one) => most / one <= 8)!;
  return Array.from({ length: Math.ceil(most / step) + 1 }, (_, index) => index * step);
}
