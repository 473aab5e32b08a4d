/** A chip with a program in it, as whatever records, steps and saves it sees it: in timesteps or on events. */

import type { Program } from "../compile/program.ts";
import type { EventList } from "../core/events.ts";
import type { Neurons } from "../core/population.ts";
import type { Register } from "../datapath/prepare.ts";
import type { TypeSpec } from "../datapath/spec.ts";
import type { Exchange } from "./machine.ts";

/**
 * Fills the list of an input's events for one timestep, inputs being numbered as in the program; says whether they are
 * those of the step before.
 */
export type Feed = (input: number, list: EventList) => boolean;

/** One population, as it was after the last timestep. */
export type ShownNeurons = Pick<Neurons, "size" | "registers" | "probes" | "fired">;

/** Registers that one timestep leaves for the next. */
export interface SavedRegisters {
  readonly name: string;
  readonly state: Readonly<Record<string, TypeSpec>>;
  readonly registers: ReadonlyMap<string, Register>;
}

/** Chip timesteps count from 0. */
export interface ChipMachine {
  readonly program: Program;
  /** Timesteps done since the last reset. */
  step: number;
  population(name: string): ShownNeurons;
  /** Spikes through one synapse each since `synops` was last set to 0. */
  delivery(projection: string): { synops: number };
  /** Of events, where its room is limited: most entries at once, and lost ones, since each was last set to 0. */
  readonly queue?: { longest: number; lost: number } | undefined;
  reset(): void;
  /** Take what arrives from the inputs in the timestep to come. The state stays as it is, even where `feed` throws. */
  take(feed: Feed): void;
  /**
   * Advance one timestep with what was taken.
   *
   * @param exchange makes whole populations of parts; leave it out where all neurons are here
   */
  advance(exchange?: Exchange): void;
  readonly saved: readonly SavedRegisters[];
  /** To be told when somebody else has written to what is saved. */
  restored(): void;
  /** For how many timesteps what a population or input sent is under way, at most. */
  reach(source: string): number;
  /** What a population or input sent `age` timesteps before the last one, 0 to `reach` - 1. */
  underWay(source: string, age: number): EventList;
}
