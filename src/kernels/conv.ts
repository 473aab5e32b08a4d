/** Convolutions stored as their kernels: the layout that `delivery/conv.ts` adds up. */

import type { Sum } from "../core/sums.ts";
import type { ConvSynapses } from "../core/synapses.ts";
import { convFields, convKernels, convLength } from "./fields.ts";
import { divisor, fitsHalf, signedFit, spreadOf } from "./fit.ts";
import type { OpenForm, SumSizes, Targets } from "./form.ts";
import type { DeliveryKernels } from "./load.ts";
import { paddedLength, viewOf, type Layout, type Region } from "./memory.ts";
import type { WasmMemory } from "./wasm.ts";

/** A kernel, laid out for every phase of the stride. Plain data. */
export interface PackedConv {
  readonly kind: "conv2d";
  readonly bits: 8 | 16 | 32;
  readonly scale: number;
  readonly sources: number;
  readonly sums: SumSizes;
  /** Place of the first neuron that is here in the totals, which hold whole channels. */
  readonly first: number;
  /** Whether sums of 16 bits can be used, and the number of blocks of channels that they take. */
  readonly narrow: boolean;
  /** Whether there is room for the payloads of marked channels behind the marks. */
  readonly graded: boolean;
  readonly plan: Region<"i32">;
  readonly pixels: Region<"u32">;
  readonly phases: Region<"u32">;
  readonly blocks: Region<"u32">;
  readonly weights: Region<"u8">;
}

/** Runs of weights are padded with zeros to so many. */
const runStep = 16;
/** Fields of the structures in delivery/job.ts. */
const phaseLength = 4;
const blockLength = 4;
const pixelLength = 9;
/** Totals beyond the last that vectors may write. */
const spare = 8;
/** Channels that one word of marks holds. */
const markedChannels = 32;
/** With fewer channels, several events at a pixel are rare. */
const leastMarked = 4;
const narrowLimit = 2 ** 15 - 1;

/** Which channels are computed here, and how the sums lie. */
interface Frame {
  /** First channel in and first channel out that are here, and how many groups. */
  readonly channelIn: number;
  readonly channelOut: number;
  readonly groups: number;
  /** Channels in and out of each group. */
  readonly ins: number;
  readonly outs: number;
  readonly down: Axis;
  readonly across: Axis;
}

/** One of the two directions. */
interface Axis {
  /** Taps of each phase of the stride, last first, so that what they reach ascends. */
  readonly taps: readonly (readonly number[])[];
  /** What taps that follow each other reach is so far apart. */
  readonly step: number;
  /** For each input coordinate its phase, and the output coordinate that the first tap reaches. */
  readonly phase: Uint32Array;
  readonly first: Int32Array;
  /** All that taps reach, with the output: from `low` to `high` (excluded). */
  readonly low: number;
  readonly high: number;
}

/** A part of the targets takes whole channels, and where there are several groups whole groups. */
function frameOf(synapses: ConvSynapses, { low, high }: Targets): Frame {
  const { inputShape, outputShape, groups } = synapses;
  const plane = planeOf(synapses);
  const [ins, outs] = [inputShape[0]! / groups, outputShape[0]! / groups];
  const [firstOut, endOut] = [Math.floor(low / plane), Math.ceil(high / plane)];
  const axes = { down: axisOf(synapses, 0), across: axisOf(synapses, 1) };
  if (groups === 1)
    return { ...axes, channelIn: 0, channelOut: firstOut, groups: 1, ins, outs: Math.max(0, endOut - firstOut) };
  const [firstGroup, endGroup] = [Math.floor(firstOut / outs), Math.ceil(endOut / outs)];
  const own = Math.max(0, endGroup - firstGroup);
  return { ...axes, channelIn: firstGroup * ins, channelOut: firstGroup * outs, groups: own, ins, outs };
}

