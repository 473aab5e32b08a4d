/** Mistakes and warnings that the checks of a network collect, so that a user sees all of them at once. */

import { BitspikeError, mistake, type Warning } from "../errors.ts";

export interface Findings {
  readonly mistakes: BitspikeError[];
  readonly warnings: Warning[];
}

/** Run one check; a user's mistake that it throws is added to `findings`, and null is returned. */
export function attempt<T>(findings: Findings, check: () => T): T | null {
  try {
    return check();
  } catch (error) {
    if (!(error instanceof BitspikeError)) throw error;
    findings.mistakes.push(error);
    return null;
  }
}

/** Throw what was found so far: one mistake as it is, several as NETWORK_MISTAKES that holds them. */
export function throwFound(findings: Findings): void {
  const [first, ...others] = findings.mistakes;
  if (first === undefined) return;
  if (others.length === 0) throw first;
  throw mistake("NETWORK_MISTAKES", { count: findings.mistakes.length }, {}, { issues: findings.mistakes });
}
