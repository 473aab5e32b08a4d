import { beforeAll, describe, expect, it } from "vitest";
import { openInterpreter } from "../../src/chip/interpreter.ts";
import { calibrate, ratesOf, type Calibration } from "../../src/compile/calibration.ts";
import { compile } from "../../src/compile/compile.ts";
import { decodeProgram, encodeProgram } from "../../src/compile/file.ts";
import type { Program } from "../../src/compile/program.ts";
import type { Stimulus } from "../../src/engine.ts";
import { compareRecordings } from "../../src/equivalence/compare.ts";
import { readTarget } from "../../src/files.ts";
import type { DiscreteNetwork } from "../../src/network/types.ts";
import { openReference } from "../../src/reference/engine.ts";
import type { Target } from "../../src/target/types.ts";
import { codeOf } from "../support.ts";
import { cell, dense, input, networkOf, output } from "./networks.ts";
import { readTrained, type Trained } from "./trained.ts";
import { stimuliOf } from "./wide.ts";

async function calibrationOf(network: DiscreteNetwork, stimuli: ReadonlyMap<string, Stimulus>): Promise<Calibration> {
  const engine = await openReference(network, { backend: "cpu" });
  try {
    return await calibrate(engine, stimuli, "a test");
  } finally {
    await engine.close();
  }
}

/** 100 inputs with weights up to 1, of which one at a time is active. */
const sparse = networkOf(
  [
    input("in", 100),
    dense("w", [Array.from({ length: 100 }, (_, i) => (i % 2 === 0 ? 1 : -1) / (1 + (i % 7)))]),
    cell("p", { beta: 0.5, threshold: 1.2 }),
    output("out"),
  ],
  "in w p out",
);
const oneAtATime = Array.from({ length: 200 }, (_, step) =>
  Array.from({ length: 100 }, (_, i) => Number(i === (step * 37) % 100)),
);

function sumOf({ projections }: Program): number {
  const { weight } = projections[0]!.synapses;
  return weight[0]! + weight[1]!;
}