function axisOf({ inputShape, outputShape, kernel, stride, padding, dilation }: ConvSynapses, axis: 0 | 1): Axis {
  const [taps, step, spread, zeros] = [kernel[axis], stride[axis], dilation[axis], padding[axis]];
  const size = outputShape[1 + axis]!;
  const mirrored = Array.from({ length: taps }, (_, i) => taps - 1 - i);
  const byPhase = Array.from({ length: step }, (_, phase) =>
    mirrored.filter((tap) => (((phase - tap * spread) % step) + step) % step === 0),
  );
  const input = inputShape[1 + axis]!;
  const phase = new Uint32Array(input);
  const first = new Int32Array(input);
  const apart = spread / divisor(spread, step);
  let [low, high] = [0, size];
  for (let at = 0; at < input; at++) {
    phase[at] = (at + zeros) % step;
    const own = byPhase[phase[at]!]!;
    if (own.length === 0) continue;
    first[at] = (at + zeros - own[0]! * spread) / step;
    low = Math.min(low, first[at]!);
    high = Math.max(high, first[at]! + (own.length - 1) * apart + 1);
  }
  return { taps: byPhase, step: apart, phase, first, low, high };
}

/** Taps of a phase as runs: whole rows where what neighbours reach is side by side. */
interface Run {
  readonly down: number;
  /** [taps] across, which follow each other. */
  readonly across: readonly number[];
  /** Output coordinates from those of the first tap. */
  readonly y: number;
  readonly x: number;
}

function runsOf({ down, across }: Frame, downPhase: number, acrossPhase: number): Run[] {
  const columns = across.taps[acrossPhase]!;
  if (columns.length === 0) return [];
  return down.taps[downPhase]!.flatMap((tap, row) => {
    const y = row * down.step;
    if (across.step === 1) return [{ down: tap, across: columns, y, x: 0 }];
    return columns.map((column, i) => ({ down: tap, across: [column], y, x: i * across.step }));
  });
}

/** Elements of a run. */
function lengthOf(runs: readonly Run[], outs: number): number {
  return wholeVectors((runs[0]?.across.length ?? 0) * outs);
}

function wholeVectors(elements: number): number {
  return Math.ceil(elements / runStep) * runStep;
}

/** Phases of the stride, in the order of their structures. */
function phasesOf(frame: Frame): { readonly runs: readonly Run[]; readonly length: number }[] {
  return frame.down.taps.flatMap((_, down) =>
    frame.across.taps.map((_, across) => {
      const runs = runsOf(frame, down, across);
      return { runs, length: lengthOf(runs, frame.outs) };
    }),
  );
}

/** Choose the width of the weights and reserve the places of all tables. */
export function packConv(synapses: ConvSynapses, targets: Targets, sum: Sum, layout: Layout): PackedConv {
  const frame = frameOf(synapses, targets);
  const { groups, ins, outs, channelOut } = frame;
  const phases = phasesOf(frame);
  const runs = phases.reduce((all, phase) => all + phase.runs.length, 0);
  const elements = phases.reduce((all, phase) => all + phase.runs.length * phase.length, 0) * groups * ins;
  const fitted = signedFit(spreadOf(synapses.weight, null) ?? { low: 0, high: 0, step: 0 });
  const [inputs, inHeight, inWidth] = synapses.inputShape as [number, number, number];
  const plane = planeOf(synapses);
  const pixels = inHeight * inWidth;
  const blocks = blocksOf(frame, synapses, fitted);
  const first = targets.low - channelOut * plane;
  const own = paddedLength(targets.high - targets.low);
  const graded = blocks !== null && sum !== "weight";
  const behindSums = (4 + (graded ? 2 * markedChannels : 0)) * pixels;
  return {
    kind: "conv2d",
    ...fitted,
    sources: inputs * pixels,
    sums: { totals: Math.max(groups * outs * plane + spare, first + own), narrow: marksAt(frame) + behindSums },
    first,
    narrow: blocks !== null,
    graded,
    plan: layout.reserve("i32", convLength),
    pixels: layout.reserve("u32", pixelLength * pixels),
    phases: layout.reserve("u32", phases.length * phaseLength + runs),
    blocks: layout.reserve("u32", blocks?.length ?? 0),
    weights: layout.reserve("u8", (elements * fitted.bits) / 8),
  };
}

