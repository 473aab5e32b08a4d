/** Colours as an argument: the caller knows whether a terminal shows them. */

/** What a piece of text means, as functions that may colour it. They must not change its visible length. */
export interface Style {
  readonly title: (text: string) => string;
  /** Headers of tables, units, remarks. */
  readonly faint: (text: string) => string;
  readonly good: (text: string) => string;
  readonly bad: (text: string) => string;
  readonly warning: (text: string) => string;
}

const same = (text: string): string => text;

/** No colours: for files, pipes and tests. */
export const plainStyle: Style = { title: same, faint: same, good: same, bad: same, warning: same };

/** The sixteen colours that every terminal has, as ANSI escapes. */
export const ansiStyle: Style = {
  title: ansi(1, 22),
  faint: ansi(2, 22),
  good: ansi(32, 39),
  bad: ansi(31, 39),
  warning: ansi(33, 39),
};

function ansi(on: number, off: number): (text: string) => string {
  return (text) => `\u001b[${on}m${text}\u001b[${off}m`;
}
