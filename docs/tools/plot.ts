/** Plots of the documentation as SVG text: membranes over time, ticks for spikes, bars. The same values give the same bytes. */

/** Blue is float, orange and green are chips, as on the report page. */
export const colours = {
  float: "#2563c9",
  chip: "#d9630b",
  second: "#0e7a45",
  faint: "#5d6877",
  line: "#dfe3e9",
  ink: "#17202c",
} as const;

/** One run's values over time. */
export interface Line {
  readonly name: string;
  readonly colour: string;
  readonly values: readonly number[];
}
/** Spikes of one or more neurons, each a list of timesteps, drawn as rows of ticks. */
export interface Ticks {
  readonly name: string;
  readonly colour: string;
  readonly trains: readonly (readonly number[])[];
}
/** Rows of ticks above a membrane plot; either may be empty. */
export interface Panel {
  readonly title: string;
  readonly ticks: readonly Ticks[];
  readonly lines: readonly Line[];
  /** Drawn as a dashed line. */
  readonly threshold?: number;
  /** All lines are thin; otherwise the first one lies below and is broad, so that it shows where another covers it. */
  readonly even?: boolean;
}

const width = 760;
const left = 64;
const right = 16;
const plotHeight = 150;
const tickHeight = 12;

/** Panels one below the other over the same `steps` timesteps. */
export function timePlot(title: string, steps: number, panels: readonly Panel[]): string {
  const x = (step: number): number => left + ((width - left - right) * (step + 0.5)) / steps;
  const parts: string[] = [];
  let y = 8;
  for (const [index, panel] of panels.entries()) {
    const drawn = drawPanel(panel, x, y, steps, index === panels.length - 1);
    parts.push(drawn.svg);
    y = drawn.bottom;
  }
  return page(title, y + 4, parts);
}

function drawPanel(
  panel: Panel,
  x: (step: number) => number,
  top: number,
  steps: number,
  isLast: boolean,
): { readonly svg: string; readonly bottom: number } {
  const { title, ticks, lines } = panel;
  const parts = [text(left, top + 12, title, { weight: 600 }), key(lines, ticks, top + 12)];
  let y = top + 22;
  for (const { trains, colour, name } of ticks) {
    const height = trains.length === 1 ? tickHeight : Math.max(3, Math.min(tickHeight, 72 / trains.length));
    if (lines.length === 0) parts.push(text(left - 8, y + (trains.length * height) / 2 + 4, name, { anchor: "end" }));
    const path = trains.flatMap((train, row) =>
      train.map((step) => `M${round(x(step))} ${round(y + row * height + 1)}v${round(height - 2)}`),
    );
    parts.push(`<path d="${path.join("")}" stroke="${colour}" stroke-width="1.4" fill="none"/>`);
    y += trains.length * height + 2;
  }
  if (lines.length > 0) {
    const area = { top: y + 4, bottom: y + 4 + plotHeight };
    parts.push(...drawLines(panel, x, area));
    y = area.bottom;
  }
  if (!isLast) return { svg: parts.join("\n"), bottom: y + 16 };
  const axis = ticksOf(0, steps - 1).map((step) => text(x(step), y + 18, String(step), { anchor: "middle" }));
  parts.push(...axis, text(width - right, y + 34, "timestep", { anchor: "end" }));
  return { svg: parts.join("\n"), bottom: y + 40 };
}

function drawLines(
  { lines, threshold, even = false }: Panel,
  x: (step: number) => number,
  { top, bottom }: { readonly top: number; readonly bottom: number },
): string[] {
  const all = [0, threshold ?? 0, ...lines.flatMap(({ values }) => values)];
  const [least, most] = [Math.min(...all), Math.max(...all)];
  const [low, high] = [least < 0 ? least - 0.04 * (most - least) : 0, most + 0.04 * (most - least)];
  const y = (value: number): number => bottom - ((bottom - top) * (value - low)) / (high - low);
  const parts = ticksOf(low, high, 4).flatMap((value) => [
    `<path d="M${left} ${round(y(value))}H${width - right}" stroke="${colours.line}"/>`,
    text(left - 8, y(value) + 4, String(value), { anchor: "end" }),
  ]);
  if (threshold !== undefined) {
    parts.push(
      `<path d="M${left} ${round(y(threshold))}H${width - right}" stroke="${colours.faint}" stroke-dasharray="6 4"/>`,
    );
  }
  for (const [index, { values, colour }] of lines.entries()) {
    const points = values.map((value, step) => `${round(x(step))} ${round(y(value))}`);
    const look = index === 0 && !even ? `stroke-width="3.5" stroke-opacity=".55"` : `stroke-width="1.4"`;
    parts.push(`<path d="M${points.join("L")}" fill="none" stroke="${colour}" ${look} stroke-linejoin="round"/>`);
  }
  return parts;
}