function planeOf({ outputShape }: ConvSynapses): number {
  return outputShape[1]! * outputShape[2]!;
}

/** Elements of sums, with what runs may touch beyond the last. */
function elementsOf({ groups, outs, down, across }: Frame): number {
  return groups * (down.high - down.low) * (across.high - across.low) * outs + runStep;
}

/** Bytes of sums before the marks. */
function marksAt(frame: Frame): number {
  return 4 * elementsOf(frame);
}

/**
 * Blocks of channels in whose order events are added up: none whose events, one from every source, could take a sum of 16
 * bits out of its range; where marks pay, at most 32 channels of one group.
 *
 * @returns structures one behind the other; null where one channel alone is too much
 */
function blocksOf(
  frame: Frame,
  synapses: ConvSynapses,
  fitted: Pick<PackedConv, "bits" | "scale">,
): Uint32Array | null {
  if (fitted.bits !== 8) return null;
  const { groups, ins, channelIn } = frame;
  const pixels = synapses.inputShape[1]! * synapses.inputShape[2]!;
  const marks = ins >= leastMarked;
  const structures: number[] = [];
  const sums = new Float64Array(groups * frame.outs);
  let first = 0;
  const close = (end: number, flush: boolean): void => {
    if (end > first) structures.push((channelIn + end) * pixels, first, marks ? 1 : 0, flush ? 1 : 0);
    first = end;
  };
  for (let channel = 0; channel < groups * ins; channel++) {
    if (marks && (channel % ins === 0 || channel - first === markedChannels)) close(channel, false);
    const own = magnitudesOf(frame, synapses, channel, fitted.scale);
    if (own.some((sum) => sum > narrowLimit)) return null;
    const begin = Math.floor(channel / ins) * frame.outs;
    if (own.some((sum, out) => sums[begin + out]! + sum > narrowLimit)) {
      // What came before must be out of the way, whether its block was closed already or is still open.
      if (channel > first) close(channel, true);
      else structures[structures.length - 1] = 1;
      sums.fill(0);
    }
    for (const [out, sum] of own.entries()) sums[begin + out]! += sum;
  }
  close(groups * ins, false);
  return Uint32Array.from(structures);
}

/** [outs] sums of the magnitudes of all weights from one channel. */
function magnitudesOf(
  { channelOut, ins, outs }: Frame,
  synapses: ConvSynapses,
  channel: number,
  scale: number,
): Float64Array {
  const taps = synapses.kernel[0] * synapses.kernel[1];
  const first = channelOut + Math.floor(channel / ins) * outs;
  return Float64Array.from({ length: outs }, (_, out) => {
    const from = ((first + out) * ins + (channel % ins)) * taps;
    let sum = 0;
    for (let i = from; i < from + taps; i++) sum += Math.abs(synapses.weight[i]!);
    return sum / scale;
  });
}

/** Write plan, tables and weights. */
export function writeConv(packed: PackedConv, synapses: ConvSynapses, targets: Targets, memory: WasmMemory): void {
  const frame = frameOf(synapses, targets);
  const blocks = blocksOf(frame, synapses, packed) ?? new Uint32Array(0);
  viewOf(memory, packed.blocks).set(blocks);
  writePlan(packed, frame, synapses, blocks.length / blockLength, memory);
  writeWeights(packed, frame, synapses, memory);
  writePixels(packed, frame, synapses, targets, memory);
}

