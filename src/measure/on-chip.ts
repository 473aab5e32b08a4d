/** Everything that a run's ledger tells: energy, time and traffic on the chip. */

import type { Program } from "../compile/program.ts";
import type { Probe, Recording, Stimuli } from "../engine.ts";
import type { Network } from "../network/types.ts";
import { sizeOf } from "../network/types.ts";
import type { Account } from "./accounts.ts";
import { breakEvens, type BreakEven } from "./break-even.ts";
import { estimateEnergy, type EnergyEstimate } from "./energy.ts";
import { LedgerPlan, ledgerProbes, totalsOf } from "./ledger.ts";
import { estimateTime, type TimeEstimate } from "./timing.ts";
import { trafficOf, type Traffic } from "./traffic.ts";

/** One line of the ledger with what was counted in the whole run. */
export interface CountedAccount extends Account {
  readonly count: number;
}

export interface OnChip {
  readonly energy: EnergyEstimate;
  readonly time: TimeEstimate;
  readonly traffic: Traffic;
  /** Null without a network of floats to compare with. */
  readonly breakEven: readonly BreakEven[] | null;
  /** Lines with a count of 0 are left out. */
  readonly ledger: readonly CountedAccount[];
  /** Synapses that were looked up, in the whole run, by the layer that they reach. */
  readonly synops: ReadonlyMap<string, number>;
}

export interface OnChipOptions {
  /** [samples] */
  readonly labels?: ArrayLike<number> | null;
  /** The network that the program was made of. */
  readonly network?: Pick<Network, "nodes" | "edges"> | null;
}

/** Above this many values in all a register that tells active neurons is not recorded. */
const largestActivity = 20_000_000;

/** Probes for the ledger of a run, as long as they do not take too much memory. */
export function activityProbes(program: Program, samples: number, steps: number): Probe[] {
  const probes = ledgerProbes(program);
  const neurons = probes.reduce((sum, { population }) => {
    return sum + program.populations.find(({ name }) => name === population)!.neurons;
  }, 0);
  return neurons * samples * steps <= largestActivity ? probes : [];
}

/**
 * Measure a run on its chip.
 *
 * @param recording in the model's timesteps, with the probes of `ledgerProbes`; without them active neurons are not counted
 * @throws MEASURE_NO_POPULATION, MEASURE_NOT_PLACED
 */
export function measureOnChip(
  program: Program,
  stimuli: Stimuli,
  recording: Recording,
  { labels = null, network = null }: OnChipOptions = {},
): OnChip {
  const plan = new LedgerPlan(program, program.fit.placement, { activity: hasActivity(program, recording) });
  const ledger = plan.sum(stimuli, recording);
  const time = estimateTime(plan, program, stimuli, recording);
  const energy = estimateEnergy(ledger, program, time);
  const totals = totalsOf(ledger);
  const counted = ledger.accounts.map((account, i) => ({ ...account, count: totals[i]! }));
  const synops = new Map(program.populations.map(({ name }) => [name, 0]));
  for (const { kind, layer, count } of counted) if (kind === "synop") synops.set(layer, synops.get(layer)! + count);
  return {
    energy,
    time,
    traffic: trafficOf(ledger, program, recording, labels, energy.perSample === null ? null : energy.bySample),
    breakEven:
      network === null
        ? null
        : breakEvens(plan, program, network, recording.steps, ratesOf(plan, program, stimuli, recording)),
    ledger: counted.filter(({ count }) => count > 0),
    synops,
  };
}

function hasActivity(program: Program, recording: Recording): boolean {
  return ledgerProbes(program).every(({ population, register }) => {
    return recording.populations.find(({ name }) => name === population)?.traces.has(register) === true;
  });
}

/** Events per element and timestep, of inputs and populations. */
function ratesOf(plan: LedgerPlan, program: Program, stimuli: Stimuli, recording: Recording): Map<string, number> {
  const sizes = [
    ...program.inputs.map(({ name, shape }) => [name, sizeOf(shape)] as const),
    ...program.populations.map(({ name, neurons }) => [name, neurons] as const),
  ];
  const places = Math.max(1, recording.samples * recording.steps);
  const events = plan.eventsOf(stimuli, recording);
  return new Map(sizes.map(([name, size]) => [name, (events.get(name) ?? 0) / (places * Math.max(1, size))]));
}
