import { describe, expect, it } from "vitest";
import { openInterpreter } from "../../src/chip/interpreter.ts";
import { compile } from "../../src/compile/compile.ts";
import type { Stimulus } from "../../src/engine.ts";
import type { DiscreteNetwork } from "../../src/network/types.ts";
import { buildReport } from "../../src/report/build.ts";
import { synthetic, targetNamed } from "./synthetic.ts";

const inputs = synthetic({ samples: 1, steps: 1, sizes: [6, 5, 4, 3] });
/** A few spikes that differ by sample, step and place. */
const stimulus: Stimulus = {
  samples: 4,
  steps: 12,
  shape: [6],
  kind: "spikes",
  constant: false,
  read(sample, step, out) {
    for (let i = 0; i < 6; i++) out[i] = (3 * sample + 5 * step + 7 * i) % 4 === 0 ? 1 : 0;
  },
};

describe("a report on the interpreter's run", () => {
  for (const name of ["loihi2", "generic-8bit"]) {
    it(`counts the synops that the engine counted, whatever the latency: ${name}`, async () => {
      const program = compile(inputs.network as DiscreteNetwork, targetNamed(name));
      const engine = openInterpreter(program);
      const recording = await engine.run(new Map([["input", stimulus]]));
      await engine.close();
      const run = { recording, wallMs: 1 };
      const report = buildReport({
        ...inputs,
        program,
        stimuli: new Map([["input", stimulus]]),
        labels: null,
        reference: { ...run, backend: "same", backendReason: null },
        emulator: { ...run, threads: 1, split: "sample" },
      });
      expect(report.layers).toHaveLength(3);
      for (const { synops, reference } of report.layers) {
        expect(synops).toBeGreaterThan(0);
        expect(reference.synops).toBe(synops);
      }
    });
  }
});