function writePlan(packed: PackedConv, frame: Frame, synapses: ConvSynapses, blocks: number, memory: WasmMemory): void {
  const { groups, ins, outs, down, across, channelIn } = frame;
  const [, inHeight, inWidth] = synapses.inputShape as [number, number, number];
  const [, height, width] = synapses.outputShape as [number, number, number];
  const rowSums = rowSumsOf(frame);
  const pixels = inHeight * inWidth;
  const fields: Readonly<Record<keyof typeof convFields, number>> = {
    bits: packed.bits,
    firstSource: channelIn * pixels,
    channels: groups * ins,
    pixels,
    ins,
    outs,
    groups,
    groupSums: (down.high - down.low) * rowSums,
    rowSums,
    border: -down.low * rowSums - across.low * outs,
    height,
    width,
    plane: height * width,
    marks: marksAt(frame),
    pixelTable: packed.pixels.offset,
    blockTable: packed.blocks.offset,
    blocks,
  };
  const plan = viewOf(memory, packed.plan);
  for (const [name, place] of Object.entries(convFields)) plan[place] = fields[name as keyof typeof convFields];
}

/** Elements of sums of one row. */
function rowSumsOf({ across, outs }: Frame): number {
  return (across.high - across.low) * outs;
}

const storages = { 8: "i8", 16: "i16", 32: "i32" } as const;

function writeWeights(packed: PackedConv, frame: Frame, synapses: ConvSynapses, memory: WasmMemory): void {
  const { groups, ins, outs, channelOut } = frame;
  const { kernel, weight } = synapses;
  const { offset, length } = packed.weights;
  const bytes = packed.bits / 8;
  const stored = viewOf(memory, { storage: storages[packed.bits], offset, length: length / bytes });
  const structures = viewOf(memory, packed.phases);
  const phases = phasesOf(frame);
  const rowSums = rowSumsOf(frame);
  let delta = phases.length * phaseLength;
  let at = 0;
  for (const [index, { runs, length: run }] of phases.entries()) {
    const deltas = packed.phases.offset + 4 * delta;
    const structure = [offset + at * bytes, runs.length * run * bytes, run, deltas];
    structures.set(structure, index * phaseLength);
    for (const { y, x } of runs) structures[delta++] = y * rowSums + x * outs;
    for (let channel = 0; channel < groups * ins; channel++) {
      const first = channelOut + Math.floor(channel / ins) * outs;
      for (const { down, across } of runs) {
        for (const [i, tap] of across.entries()) {
          for (let out = 0; out < outs; out++) {
            const from = ((first + out) * ins + (channel % ins)) * kernel[0] + down;
            stored[at + i * outs + out] = weight[from * kernel[1] + tap]! / packed.scale;
          }
        }
        at += run;
      }
    }
  }
}

function writePixels(
  packed: PackedConv,
  frame: Frame,
  synapses: ConvSynapses,
  targets: Targets,
  memory: WasmMemory,
): void {
  const { down, across, outs } = frame;
  const table = viewOf(memory, packed.pixels);
  const counts = [0, 1, frame.groups - 1].map((group) => countsOf(frame, group, synapses, targets));
  const [, height, width] = synapses.outputShape as [number, number, number];
  const cut = isCut(frame, height, width);
  let pixel = 0;
  for (const [y, downPhase] of down.phase.entries()) {
    for (const [x, acrossPhase] of across.phase.entries()) {
      const [rows, columns] = [insideOf(down, y, height), insideOf(across, x, width)];
      const phase = packed.phases.offset + 4 * phaseLength * (downPhase * across.taps.length + acrossPhase);
      const sums = (down.first[y]! - down.low) * rowSumsOf(frame) + (across.first[x]! - across.low) * outs;
      const reached = counts.map((count) => count[pixel]!);
      const part = cut ? partOf(frame, x, rows, columns) : partOf(frame, x, allOf(down, y), allOf(across, x));
      table.set([sums, rows.count > 0 && columns.count > 0 ? phase : 0, ...reached, ...part], pixel++ * pixelLength);
    }
  }
}

/** Vectors per event that have to be saved for parts of runs to gain: where they end is harder to foresee than for whole ones. */
const leastSaved = 4;

