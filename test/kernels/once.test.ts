import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { openInterpreter, openMachine } from "../../src/chip/interpreter.ts";
import { Machine } from "../../src/chip/machine.ts";
import { programOfIntegers } from "../../src/compile/integers.ts";
import type { Program, Synapses } from "../../src/compile/program.ts";
import type { Engine, Recording, RunOptions } from "../../src/engine.ts";
import type { Cores } from "../../src/core/cores.ts";
import { readTarget } from "../../src/files.ts";
import { synapsesByRow } from "../../src/kernels/by-row.ts";
import { packForAll } from "../../src/kernels/common.ts";
import { kernelCores } from "../../src/kernels/cores.ts";
import { loadDelivery } from "../../src/kernels/load.ts";
import type { WasmMemory } from "../../src/kernels/wasm.ts";
import { allProbes, outcome, randomStimuli } from "../chip/programs.ts";

const modules = await loadDelivery();
const [inputs, neurons] = [40, 9000];
const weightAt = (i: number): number => ((i * 37) % 255) - 127;

function programWith(synapses: Synapses): Program {
  return programOfIntegers(readTarget("generic-8bit"), {
    inputs: [{ name: "in", shape: [inputs] }],
    populations: [{ name: "out", shape: [neurons], parameters: { beta: 240, threshold: 150 } }],
    projections: [{ from: "in", to: "out", synapses }],
  });
}

interface Shared {
  readonly program: Program;
  readonly memory: WasmMemory;
  readonly cores: Cores;
}

async function common(): Promise<Shared> {
  const weight = Int8Array.from({ length: inputs * neurons }, (_, i) => weightAt(i));
  const program = programWith({ kind: "dense", weight });
  const packed = await packForAll(program, 0);
  const cores = kernelCores(modules, undefined, packed);
  return { program, memory: packed.values().next().value!.memory, cores };
}

function held(): Promise<Shared> {
  const synapses = synapsesByRow({ sources: inputs, targets: neurons }, (source, add) => {
    for (let i = source; i < neurons; i += 30) add(i, weightAt(i));
  });
  return Promise.resolve({
    program: programWith(synapses),
    memory: synapses.memory as WasmMemory,
    cores: kernelCores(modules),
  });
}

function opened({ program, cores }: Shared): Engine {
  return openMachine(program, "kernels", (probed) => new Machine(program, { cores, probed }));
}

/** The engine's name is the only difference that is allowed. */
function anonymous(result: unknown): unknown {
  return { ...(result as Recording), engine: "" };
}

describe.each([
  { name: "packed for all threads", make: common },
  { name: "told row by row", make: held },
])("machines on synapses $name", ({ make }) => {
  it("leave their memory as large as the first made it, however many are opened and with whatever probes", async () => {
    const shared = await make();
    const { program, memory } = shared;
    const plain = randomStimuli(program, 1, 4, 1);
    const others = randomStimuli(program, 2, 3, 2);
    const probes = allProbes(program);
    const runs: [typeof plain, RunOptions][] = [
      [plain, {}],
      [others, { probes }],
      [others, {}],
      [plain, { probes: probes.slice(0, 1) }],
    ];
    const expected: unknown[] = [];
    for (const [stimuli, options] of runs) {
      expected.push(anonymous(await outcome(openInterpreter(program), stimuli, options)));
    }
    const before = memory.buffer.byteLength;
    opened(shared);
    const bytes = memory.buffer.byteLength;
    expect(bytes).toBeGreaterThan(before);
    for (let times = 0; times < 6; times++) {
      const engine = opened(shared);
      for (const [i, [stimuli, options]] of runs.entries()) {
        expect(anonymous(await outcome(engine, stimuli, options))).toEqual(expected[i]);
      }
    }
    expect(memory.buffer.byteLength).toBe(bytes);
  });

  it("take turns timestep by timestep without a trace in each other's results", async () => {
    const { program, cores } = await make();
    const events = fc.uniqueArray(fc.nat(inputs - 1));
    const turns = fc.array(fc.nat(1), { maxLength: 12 });
    const machines = [0, 1].map(() => new Machine(program, { cores }));
    const alone = [0, 1].map(() => new Machine(program));
    fc.assert(
      fc.property(fc.tuple(events, events), turns, (fed, order) => {
        for (const machine of [...machines, ...alone]) machine.reset();
        for (const which of order) {
          const [got, expected] = [machines[which]!, alone[which]!].map((machine) => advanced(machine, fed[which]!));
          expect(got).toEqual(expected);
        }
      }),
      { numRuns: 40 },
    );
  });
});

/** What one timestep gives, where the same events come at all of them. */
function advanced(machine: Machine, neurons: readonly number[]): unknown {
  const neuron = Uint32Array.from(neurons).toSorted();
  machine.take((_, list) => {
    Object.assign(list, { neuron, payload: new Int32Array(neuron.length).fill(1), begin: 0, count: neuron.length });
    list.binary = true;
    return machine.step > 0;
  });
  machine.advance();
  const { fired, registers } = machine.population("out");
  const [delivery] = machine.program.projections;
  return {
    fired: [...fired.neuron.subarray(0, fired.count)],
    registers: [...registers].map(([name, values]) => [name, Array.from(values)]),
    synops: machine.delivery(delivery!.name).synops,
  };
}
