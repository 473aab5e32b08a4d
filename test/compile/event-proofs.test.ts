import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { layOut } from "../../src/compile/event-load.ts";
import { eventFindings, proveEvents, type PopulationEvents } from "../../src/compile/event-proofs.ts";
import { comingInTimesteps, type Coming } from "../../src/compile/event-ranges.ts";
import { compile } from "../../src/compile/compile.ts";
import { decodeProgram, encodeProgram } from "../../src/compile/file.ts";
import type { ActWitness, CutProof, PopulationProof, Program } from "../../src/compile/program.ts";
import { EventMachine, type EventWatcher } from "../../src/core/event-machine.ts";
import { all, type ChipEvent } from "../../src/core/event-words.ts";
import { runBlock } from "../../src/datapath/evaluate.ts";
import type { Expression } from "../../src/datapath/syntax.ts";
import { BitspikeError } from "../../src/errors.ts";
import { readTarget, targetNames } from "../../src/files.ts";
import { sizeOf } from "../../src/network/types.ts";
import { proofRows } from "../../src/report/proof-text.ts";
import type { Target } from "../../src/target/types.ts";
import { randomEventProgram, randomEventTarget } from "../chip/event-targets.ts";
import { Dice } from "../dice.ts";
import { cell, dense, input, networkOf, output } from "./networks.ts";

const seeds = fc.integer({ min: 0, max: 2 ** 30 });
const shipped = targetNames()
  .map(readTarget)
  .filter(({ events }) => events !== null);

/** Every kind of event there is, from everywhere, with any weight of the type. */
function everyEvent({ target }: Program): Coming[] {
  const { low, high } = target.weights;
  const sources = Array.from({ length: target.core.neurons.value }, (_, address) => address);
  const weight = { low: BigInt(low), high: BigInt(high) };
  return Object.values(target.events!.kinds).map((kind) => ({ kind, sources, weight }));
}

/** Any events that a host could send, in any order. */
function randomEvents({ kinds }: EventMachine, target: Target, dice: Dice, count: number): ChipEvent[] {
  const size = target.core.neurons.value;
  return Array.from({ length: count }, (): ChipEvent => {
    const kind = dice.one([...kinds.values()]);
    const { low, high } = target.weights;
    const carries = kind.reaches === "neuron" ? dice.between(low, high) : 0;
    const neuron = kind.reaches === "neuron" && dice.chance(30) ? all : dice.between(0, size - 1);
    return { kind, source: dice.between(0, size - 1), neuron, weight: carries };
  });
}

/** What a walk of all neurons shows, block by block; it sees a run before the machine makes it. */
type Seen = (own: PopulationEvents, node: Expression, value: bigint) => void;

function walking(found: readonly PopulationEvents[], seen: Seen): EventWatcher {
  return {
    running(neurons, block, first, end) {
      const { load } = neurons;
      for (let lane = first; lane < end; lane++) {
        const address = load.addresses[lane]!;
        const own = found.find(({ neurons: mine }) => mine.has(address));
        if (own === undefined) continue;
        const names = new Map([
          ...Object.entries(load.parameters).map(([name, values]): [string, bigint] => [name, BigInt(values[lane]!)]),
          ...[...neurons.registers].map(([name, values]): [string, bigint] => [name, BigInt(values[lane]!)]),
        ]).set("weight", BigInt(neurons.weight[lane]!));
        const lines = own.ranges.blockOf(load.datapath.blocks.get(block)!, load.datapath.words);
        untilStopped(() => runBlock(lines, names, (node, value) => seen(own, node, value)));
      }
    },
  };
}

/** Whether it came to its end. */
function untilStopped(run: () => void): boolean {
  try {
    run();
    return true;
  } catch (error) {
    if (error instanceof BitspikeError) return false;
    throw error;
  }
}

/** A machine whose every neuron is walked beside it, which finds that no call acts that was said never to. */
function checkedMachine(program: Program, found: readonly PopulationEvents[]): EventMachine {
  const idle = new Map(
    found.map((own) => {
      return [own, new Set<Expression>(own.cuts.flatMap((cut) => (cut.happens === "never" ? [cut.node] : [])))];
    }),
  );
  const args = new Map<Expression, bigint>();
  const watcher = walking(found, (own, node, value) => {
    args.set(node, value);
    if (idle.get(own)!.has(node) && node.kind === "call") expect(value).toBe(args.get(node.args[0]!));
  });
  return new EventMachine(program, layOut(program), watcher);
}

/** How many registers are known to keep away from an end of their type. */
function narrowIn(found: readonly PopulationEvents[]): number {
  const all = found.flatMap(({ load, kinds }) => {
    return kinds.flatMap(({ registers }) =>
      [...registers].map(([name, range]) => ({ range, type: load.datapath.spec.state[name]! })),
    );
  });
  return all.filter(({ range, type }) => range.low > BigInt(type.low) || range.high < BigInt(type.high)).length;
}

