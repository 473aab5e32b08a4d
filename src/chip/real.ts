/** A program in real numbers: the same timestep loop, the equations read without rounding and overflow. */

import type { Program, ProgramInput } from "../compile/program.ts";
import { realCores, type LossPlace, type LossyBlock, type RealValues } from "../core/real.ts";
import { lossesOf } from "../datapath/losses.ts";
import { readDatapath } from "../datapath/datapath.ts";
import { foldBlock } from "../datapath/fold.ts";
import type { Block } from "../datapath/syntax.ts";
import type { Engine } from "../engine.ts";
import { mistake } from "../errors.ts";
import { openMachine } from "./interpreter.ts";
import { Machine } from "./machine.ts";

/** How to read a program. */
export interface RealReading {
  /** Numbers in place of the program's integers; the integers where it is missing. */
  readonly values?: RealValues | undefined;
  /** Inputs whose payloads are not rounded. */
  readonly exactInputs?: ReadonlySet<string> | undefined;
  /** Which losses of the chip's arithmetic happen; none where it is missing. */
  readonly acts?: ((place: LossPlace) => boolean) | undefined;
  /** Told of each loss that happens how many numbers it changed. */
  readonly watch?: ((place: LossPlace, numbers: number) => void) | undefined;
}

/**
 * Payloads travel as 32-bit integers: one that is not rounded is a multiple of so small a part of an LSB, 2^-22 or what the
 * largest payload leaves.
 */
export function payloadUnit({ payloadLimit }: Pick<ProgramInput, "payloadLimit">): number {
  return 2 ** -Math.max(0, Math.min(22, 30 - Math.ceil(Math.log2(payloadLimit + 1))));
}

/**
 * Open a program in real numbers, on one thread. With every loss happening and the program's own integers the run is
 * that of the integer engines, as long as no number reaches 2^53; ranges of registers are not checked.
 *
 * @throws REAL_EVENTS, REAL_NONE where the target's equations have no such reading
 */
export function openReal(program: Program, reading: RealReading = {}): Engine {
  refuseReal(program);
  const exact = program.inputs.filter(({ name, payloadScale }) => {
    return payloadScale !== null && reading.exactInputs?.has(name) === true;
  });
  const payloadUnits = new Map(exact.map((input) => [input.name, payloadUnit(input)]));
  const inputs = program.inputs.map((input): ProgramInput => (exact.includes(input) ? finer(input) : input));
  const cores = realCores({ ...reading, payloadUnits });
  const read = { ...program, inputs };
  return openMachine(read, "real", (probed) => new Machine(read, { cores, probed }));
}

function finer(input: ProgramInput): ProgramInput {
  const { payloadScale, payloadLimit } = input;
  const unit = payloadUnit(input);
  return { ...input, payloadScale: payloadScale! / unit, payloadLimit: payloadLimit / unit };
}

/** @throws REAL_EVENTS, REAL_NONE */
function refuseReal({ target, populations }: Program): void {
  if (target.events !== null) throw mistake("REAL_EVENTS", { target: target.name });
  const machine = populations.find(({ datapath }) => target.datapaths[datapath]!.real === "none");
  if (machine === undefined) return;
  const facts = { target: target.name, population: machine.name, datapath: machine.datapath };
  throw mistake("REAL_NONE", facts, { node: machine.name });
}

/** A population's equations with the chip's settings put in, so that only what is computed is left. */
export function settledBlocks(
  { target, settings, projections }: Program,
  { name, datapath }: Program["populations"][number],
): ReadonlyMap<LossyBlock, Block> {
  const { onSpike, onTotal, onTimestep, words } = readDatapath(target.datapaths[datapath]!, target.settings).datapath!;
  const known = new Map([...words, ...Object.entries(settings)]);
  const settled = (block: Block): Block => foldBlock(block, known);
  const reached = projections.some(({ to }) => to === name);
  return new Map<LossyBlock, Block>([
    ...(reached ? [["on spike", settled(onSpike)] as const, ["on total", settled(onTotal ?? [])] as const] : []),
    ["on timestep", settled(onTimestep)],
  ]);
}

/** Everywhere in the equations of a program's populations where a number may be lost, with what the line assigns. */
export function lossPlaces(program: Program): readonly (LossPlace & { readonly name: string })[] {
  return program.populations.flatMap((population) =>
    [...settledBlocks(program, population)].flatMap(([block, lines]) =>
      lossesOf(lines).map((loss) => ({ population: population.name, block, ...loss })),
    ),
  );
}
