/** Aligned columns and wrapped paragraphs for a terminal. Widths count characters; nothing here is wider than one cell. */

import type { Style } from "./style.ts";

/** Characters per line. */
export const lineWidth = 96;

export interface Column {
  readonly header: string;
  readonly align?: "left" | "right";
}

/** A cell, or a cell with the colour it is shown in. */
export type Cell = string | { readonly text: string; readonly style: (text: string) => string };

const gap = 2;

/**
 * Lines of a table, indented by two. The last column, if aligned left, wraps at `lineWidth`; headers and their rule are
 * left out when all are empty.
 */
export function table(columns: readonly Column[], rows: readonly (readonly Cell[])[], style: Style): string[] {
  const widths = columns.map(({ header }, index) =>
    Math.max(header.length, ...rows.map((row) => textOf(row[index] ?? "").length)),
  );
  const before = widths.slice(0, -1).reduce((sum, width) => sum + width + gap, 2);
  const last = columns.length - 1;
  widths[last] = Math.min(widths[last] ?? 0, Math.max(20, lineWidth - before));
  const body = rows.flatMap((row) => rowLines(row, columns, widths, before));
  if (columns.every(({ header }) => header === "")) return body;
  const [header = ""] = rowLines(
    columns.map((column) => column.header),
    columns,
    widths,
    before,
  );
  const rule = "─".repeat(widths.reduce((sum, width) => sum + width, gap * last));
  return [style.faint(header), `  ${style.faint(rule)}`, ...body];
}

function rowLines(
  row: readonly Cell[],
  columns: readonly Column[],
  widths: readonly number[],
  before: number,
): string[] {
  const last = columns.length - 1;
  const [first = "", ...rest] = wrap(textOf(row[last] ?? ""), widths[last] ?? 0);
  const cells = columns.map((column, index) => {
    const cell = row[index] ?? "";
    const padded = pad(index === last ? first : textOf(cell), widths[index] ?? 0, column.align ?? "left");
    return typeof cell === "string" ? padded : cell.style(padded);
  });
  return [`  ${cells.join(" ".repeat(gap))}`.trimEnd(), ...rest.map((line) => " ".repeat(before) + line)];
}

function textOf(cell: Cell): string {
  return typeof cell === "string" ? cell : cell.text;
}

function pad(text: string, width: number, align: "left" | "right"): string {
  return align === "left" ? text.padEnd(width) : text.padStart(width);
}

/** Lines of at most `width` characters, broken at spaces; a longer word stands alone. */
export function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(/\s+/)) {
    if (line !== "" && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else line = line === "" ? word : `${line} ${word}`;
  }
  return [...lines, line];
}

/** A paragraph behind a mark: `  ! text`, later lines indented under the text. */
export function item(mark: string, text: string, shown: (text: string) => string = (plain) => plain): string[] {
  const indent = " ".repeat(mark.length + 3);
  return wrap(text, lineWidth - indent.length).map((line, index) =>
    index === 0 ? `  ${shown(mark)} ${line}` : indent + line,
  );
}

/** A paragraph indented by two. */
export function paragraph(text: string): string[] {
  return wrap(text, lineWidth - 2).map((line) => `  ${line}`);
}

/** A titled section; ends with a line break. */
export function section(title: string, rest: string, style: Style, lines: readonly string[]): string {
  return `\n${`${style.title(title)}  ${rest}`.trimEnd()}\n${lines.map((line) => `${line}\n`).join("")}`;
}