/** Names of what is drawn, at the right of a panel's title. */
function key(lines: readonly Line[], ticks: readonly Ticks[], y: number): string {
  const items = lines.length > 0 ? lines : [];
  const named = new Map([...items, ...(items.length > 0 ? ticks : [])].map(({ name, colour }) => [name, colour]));
  let x = width - right;
  const parts = [...named].toReversed().map(([name, colour]) => {
    x -= name.length * 6.6 + 28;
    return `<path d="M${round(x)} ${y - 4}h16" stroke="${colour}" stroke-width="3"/>${text(x + 21, y, name, {})}`;
  });
  return parts.join("");
}

/** One group of bars, one bar per name. */
export interface BarPlot {
  readonly title: string;
  readonly unit: string;
  /** Bars of one group, in the order of `names`; null: no such bar. */
  readonly groups: readonly { readonly name: string; readonly values: readonly (number | null)[] }[];
}

/** Bar plots beside each other, with the value on each bar. */
export function barPlot(
  title: string,
  names: readonly { readonly name: string; readonly colour: string }[],
  plots: readonly BarPlot[],
): string {
  const each = (width - 16) / plots.length;
  const parts = plots.map((plot, index) => drawBars(plot, names, 16 + index * each, each - 24));
  const keys = key(
    names.map((one) => ({ ...one, values: [] })),
    [],
    268,
  );
  return page(title, 280, [...parts, keys]);
}

function drawBars(
  { title, unit, groups }: BarPlot,
  names: readonly { readonly colour: string }[],
  x: number,
  span: number,
): string {
  const [top, bottom] = [44, 220];
  const most = Math.max(...groups.flatMap(({ values }) => values.map((value) => value ?? 0)));
  const group = span / groups.length;
  // A kind of bar that no group has takes no room.
  const shown = names.flatMap((_, index) =>
    groups.some(({ values }) => (values[index] ?? null) !== null) ? [index] : [],
  );
  const bar = (group * 0.8) / shown.length;
  const parts = [text(x, 18, title, { weight: 600 }), text(x, 34, unit, {})];
  for (const [place, { name, values }] of groups.entries()) {
    const start = x + place * group + group * 0.1;
    parts.push(text(start + group * 0.4, bottom + 18, name, { anchor: "middle" }));
    for (const [position, index] of shown.entries()) {
      const middle = start + (position + 0.5) * bar;
      const value = values[index] ?? null;
      if (value === null) {
        parts.push(text(middle, bottom - 6, "–", { anchor: "middle" }));
        continue;
      }
      const height = ((bottom - top - 14) * value) / most;
      const fill = names[index]?.colour ?? colours.ink;
      parts.push(
        `<rect x="${round(start + position * bar + 2)}" y="${round(bottom - height)}" width="${round(bar - 4)}" height="${round(height)}" fill="${fill}"/>`,
        text(middle, bottom - height - 4, value >= 100 ? value.toFixed(0) : value.toFixed(2), {
          anchor: "middle",
          size: 10,
        }),
      );
    }
  }
  parts.push(`<path d="M${round(x)} ${bottom}h${round(span)}" stroke="${colours.faint}"/>`);
  return parts.join("\n");
}

function page(title: string, height: number, parts: readonly string[]): string {
  const size = `width="${width}" height="${round(height)}" viewBox="0 0 ${width} ${round(height)}"`;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" ${size} font-family="system-ui, 'Segoe UI', Helvetica, Arial, sans-serif" font-size="12">`,
    `<title>${escaped(title)}</title>`,
    `<rect width="100%" height="100%" fill="#fff"/>`,
    ...parts,
    "</svg>\n",
  ].join("\n");
}

interface TextLook {
  readonly anchor?: "middle" | "end";
  readonly weight?: number;
  readonly size?: number;
}

function text(x: number, y: number, words: string, { anchor, weight, size }: TextLook): string {
  const look = [
    anchor === undefined ? "" : ` text-anchor="${anchor}"`,
    size === undefined ? "" : ` font-size="${size}"`,
    weight === undefined ? ` fill="${colours.faint}"` : ` fill="${colours.ink}" font-weight="${weight}"`,
  ].join("");
  return `<text x="${round(x)}" y="${round(y)}"${look}>${escaped(words)}</text>`;
}

/** Round values between two ends: steps of 1, 2 or 5 times a power of ten. */
function ticksOf(low: number, high: number, most = 10): number[] {
  const rough = (high - low) / most;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((size) => size >= rough) ?? rough;
  const first = Math.ceil(low / step);
  const count = Math.floor(high / step) - first + 1;
  return Array.from({ length: count }, (_, i) => Number(((first + i) * step).toPrecision(6)));
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}

function escaped(words: string): string {
  return words.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
