import type { Reporter, TestModule } from "vitest/node";

/** Ends a run with one plain line that any machine can read. */
export class ClosingLine implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const tests = modules.flatMap((module) => [...module.children.allTests()]);
    const count = (state: string): number => tests.filter((test) => test.result().state === state).length;
    // A file that does not load has no tests; it must not look like success.
    const broken = modules.filter((module) => module.state() === "failed" && module.children.size === 0).length;
    process.stdout.write(
      `\n${count("passed")} passed, ${count("failed") + broken} failed, ${count("skipped")} skipped\n`,
    );
  }
}