/** Whether registers of neurons and synapses lie where they were said to; what does not. */
function outside(machine: EventMachine, found: readonly PopulationEvents[]): string[] {
  const wrong: string[] = [];
  const { memory, load } = machine;
  for (const { name, kinds } of found) {
    for (const { members, registers, synapses } of kinds) {
      for (const lane of members.lanes) {
        const address = members.load.addresses[lane]!;
        const { neurons } = machine.find(address);
        for (const [register, { low, high }] of registers) {
          const value = BigInt(neurons.registers.get(register)![lane]!);
          if (value < low || value > high) wrong.push(`${register} of ${name} is ${value}, not ${low}..${high}`);
        }
        for (const [source, box] of synapses) {
          for (const [register, { low, high }] of box) {
            const value = BigInt(memory.registers.get(register)![source * load.size + address]!);
            if (value < low || value > high) wrong.push(`${register} of a synapse is ${value}, not ${low}..${high}`);
          }
        }
      }
    }
  }
  return wrong;
}

/** One timestep of a network in which some elements of inputs send. */
function timestep(machine: EventMachine, program: Program, sending: readonly Sender[]): void {
  const { input, pace, end } = program.target.events!.timestep!;
  const kindOf = (name: string): ChipEvent["kind"] => machine.kinds.get(name)!;
  const events = sending.flatMap(({ input: from, element }) => {
    const { addresses, shape } = program.inputs.find(({ name }) => name === from)!;
    const own = [...addresses!].filter((_, place) => place % sizeOf(shape) === element);
    return own.map((source): ChipEvent => ({ kind: kindOf(input), source, neuron: 0, weight: 0 }));
  });
  machine.run(events, pace, 2000);
  for (const name of end) machine.run([{ kind: kindOf(name), source: 0, neuron: all, weight: 0 }], pace, 2000);
}

interface Sender {
  readonly input: string;
  readonly element: number;
}

/** Run what a witness says was sent, walking its neuron; `check` sees every block of it in the last timestep. */
function runAgain(
  program: Program,
  own: PopulationEvents,
  { sent, neuron }: ActWitness,
  check: (walk: Walk) => void,
): void {
  const stretches = sent!.flatMap(({ timesteps, elements }) => Array.from({ length: timesteps }, () => elements));
  let left = stretches.length;
  const watcher: EventWatcher = {
    running(neurons, block, first, end) {
      if (left !== 1) return;
      for (let lane = first; lane < end; lane++) {
        const isIt = neurons.load === machine.find(neurons.load.addresses[lane]!).neurons.load;
        if (!isIt || own.neurons.get(neurons.load.addresses[lane]!) !== neuron) continue;
        const registers = new Map([...neurons.registers].map(([name, values]) => [name, BigInt(values[lane]!)]));
        const parameters = Object.entries(neurons.load.parameters).map(([name, values]): [string, bigint] => [
          name,
          BigInt(values[lane]!),
        ]);
        const names = new Map([...parameters, ...registers]).set("weight", BigInt(neurons.weight[lane]!));
        const values = new Map<Expression, bigint>();
        const { blocks, words } = neurons.load.datapath;
        untilStopped(() =>
          runBlock(own.ranges.blockOf(blocks.get(block)!, words), names, (node, value) => values.set(node, value)),
        );
        check({ registers, values, after: names });
      }
    },
  };
  const machine = new EventMachine(program, layOut(program), watcher, { plain: true });
  for (const elements of stretches) {
    const sending = Object.entries(elements).flatMap(([name, list]) =>
      list.map((element) => ({ input: name, element })),
    );
    if (!untilStopped(() => timestep(machine, program, sending))) break;
    left--;
  }
}

/** One block as it was walked for one neuron. */
interface Walk {
  readonly registers: ReadonlyMap<string, bigint>;
  readonly values: ReadonlyMap<Expression, bigint>;
  readonly after: ReadonlyMap<string, bigint>;
}

/** Whether registers are those that a witness names. */
function isFrom({ registers }: Walk, witness: ActWitness): boolean {
  return Object.entries(witness.registers).every(([name, value]) => registers.get(name) === BigInt(value));
}

function actsAgain(program: Program, own: PopulationEvents, cut: CutProof, witness: ActWitness): boolean {
  const nodes = own.cuts.filter((one) => one.block === cut.block && one.line === cut.line && one.name === cut.name);
  let acted = false;
  runAgain(program, own, witness, (walk) => {
    acted ||=
      isFrom(walk, witness) &&
      nodes.some(({ node }) => {
        const value = walk.values.get(node);
        return value !== undefined && value !== walk.values.get(node.args[0]!);
      });
  });
  return acted;
}

function leavesAgain(program: Program, own: PopulationEvents, register: string, witness: ActWitness): boolean {
  const { low, high } = own.load.datapath.spec.state[register]!;
  let left = false;
  runAgain(program, own, witness, (walk) => {
    const value = walk.after.get(register)!;
    left ||= isFrom(walk, witness) && (value < BigInt(low) || value > BigInt(high));
  });
  return left;
}