describe("a calibration", () => {
  it("tells how often neurons fire, by which messages between cores are weighted", async () => {
    const parts = [
      input("in", 2),
      dense("w", [
        [2, 0],
        [0, 2],
      ]),
      cell("p"),
      dense("x", [[1, 1]]),
      cell("q"),
      output("out"),
    ];
    const network = networkOf(parts, "in w p x q out");
    // The first neuron of p fires in every second timestep, the other one never.
    const stimuli = stimuliOf({ in: Array.from({ length: 20 }, (_, step) => [step % 2, 0]) });
    const calibration = await calibrationOf(network, stimuli);
    expect(ratesOf(calibration).of.get("p")).toEqual(Float64Array.of(0.5, 0));
    const known = { source: "a test", confidence: "assumption" } as const;
    const count = (value: number) => ({ value, ...known });
    const chip: Target = {
      ...readTarget("generic-8bit"),
      chip: { cores: count(6) },
      noc: {
        topology: "mesh",
        routing: "x-then-y",
        width: count(3),
        height: count(2),
        coresPerTile: count(1),
        tiles: "by-row",
      },
    };
    const { fit } = compile(network, chip, { calibration });
    expect(fit.traffic).toMatchObject({ rates: "1 of 1 samples of a test", messages: 0.5, hops: 0.5 });
    expect(compile(network, chip).fit.traffic).toMatchObject({ rates: null, messages: 2, hops: 2, atLeast: 2 });
  });

  it("rounds weights for what arrives, and is named in the program and in what was decided", async () => {
    // Both inputs always fire together, so that 3.5 + 3.5 of 127 become 3 + 4 or 4 + 3.
    const network = networkOf(
      [input("in", 3), dense("w", [[3.5, 3.5, 127]]), cell("p", { beta: 0.5, threshold: 50 }), output("out")],
      "in w p out",
    );
    const stimuli = stimuliOf({ in: Array.from({ length: 20 }, (_, step) => [1, 1, 0].map((x) => x * (step % 2))) });
    const chip = readTarget("generic-8bit");
    const [plain, fitted] = [
      compile(network, chip),
      compile(network, chip, { calibration: await calibrationOf(network, stimuli) }),
    ];
    expect([sumOf(plain), sumOf(fitted)]).toEqual([8, 7]);
    expect([plain.calibration, fitted.calibration]).toEqual([undefined, "1 of 1 samples of a test"]);
    expect(fitted.decisions.find(({ where }) => where === "w")!.note).toMatch(
      /rounded together: 0 % of the error of sums is left/,
    );
    expect(decodeProgram(encodeProgram(fitted)).calibration).toBe(fitted.calibration);
  });

  it("looks at samples that are spread over all, and at no more than 32", async () => {
    const seen: number[] = [];
    const stimulus: Stimulus = {
      samples: 100,
      steps: 1,
      shape: [100],
      kind: "spikes",
      constant: false,
      read: (sample, _, out) => void (seen.push(sample), out.fill(0)),
    };
    const engine = await openReference(sparse, { backend: "cpu" });
    const { origin, stimuli } = await calibrate(engine, new Map([["in", stimulus]]), "data");
    await engine.close();
    expect(origin).toBe("32 of 100 samples of data");
    seen.length = 0;
    for (let i = 0; i < 32; i++) stimuli.get("in")!.read(i, 0, new Float64Array(100));
    expect([seen[0], seen[1], seen.at(-1), new Set(seen).size]).toEqual([0, 3, 96, 32]);
  });

  it("needs samples", async () => {
    const engine = await openReference(sparse, { backend: "cpu" });
    const none = stimuliOf({ in: oneAtATime });
    const empty = new Map([...none].map(([name, one]) => [name, { ...one, samples: 0 }]));
    await expect(calibrate(engine, empty, "data")).rejects.toMatchObject({ code: "COMPILE_CALIBRATION" });
    await engine.close();
  });

  it("cannot be joined with a recipe", async () => {
    const calibration = await calibrationOf(sparse, stimuliOf({ in: oneAtATime }));
    const joined = (): Program => compile(sparse, readTarget("loihi"), { recipe: "nengo-loihi", calibration });
    expect(codeOf(joined)).toBe("COMPILE_CALIBRATION");
  });

  it.each([
    ["of another network", networkOf([input("in", 100), cell("q"), output("out")], "in q out")],
    ["of another input", networkOf([input("other", 100), cell("p"), output("out")], "other p out")],
    ["of another size", networkOf([input("in", 3), cell("p"), output("out")], "in p out")],
  ])("%s is refused", async (_, network) => {
    const calibration = await calibrationOf(sparse, stimuliOf({ in: oneAtATime }));
    expect(codeOf(() => compile(network, readTarget("loihi"), { calibration }))).toBe("COMPILE_CALIBRATION");
  });
});

/** Every tenth image for the calibration, and others to compare on. */
describe.each(["loihi2", "generic-8bit"])("trained networks on %s with a calibration", (name) => {
  const chip: Target = readTarget(name);
  const graded = chip.delivery.payloadBits > 0;
  let trained: Trained;
  let calibration: Calibration;
  const pick = (samples: readonly number[]): ReadonlyMap<string, Stimulus> => {
    const all = trained.stimulus(200);
    const read: Stimulus["read"] = (sample, step, out) => {
      all.read(samples[sample]!, step, out);
      // Without graded spikes dark and bright pixels.
      if (!graded) for (let i = 0; i < out.length; i++) out[i] = Number(out[i]! > 0.5);
    };
    const kind = graded ? all.kind : "spikes";
    return new Map([[trained.input, { ...all, kind, samples: samples.length, read }]]);
  };

  beforeAll(async () => {
    trained = await readTrained("mnist-rec");
    calibration = await calibrationOf(trained.network, pick(Array.from({ length: 20 }, (_, i) => 10 * i)));
  });

  it("fire more like the float network on images that were not in it", async () => {
    const others = pick(Array.from({ length: 30 }, (_, i) => 10 * Math.floor(i / 2) + 3 + (i % 2)));
    const { recording: float } = await calibrationOf(trained.network, others);
    const inputs = graded ? { [trained.input]: { kind: "graded", limit: 1 } as const } : {};
    const share = async (given: { calibration?: Calibration }): Promise<number> => {
      const program = compile(trained.network, chip, { inputs, ...given });
      const names = program.populations.map((one) => one.name);
      return compareRecordings(float, await openInterpreter(program).run(others), names).spikes.share;
    };
    expect(await share({ calibration })).toBeGreaterThan(await share({}));
  });
});
