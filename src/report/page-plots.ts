/** Small plots as plain HTML: columns over timesteps, stacked by layer, and bars of what is busiest. */

import { type Markup, markup, trusted } from "./markup.ts";

/** Colours that there are. */
const colours = 8;

/** One part of every column. */
export interface Series {
  readonly name: string;
  /** [columns] 0 or more. */
  readonly values: readonly number[];
}

/** Most columns; further timesteps are put together. */
const mostColumns = 100;

/**
 * Columns over timesteps, the series stacked on one another; those for which there is no colour count together.
 *
 * @param text a value with its unit
 */
export function columns(all: readonly Series[], label: string, text: (value: number) => string): Markup {
  const series = coloured(all);
  const steps = series.reduce((most, { values }) => Math.max(most, values.length), 0);
  const width = Math.max(1, Math.ceil(steps / mostColumns));
  const count = Math.ceil(steps / width);
  const sums = Array.from({ length: count }, (_, column) =>
    series.map(({ values }) => mean(values.slice(column * width, (column + 1) * width))),
  );
  const highest = sums.reduce((most, parts) => Math.max(most, total(parts)), 0);
  if (count === 0 || highest === 0) return markup``;
  const paths = series.map((_, index) => {
    const parts = sums.map((values, column) => {
      const height = values[index]! / highest;
      const top = 1 - total(values.slice(0, index + 1)) / highest;
      return height < 5e-4 ? "" : `M${column}.1 ${short(top)}h.8v${short(height)}h-.8z`;
    });
    return `<path class="p${index}" d="${parts.join("")}"/>`;
  });
  const key = series.map(({ name }, index) => markup`<span><i class="c${index}"></i>${name}</span>`);
  const together = width === 1 ? "" : `, ${width} timesteps per column`;
  return markup`<figure class="columns"><figcaption>${label}${together}</figcaption>
${series.length > 1 ? markup`<div class="key">${key}</div>` : ""}
<div class="high">${text(highest)}</div>
<svg viewBox="0 0 ${count} 1" preserveAspectRatio="none" role="img" aria-label="${label}: at most ${text(highest)}">${trusted(paths.join(""))}</svg>
<div class="ends"><span>step 0</span><span>${steps - 1}</span></div></figure>`;
}

/** The largest series, and the rest as one. */
function coloured(series: readonly Series[]): readonly Series[] {
  if (series.length <= colours) return series;
  const bySize = series.toSorted((a, b) => total(b.values) - total(a.values));
  const largest = new Set(bySize.slice(0, colours - 1));
  const others = bySize.slice(colours - 1);
  const steps = series.reduce((most, { values }) => Math.max(most, values.length), 0);
  const values = Array.from({ length: steps }, (_, step) => total(others.map((one) => one.values[step] ?? 0)));
  return [...series.filter((one) => largest.has(one)), { name: `${others.length} others`, values }];
}

function short(value: number): string {
  return value.toFixed(3).replace(/^0\./, ".");
}

/** One bar per row, the longest full. */
export function rowBars(
  rows: readonly { readonly name: string; readonly value: number; readonly figure: string }[],
): Markup {
  const most = rows.reduce((highest, { value }) => Math.max(highest, value), 0);
  if (most === 0) return markup``;
  return markup`<div class="spans">${rows.map(
    ({ name, value, figure }) =>
      markup`<div class="row"><span>${name}</span><span class="track"><span class="span chip" style="left:0;width:${((100 * value) / most).toFixed(2)}%"></span></span><span class="figure">${figure}</span></div>`,
  )}</div>`;
}

function total(values: readonly number[]): number {
  return values.reduce((sum, one) => sum + one, 0);
}

function mean(values: readonly number[]): number {
  return values.length === 0 ? 0 : total(values) / values.length;
}
