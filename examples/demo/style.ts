/** The page's style sheet: light or dark as the reader's system is. */
export const STYLE = `
:root {
  color-scheme: light dark;
  --page: #f6f7f9; --card: #ffffff; --text: #1c2430; --soft: #667085; --line: #e3e7ed;
  --first: #2563eb; --second: #d97706; --third: #64748b; --right: #15803d; --wrong: #dc2626;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #0f131a; --card: #181e27; --text: #e6eaf0; --soft: #93a0b3; --line: #2a3340;
    --first: #6ea0ff; --second: #f5b14c; --third: #94a3b8; --right: #4ade80; --wrong: #f87171;
  }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--page); color: var(--text);
  font: 16px/1.5 system-ui, "Segoe UI", Roboto, "Helvetica Neue", sans-serif; }
main { max-width: 1020px; margin: 0 auto; padding: 2.5rem 1.25rem 3rem; }
h1 { font-size: 1.9rem; line-height: 1.2; margin: 0 0 .4rem; letter-spacing: -.015em; }
h2 { font-size: 1.05rem; margin: 0 0 .8rem; }
header p { color: var(--soft); margin: 0; max-width: 46rem; }
section { margin-top: 2rem; }
.cards, .charts { display: grid; gap: 1rem; grid-template-columns: repeat(auto-fit, minmax(300px, 1fr)); }
.card, .charts figure { background: var(--card); border: 1px solid var(--line); border-radius: 12px;
  padding: 1.1rem 1.25rem; margin: 0; }
.card { border-top: 4px solid var(--own); }
.card h2 { margin: 0; color: var(--soft); font-weight: 600; }
.card p { margin: 0; color: var(--soft); }
.card .figure { font-size: 2.7rem; font-weight: 700; line-height: 1.25; color: var(--own);
  font-variant-numeric: tabular-nums; }
.first { --own: var(--first); } .second { --own: var(--second); } .third { --own: var(--third); }
.charts figcaption { display: flex; flex-wrap: wrap; gap: .2rem 1rem; justify-content: space-between;
  font-weight: 600; margin-bottom: .5rem; }
.legend { display: flex; gap: 1rem; font-weight: 400; font-size: .85rem; color: var(--soft); }
.key { display: inline-flex; align-items: center; gap: .4rem; }
.key i { width: 14px; height: 3px; border-radius: 2px; background: var(--own); }
svg { display: block; width: 100%; height: auto; }
.grid { stroke: var(--line); stroke-width: 1; }
.tick { fill: var(--soft); font-size: 11px; font-variant-numeric: tabular-nums; }
.line { fill: none; stroke: var(--own); stroke-width: 2.5; stroke-linejoin: round; stroke-linecap: round; }
.pictures { display: grid; gap: .7rem; grid-template-columns: repeat(auto-fill, minmax(84px, 1fr)); }
.pictures figure { margin: 0; background: var(--card); border: 1px solid var(--line); border-radius: 10px;
  overflow: hidden; }
.pictures img { display: block; width: 100%; aspect-ratio: 1; object-fit: cover; }
.pictures figcaption { padding: .25rem .5rem .35rem; font-size: .78rem; color: var(--soft);
  font-variant-numeric: tabular-nums; }
.pictures b { color: var(--right); font-size: .95rem; }
.pictures .wrong { border-color: var(--wrong); box-shadow: 0 0 0 1px var(--wrong); }
.pictures .wrong b { color: var(--wrong); }
.scroll { overflow-x: auto; }
.matrix { border-collapse: separate; border-spacing: 3px; font-variant-numeric: tabular-nums; }
.matrix caption { caption-side: bottom; text-align: left; color: var(--soft); font-size: .85rem;
  padding-top: .4rem; }
.matrix th { color: var(--soft); font-weight: 600; padding: 0 .5rem; }
.matrix td { min-width: 2.7rem; height: 2.3rem; text-align: center; border-radius: 5px; }
.matrix tbody td:empty { background: var(--card); }
.matrix tbody td:not(:empty) { background: color-mix(in srgb, var(--tint) calc(12% + 88% * var(--share)), var(--card)); }
.matrix .hit { --tint: var(--first); font-weight: 600; }
.matrix .miss { --tint: var(--wrong); }
footer { margin-top: 2.5rem; color: var(--soft); font-size: .85rem; }
`;
