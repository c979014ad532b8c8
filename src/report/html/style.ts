/** The page's style sheet: light or dark as the reader's system is, white on paper. */
export const STYLE = `
:root { color-scheme: light dark;
  --page: #f5f6f8; --card: #fff; --text: #1b222c; --soft: #566173; --line: #dfe3e9;
  --link: #1d5fb0; --right: #15703a; --wrong: #b3261e; --graft-page: var(--card); }
@media (prefers-color-scheme: dark) { :root {
  --page: #10141a; --card: #181d25; --text: #e7eaef; --soft: #a2acba; --line: #2c343f;
  --link: #86b7f3; --right: #5fd08b; --wrong: #ff8a80; } }
* { box-sizing: border-box; }
html { scroll-padding-top: 1rem; }
body { margin: 0; background: var(--page); color: var(--text);
  font: 16px/1.5 system-ui, "Segoe UI", Roboto, "Helvetica Neue", sans-serif; overflow-wrap: anywhere; }
main, header, footer { max-width: 76rem; margin: 0 auto; padding: 0 1rem; }
header { padding-top: 2rem; } footer { padding-block: 2rem; color: var(--soft); font-size: .875rem; }
h1 { font-size: 1.75rem; line-height: 1.2; margin: 0 0 .25rem; }
h2 { font-size: 1.25rem; margin: 0 0 .75rem; } h3 { font-size: 1rem; margin: 1rem 0 .5rem; }
p { margin: 0 0 .75rem; max-width: 48rem; } header p, .soft { color: var(--soft); }
a { color: var(--link); } :focus-visible { outline: 2px solid var(--link); outline-offset: 2px; }
.skip { position: absolute; left: -100vw; } .skip:focus { left: 1rem; top: .5rem; background: var(--card); padding: .5rem; }
nav ul { display: flex; flex-wrap: wrap; gap: .25rem 1.1rem; list-style: none; margin: .75rem 0 0; padding: 0; }
section { margin-top: 2.25rem; }
.tiles { display: grid; gap: .75rem; margin: 0; grid-template-columns: repeat(auto-fill, minmax(9rem, 1fr)); }
.tiles div, .card { background: var(--card); border: 1px solid var(--line); border-radius: 10px; padding: .8rem .9rem; margin: 0; }
.tiles dt { color: var(--soft); font-size: .85rem; }
.tiles dd { margin: 0; font-size: 1.45rem; font-weight: 650; font-variant-numeric: tabular-nums; line-height: 1.3; }
.charts { display: grid; gap: .75rem; align-items: start; grid-template-columns: repeat(auto-fit, minmax(min(100%, 22rem), 1fr)); }
.charts svg { display: block; margin: 0 auto; }
.scroll { overflow-x: auto; } table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; overflow-wrap: normal; }
caption { text-align: left; color: var(--soft); font-size: .875rem; padding-bottom: .4rem; }
th, td { padding: .35rem .6rem; text-align: right; border-bottom: 1px solid var(--line); white-space: nowrap; }
th:first-child, td.text, th.text { text-align: left; white-space: normal; } thead th { color: var(--soft); font-weight: 600; }
tr.mean { font-weight: 650; }
.pictures { display: grid; gap: .75rem; grid-template-columns: repeat(auto-fill, minmax(min(100%, 17rem), 1fr)); list-style: none; margin: 0; padding: 0; }
.pictures .pair { display: grid; grid-template-columns: 1fr 1fr; gap: .4rem; }
.pictures .card { height: 100%; }
figure { margin: 0; } img { display: block; width: 100%; height: auto; border-radius: 6px; }
figcaption { font-size: .875rem; margin-top: .4rem; }
.right { color: var(--right); font-weight: 650; } .wrong { color: var(--wrong); font-weight: 650; }
.name { color: var(--soft); font-size: .8rem; }
.strip { display: grid; gap: .5rem; grid-template-columns: repeat(auto-fill, minmax(6.5rem, 8rem)); list-style: none; margin: 0; padding: 0; }
.strip figcaption { font-size: .75rem; color: var(--soft); margin-top: .15rem; }
details { background: var(--card); border: 1px solid var(--line); border-radius: 10px; padding: .6rem .9rem; margin-bottom: .6rem; }
summary { cursor: pointer; font-weight: 600; } details[open] summary { margin-bottom: .6rem; }
dl.settings { display: grid; grid-template-columns: minmax(7rem, max-content) 1fr; gap: .25rem 1rem; margin: 0; }
dl.settings dt { color: var(--soft); } dl.settings dd { margin: 0; }
@media print { :root { color-scheme: light; --page: #fff; --card: #fff; --text: #000; --soft: #444; --line: #bbb; --link: #000; }
  body { font-size: 11pt; } nav, .skip { display: none; }
  .card, .pictures li, .strip li, tr { break-inside: avoid; } details::details-content { content-visibility: visible; }
  main, header, footer { max-width: none; padding: 0; } }
`;
