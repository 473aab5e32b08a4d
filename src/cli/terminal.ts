/** Everything a command sees of the process, so that a test can give it something else. */

import type { Style } from "../report/style.ts";

/** Shows how far a long step is. */
export interface Progress {
  update(done: number, total: number): void;
  /** Takes the bar away. */
  stop(): void;
}

export interface Terminal {
  /** One or more lines for standard output, without the last line break. */
  out(text: string): void;
  /** The same for standard error. */
  err(text: string): void;
  /** A progress bar with a label; nothing where nobody watches. */
  progress(label: string): Progress;
  /** Colours of standard output, or none. */
  readonly style: Style;
  /** Aborted by the first Ctrl-C. */
  readonly signal: AbortSignal;
}
