/** What can overflow and what cannot, in sentences. */

import type { ActWitness, CutProof, OrderProof, PopulationProof, Proofs } from "../compile/program.ts";
import { counted, grouped } from "../measure/numbers.ts";

/** `input sends 0 to 255 in a timestep`: what the proofs rest on. */
export function proofInputs({ inputs }: Proofs): string {
  const parts = Object.entries(inputs).map(
    ([name, [low, high]]) => `${name} sends ${grouped(low)} to ${grouped(high)}`,
  );
  return parts.length === 0 ? "without inputs" : `in one timestep ${parts.join(", ")}`;
}

/** Sentences for every population. */
export function proofRows({ populations }: Proofs): readonly { population: string; lines: readonly string[] }[] {
  return populations.map((one) => ({ population: one.population, lines: linesOf(one) }));
}

function linesOf({ registers, cuts, order }: PopulationProof): string[] {
  const calls = cuts.filter(({ kind }) => kind !== "type");
  const never = calls.filter(({ acts }) => acts === "never").length;
  const ranges = Object.entries(registers).filter(([, [low, high]]) => low < high);
  const stays = ranges.map(([name, [low, high]]) => `${name} ${grouped(low)} to ${grouped(high)}`).join(", ");
  return [
    ...(calls.length === 0 ? [] : [countText(never, calls.length)]),
    ...(stays === "" ? [] : [`between timesteps: ${stays}`]),
    ...cuts.filter(({ acts }) => acts !== "never").map(actText),
    ...order.flatMap(orderText),
  ];
}

function countText(never: number, all: number): string {
  if (never === all) return all === 1 ? "its one cut can never act" : `none of its ${all} cuts can ever act`;
  return `${never} of ${counted(all, "cut")} can never act`;
}

function actText({ kind, block, name, text, acts, witness }: CutProof): string {
  const what = kind === "type" ? `${name} can leave ${text}, which stops a run` : `${name} = ${text} ${verb(acts)}`;
  const where = block === "on timestep" || kind === "type" ? "" : ` (${block})`;
  return `${what}${where}: ${witness === null ? "no input was found that does it" : witnessText(witness)}`;
}

function verb(acts: CutProof["acts"]): string {
  return acts === "always" ? "always acts" : "can act";
}

/** `324 events that add up to -38,760 in one timestep, from membrane -6,733,101 (neuron 230; confirmed ..)`. */
function witnessText({ neuron, from, timesteps, events, arrived, registers }: ActWitness): string {
  const sums = Object.entries(arrived).map(([name, sum]) =>
    Object.keys(arrived).length > 1 ? `${name} ${grouped(sum)}` : grouped(sum),
  );
  const sum = sums.length === 0 ? "" : ` that add up to ${sums.join(", ")}`;
  const arriving =
    events > 0
      ? `${counted(events, "event")}${sum} in one timestep`
      : sums.length === 0
        ? "no event"
        : `an input of ${sums.join(", ")}`;
  const state = Object.entries(registers)
    .filter(([, value]) => value !== 0)
    .map(([name, value]) => `${name} ${grouped(value)}`);
  const start = state.length === 0 ? "rest" : state.join(", ");
  return `${arriving}, from ${start} (neuron ${neuron}; ${sureness(from, timesteps)})`;
}

function sureness(from: ActWitness["from"], timesteps: number): string {
  const run = `a run of ${counted(timesteps, "timestep")} from a reset`;
  if (from === "reset") return `confirmed by ${run}`;
  if (from === "sources") return `confirmed by ${run} in which its sources fire together, which may not happen`;
  return "confirmed from registers that may not be reachable";
}

/** Nothing where events simply add up. */
function orderText({ projection, free, because }: OrderProof): string[] {
  if (because === "an exact sum") return [];
  if (free) return [`events of ${projection} may come in any order: ${because}`];
  return [
    `events of ${projection} are taken in the chip's order: ${because === "not decided" ? "nothing simpler was proved" : because}`,
  ];
}