/** Whether taps that reach beyond the output are left out. */
function isCut(frame: Frame, height: number, width: number): boolean {
  const { down, across } = frame;
  const vectors = (rows: Inside, x: number, columns: Inside): number => {
    const [, runs, , length] = partOf(frame, x, rows, columns) as [number, number, number, number];
    return (runs * length) / runStep;
  };
  let saved = 0;
  for (const y of down.phase.keys()) {
    const [all, rows] = [allOf(down, y), insideOf(down, y, height)];
    for (const x of across.phase.keys()) {
      saved += vectors(all, x, allOf(across, x)) - vectors(rows, x, insideOf(across, x, width));
    }
  }
  return saved >= leastSaved * down.phase.length * across.phase.length;
}

/** Taps whose outputs there are: how many come before them, and how many they are. */
interface Inside {
  readonly before: number;
  readonly count: number;
}

function insideOf({ taps, step, phase, first }: Axis, at: number, size: number): Inside {
  const outputs = taps[phase[at]!]!.map((_, i) => first[at]! + i * step);
  return {
    before: outputs.filter((out) => out < 0).length,
    count: outputs.filter((out) => out >= 0 && out < size).length,
  };
}

function allOf({ taps, phase }: Axis, at: number): Inside {
  return { before: 0, count: taps[phase[at]!]!.length };
}

/** The runs that reach something, and the elements of each: whole vectors, of which some may reach into the border. */
function partOf({ across, outs }: Frame, x: number, rows: Inside, columns: Inside): number[] {
  const taps = across.taps[across.phase[x]!]!.length;
  const whole = across.step === 1;
  const runs = whole ? 1 : taps;
  const length = wholeVectors((whole ? columns.count : 1) * outs);
  const skip = whole ? Math.max(0, Math.min(columns.before * outs, wholeVectors(taps * outs) - length)) : 0;
  return [rows.before * runs, rows.count * runs, skip, length];
}

/** [pixels] synapses from each pixel in one group, onto the targets that are here. */
function countsOf(frame: Frame, group: number, { outputShape }: ConvSynapses, targets: Targets): Uint32Array {
  const [, height, width] = outputShape as [number, number, number];
  const plane = height * width;
  const first = frame.channelOut + group * frame.outs;
  const starts = Array.from({ length: frame.outs }, (_, out) => (first + out) * plane);
  const isWhole = (start: number): boolean => start >= targets.low && start + plane <= targets.high;
  const whole = starts.filter(isWhole).length;
  const cut = starts.filter((start) => !isWhole(start));
  const isHere = (neuron: number): boolean => neuron >= targets.low && neuron < targets.high;
  const columns = reachedOf(frame.across, width);
  const counts = reachedOf(frame.down, height).flatMap((down) =>
    columns.map((across) => {
      let synapses = whole * down.length * across.length;
      for (const start of cut) {
        for (const y of down) for (const x of across) if (isHere(start + y * width + x)) synapses++;
      }
      return synapses;
    }),
  );
  return Uint32Array.from(counts);
}

/** For each input coordinate the output coordinates that it reaches. */
function reachedOf({ taps, step, phase, first }: Axis, size: number): number[][] {
  return Array.from(phase, (own, at) =>
    taps[own]!.map((_, i) => first[at]! + i * step).filter((out) => out >= 0 && out < size),
  );
}

/** Make a convolution that was written ready to receive events. */
export function openConv(packed: PackedConv, kernels: DeliveryKernels): OpenForm {
  const { scale, narrow, graded, plan } = packed;
  return {
    sparing: false,
    scale,
    base: 0,
    kernel(alike, low, high) {
      if (alike && narrow) return convKernels.narrow;
      return !alike && graded && fitsHalf(low, high) ? convKernels.graded : convKernels.wide;
    },
    run: (kernel, jobs, count) => kernels.addConv(plan.offset, kernel, jobs, count),
    synops: () => 0,
  };
}