describe("what is proved of a chip that runs on events", () => {
  it("holds for neurons and synapses that learn, whatever events come", () => {
    let [narrow, checked] = [0, 0];
    fc.assert(
      fc.property(seeds, (seed) => {
        const dice = new Dice(seed);
        const target = randomEventTarget(dice);
        const program = randomEventProgram(target, dice, dice.between(0, 1));
        const comings = everyEvent(program);
        const found = eventFindings(program, layOut(program), comings);
        const machine = checkedMachine(program, found);
        narrow += narrowIn(found);
        for (let round = 0; round < 12; round++) {
          const events = randomEvents(machine, target, dice, dice.between(1, 6));
          const pace = dice.one(["after-idle", "always-ready"] as const);
          if (!untilStopped(() => machine.run(events, pace, 40))) break;
          expect(outside(machine, found)).toEqual([]);
          checked++;
        }
      }),
      { numRuns: 20 },
    );
    expect(narrow).toBeGreaterThan(20);
    expect(checked).toBeGreaterThan(60);
  });

  it("holds in timesteps, where only inputs and the neurons themselves send", () => {
    let [narrow, checked] = [0, 0];
    fc.assert(
      fc.property(seeds, (seed) => {
        const dice = new Dice(seed);
        const target = randomEventTarget(dice);
        const program = randomEventProgram(target, dice, 1);
        const comings = comingInTimesteps(program);
        const found = eventFindings(program, layOut(program), comings);
        const machine = checkedMachine(program, found);
        narrow += narrowIn(found);
        for (let round = 0; round < 30; round++) {
          const sending = dice.chance(60) ? [{ input: "in", element: 0 }] : [];
          if (!untilStopped(() => timestep(machine, program, sending))) break;
          expect(outside(machine, found)).toEqual([]);
          checked++;
        }
      }),
      { numRuns: 20 },
    );
    expect(narrow).toBeGreaterThan(20);
    expect(checked).toBeGreaterThan(60);
  });

  it("shows runs from a reset in which cuts act, as they do when they are run again", () => {
    let again = 0;
    fc.assert(
      fc.property(seeds, (seed) => {
        const dice = new Dice(seed);
        const program = randomEventProgram(randomEventTarget(dice), dice, 1);
        const found = eventFindings(program, layOut(program), comingInTimesteps(program));
        for (const [index, { cuts }] of proveEvents(program).populations.entries()) {
          for (const cut of cuts) {
            if (cut.witness === null) continue;
            expect(cut.acts).not.toBe("never");
            if (cut.witness.from !== "reset") continue;
            again++;
            if (cut.kind === "type") expect(leavesAgain(program, found[index]!, cut.name, cut.witness)).toBe(true);
            else expect(actsAgain(program, found[index]!, cut, cut.witness)).toBe(true);
          }
        }
      }),
      { numRuns: 20 },
    );
    expect(again).toBeGreaterThan(10);
  });

  describe.each(shipped)("of $name", (chip) => {
    const parts = (weights: readonly (readonly number[])[]): Program => {
      const nodes = [input("in", weights[0]!.length), dense("w", weights), cell("p"), output("out")];
      return compile(networkOf(nodes, "in w p out"), chip);
    };

    it("no cut can act where only small positive weights arrive, and membranes stay where they fire", () => {
      const program = parts([[0.3, 0.2, 0.1]]);
      const [{ cuts, registers }] = program.proofs!.populations as [PopulationProof];
      expect(cuts.length).toBeGreaterThan(0);
      expect(cuts.every(({ acts }) => acts === "never")).toBe(true);
      const threshold = program.populations[0]!.parameters["threshold"]![0]!;
      expect(registers["membrane"]).toEqual([0, threshold - 1]);
      expect(proofRows(program.proofs!)[0]!.lines).toContain("its one cut can never act");
    });

    it("inhibition drives a membrane to its end, and a run from a reset shows it", () => {
      const program = parts([[1, 0.5, -0.5]]);
      const [{ cuts, registers, arriving }] = program.proofs!.populations as [PopulationProof];
      const [cut] = cuts.filter(({ acts }) => acts !== "never");
      expect(cut!.witness).toMatchObject({ from: "reset", neuron: 0 });
      const { sent, arrived } = cut!.witness!;
      expect(sent!.every(({ elements }) => elements["in"]!.includes(2))).toBe(true);
      expect(arrived["weight"]).toBeLessThan(0);
      expect(registers["membrane"]![0]).toBe(chip.datapaths[program.populations[0]!.datapath]!.state["membrane"]!.low);
      expect(registers["membrane"]![1]).toBeLessThan(program.populations[0]!.parameters["threshold"]![0]!);
      expect(arriving["weight"]![0]).toBe(arrived["weight"]);
      const [text] = proofRows(program.proofs!)[0]!.lines.filter((line) => line.includes("can act"));
      expect(text).toMatch(
        /an event of weight -\d+, from .*; confirmed by a run from a reset: [\d,]+ timesteps? of in 2\)$/,
      );
    });

    it("a program's file keeps what was proved", () => {
      const program = parts([[1, 0.5, -0.5]]);
      expect(decodeProgram(encodeProgram(program)).proofs).toEqual(program.proofs);
    });
  });
});
