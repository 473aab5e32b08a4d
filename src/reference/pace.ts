/** Keeps a long computation interruptible. */

import type { StopSignal } from "../engine.ts";
import { mistake } from "../errors.ts";
import { useBackend, type BackendName } from "./backend.ts";

/** Milliseconds between two turns of the event loop. */
const SLICE_MS = 40;

/** Gives the event loop a turn now and then, and the backend back to this run afterwards. */
export class Pace {
  private readonly backend: BackendName;
  private readonly signal: StopSignal | undefined;
  private turn = performance.now();

  constructor(backend: BackendName, signal: StopSignal | undefined) {
    this.backend = backend;
    this.signal = signal;
    this.check();
    this.use();
  }

  /** Whether `rest` should be awaited. @throws RUN_INTERRUPTED when the run was aborted */
  due(): boolean {
    this.check();
    return performance.now() - this.turn > SLICE_MS;
  }

  /** Let timers, signals and other runs have their turn. @throws RUN_INTERRUPTED when the run was aborted */
  async rest(): Promise<void> {
    await new Promise((resolve) => setTimeout(resolve, 0));
    this.turn = performance.now();
    this.check();
    this.use();
  }

  /** Compute on this run's backend: another run may have chosen its own at any `await`. */
  use(): void {
    useBackend(this.backend);
  }

  private check(): void {
    if (this.signal?.aborted === true) throw mistake("RUN_INTERRUPTED", {});
  }
}
