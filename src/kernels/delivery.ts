/**
 * Events of one projection added up by compiled kernels, where `on spike` is an exact sum: what `src/core/sums.ts` gives,
 * bit for bit. Every array has its place before the memory is made, so it takes some steps:
 *
 *     const packed = packSynapses(synapses, targets, sum, layout); // once, whatever the number of threads
 *     const places = reserveSums(packed, layout, samples); // once per thread
 *     const memory = openMemory(layout, shared);
 *     writeSynapses(packed, synapses, memory); // once
 *     const delivery = openDelivery({ kernels, memory, packed, places, synapses, name });
 *     delivery.addUp(events);
 */

import { copyPart } from "../copy.ts";
import type { EventList } from "../core/events.ts";
import { largestOf, openRows, type Rows } from "../core/rows.ts";
import { addUp, type Sum } from "../core/sums.ts";
import type { ConvSynapses, Synapses } from "../core/synapses.ts";
import { openConv, packConv, writeConv, type PackedConv } from "./conv.ts";
import { openDense, packDense, writeDense, type PackedDense } from "./dense.ts";
import { jobFields, jobLength, jobSynops } from "./fields.ts";
import type { OpenForm, SumSizes, Targets } from "./form.ts";
import type { DeliveryKernels } from "./load.ts";
import { heldLists, packHeld, writeHeld, type HeldLists } from "./held.ts";
import { bytesOf, paddedLength, placedAt, viewOf, type Layout, type Region } from "./memory.ts";
import type { Span } from "./reach.ts";
import { census, fitRows, listsAreBetter, readRows, type Rowed } from "./rowed.ts";
import { openSparse, packSparse, writeSparse, type PackedSparse } from "./sparse.ts";
import type { WasmMemory } from "./wasm.ts";

/** Where the synapses of one projection lie in a memory, and in which form. Plain data that workers can be sent. */
export interface PackedSynapses {
  readonly targets: Targets;
  readonly sum: Sum;
  /** Largest magnitude of any weight of the projection, onto these neurons or others. */
  readonly largest: number;
  readonly form: PackedForm;
  /** Set where kernels read the synapses where they are. */
  readonly held: HeldLists | null;
}

/** The forms in which synapses are stored. */
export type PackedForm = PackedDense | PackedConv | PackedSparse;

/** Where the sums of some samples lie. Plain data. */
export interface SumPlaces {
  readonly samples: number;
  /** [samples][jobLength] */
  readonly jobs: Region<"i32">;
  /** [samples][..] */
  readonly narrow: Region<"u8">;
  readonly total: Region<"i32">;
  /** [samples][portion] for events that come from elsewhere. */
  readonly neuron: Region<"u32">;
  readonly payload: Region<"i32">;
}

/** The sums of one sample. */
export interface Sums {
  /** [neurons here] what the last events add up to, where `wide` is null. */
  readonly total: Int32Array;
  /** [neurons here] the same where 32 bits might not hold it. */
  readonly wide: Float64Array | null;
  /** Synapses that the last events reached. */
  readonly synops: number;
}

/** A projection that is ready to receive events. */
export interface KernelDelivery {
  /** One per sample that can be under way. */
  readonly sums: readonly Sums[];
  /** Whose events were added up last, where several use it by turns; they set it. */
  user: object | null;
  /**
   * Add up the events that arrive together. Nothing is copied where the list lies in the delivery's memory, and nothing
   * allocated.
   *
   * @param sample whose sums are overwritten
   * @param span has all targets of the events; totals of others then mean nothing
   * @throws ENGINE_SUM_RANGE
   */
  addUp(events: EventList, sample?: number, span?: Span | null): void;
  /**
   * The same for several samples, the first for `sums[0]` and so on: a row of weights serves all of them while it is in
   * the cache.
   */
  addUpBatch(lists: readonly EventList[]): void;
}

/** What a delivery is made of. */
export interface DeliveryParts {
  /** That work on `memory`. */
  readonly kernels: DeliveryKernels;
  readonly memory: WasmMemory;
  readonly packed: PackedSynapses;
  readonly places: SumPlaces;
  /** As the program has them: sums that 32 bits may not hold are made from these. */
  readonly synapses: Synapses;
  /** Of the projection, for messages. */
  readonly name: string;
  /** Whether it is known that no events of a timestep add up to more than 32 bits. */
  readonly bounded?: boolean;
  /** Whether lists of events never lie in `memory`, which may then grow. */
  readonly apart?: boolean;
}

/** Totals are 32-bit integers where no sum can leave their range. */
const totalLimit = 2 ** 31 - 1;
/** Events from elsewhere are copied in portions of at least so many. */
const leastPortion = 256;

/**
 * Choose the form of the synapses, the narrowest that holds the weights, and reserve their place.
 *
 * @param sum what `on spike` adds up, by `recognizeSum`
 */
export function packSynapses(synapses: Synapses, targets: Targets, sum: Sum, layout: Layout): PackedSynapses {
  const largest = largestOf(synapses.weight);
  return { targets, sum, largest, form: packForm(synapses, targets, sum, layout), held: null };
}

/**
 * Use synapses where they lie, if they lie in a memory that kernels can work on; null: they have to be packed.
 *
 * @param layout of what comes behind them in that memory
 */
export function holdSynapses(synapses: Synapses, targets: Targets, sum: Sum, layout: Layout): PackedSynapses | null {
  const held = heldLists(synapses, targets);
  if (held === null) return null;
  return { targets, sum, largest: largestOf(synapses.weight), form: packHeld(held, layout), held };
}

/** What is told of synapses and of their sums, with places behind all others of a memory. */
export function placeBehind(packed: PackedSynapses, places: SumPlaces, address: number): [PackedSynapses, SumPlaces] {
  const form = { ...(packed.form as PackedSparse), plan: placedAt(address, packed.form.plan) };
  return [{ ...packed, form }, sumsBehind(places, address)];
}

/** Places of sums behind all others of a memory. */
export function sumsBehind({ samples, jobs, narrow, total, neuron, payload }: SumPlaces, address: number): SumPlaces {
  return {
    samples,
    jobs: placedAt(address, jobs),
    narrow: placedAt(address, narrow),
    total: placedAt(address, total),
    neuron: placedAt(address, neuron),
    payload: placedAt(address, payload),
  };
}

function packForm(synapses: Synapses, targets: Targets, sum: Sum, layout: Layout): PackedForm {
  if (synapses.kind === "conv2d") return packConv(synapses, targets, sum, layout);
  const rows = readRows(synapses, targets);
  const found = census(rows);
  if (listsAreBetter(rows, found, sum)) return packSparse(rows, found, layout);
  return packDense(rows, fitRows(found, sum), layout);
}

/** Reserve what the sums of some samples need. */
export function reserveSums({ form }: PackedSynapses, layout: Layout, samples = 1): SumPlaces {
  const { totals, narrow } = form.sums;
  const portion = Math.max(leastPortion, form.sources);
  return {
    samples,
    jobs: layout.reserve("i32", samples * jobLength),
    narrow: layout.reserve("u8", samples * paddedLength(narrow)),
    total: layout.reserve("i32", samples * paddedLength(totals)),
    neuron: layout.reserve("u32", samples * paddedLength(portion)),
    payload: layout.reserve("i32", samples * paddedLength(portion)),
  };
}

/** Write the synapses into their memory: by one thread, before a delivery is opened. */
export function writeSynapses({ form, targets, held }: PackedSynapses, synapses: Synapses, memory: WasmMemory): void {
  if (held !== null) return writeHeld(held, form as PackedSparse, memory);
  if (form.kind === "conv2d") return writeConv(form, synapses as ConvSynapses, targets, memory);
  const rows = readRows(synapses as Rowed, targets);
  if (form.kind === "sparse") writeSparse(form, rows, memory);
  else writeDense(form, rows, memory);
}

function openForm(form: PackedForm, kernels: DeliveryKernels): OpenForm {
  switch (form.kind) {
    case "dense":
      return openDense(form, kernels);
    case "sparse":
      return openSparse(form, kernels);
    case "conv2d":
      return openConv(form, kernels);
  }
}

/** [neurons here] the totals of one sample, for kernels that go on from them. The padding behind them holds zeros. */
export function totalRegion(
  { form, targets }: PackedSynapses,
  { total, samples }: SumPlaces,
  sample = 0,
): Region<"i32"> {
  const { offset } = partOf(total, samples, sample);
  return { storage: "i32", offset: offset + 4 * form.first, length: targets.high - targets.low };
}

/** Open a projection whose synapses were written. */
export function openDelivery(parts: DeliveryParts): KernelDelivery {
  return new Opened(parts);
}

class Opened implements KernelDelivery {
  readonly sums: readonly SampleSums[];
  user: object | null = null;
  private readonly parts: DeliveryParts;
  private readonly form: OpenForm;
  /** Where magnitudes of weights and payloads come to more, 32 bits might not hold a sum, or doubles one of the interpreter. */
  private readonly limit: number;
  private rows: Rows | null = null;

  constructor(parts: DeliveryParts) {
    this.parts = parts;
    this.form = openForm(parts.packed.form, parts.kernels);
    this.limit = parts.bounded === true ? Number.MAX_SAFE_INTEGER : totalLimit;
    this.sums = Array.from({ length: parts.places.samples }, (_, sample) => new SampleSums(parts, this.form, sample));
  }

  addUp(events: EventList, sample = 0, span: Span | null = null): void {
    const sums = this.sums[sample]!;
    if (this.prepare(events, sums, this.form.sparing ? span : null)) this.run(sums.kernel, sample, 1);
  }

  addUpBatch(lists: readonly EventList[]): void {
    const { sums } = this;
    // Jobs that lie one behind the other and take the same kernel run together.
    let first = 0;
    let waiting = 0;
    for (let sample = 0; sample < lists.length; sample++) {
      const own = sums[sample]!;
      const ready = this.prepare(lists[sample]!, own);
      if (waiting > 0 && (!ready || own.kernel !== sums[first]!.kernel)) {
        this.run(sums[first]!.kernel, first, waiting);
        waiting = 0;
      }
      if (!ready) continue;
      if (waiting++ === 0) first = sample;
    }
    if (waiting > 0) this.run(sums[first]!.kernel, first, waiting);
  }

  private run(kernel: number, first: number, count: number): void {
    this.form.run(kernel, this.sums[first]!.job, count);
    for (let sample = first; sample < first + count; sample++) this.sums[sample]!.clearSpare();
  }

  /** Fill in the job of a sample. @returns whether it is to be run; else the sums are made already */
  private prepare(events: EventList, sums: SampleSums, span: Span | null = null): boolean {
    const { packed } = this.parts;
    sums.look(events, packed.sum);
    if (sums.magnitude * packed.largest > this.limit) {
      this.addUpWide(events, sums);
      return false;
    }
    sums.wide = null;
    sums.counted[0] = 0;
    if (span !== null) sums.total.fill(0, span.first, span.end);
    sums.adds = span !== null;
    let done = 0;
    while (true) {
      done += sums.take(events, done);
      if (done === events.count) return true;
      this.form.run(sums.kernel, sums.job, 1);
    }
  }

  private addUpWide(events: EventList, sums: SampleSums): void {
    const { synapses, packed, name } = this.parts;
    const { neurons, low, high } = packed.targets;
    this.rows ??= openRows(synapses, neurons, low, high);
    sums.wide = sums.cleared();
    sums.counted[0] = addUp(this.rows, events, packed.sum, sums.wide, name);
  }
}

/** The sums of one sample and its job. */
class SampleSums implements Sums {
  readonly total: Int32Array;
  /** What kernels may have written to of the padding behind. */
  private readonly spare: Int32Array;
  wide: Float64Array | null = null;
  kernel = 0;
  /** Whether totals are zeros already where events add to them. */
  adds = false;
  /** Address. */
  readonly job: number;
  /** Sum of the magnitudes of all payloads of the list that was looked at. */
  magnitude = 0;
  private readonly form: OpenForm;
  /** Null where all lists lie elsewhere. */
  private readonly addresses: Addresses | null;
  private readonly fields: Int32Array;
  /** The count of synapses, of which kernels know the place. */
  readonly counted: Float64Array;
  /** Where events are copied to that lie elsewhere, and the addresses. */
  private readonly neuron: Uint32Array;
  private readonly payload: Int32Array;
  private readonly neuronAt: number;
  private readonly payloadAt: number;
  private double: Float64Array | null = null;
  /** Whether all events of the list carry the same payload. */
  private alike = true;

  constructor({ memory, packed, places, apart = false }: DeliveryParts, form: OpenForm, sample: number) {
    const part = <S extends "i32" | "u32" | "u8">(region: Region<S>): Region<S> =>
      partOf(region, places.samples, sample);
    const job = part(places.jobs);
    this.form = form;
    this.addresses = apart ? null : new Addresses(memory.buffer);
    this.job = job.offset;
    this.fields = viewOf(memory, job);
    this.counted = viewOf(memory, { storage: "f64", offset: job.offset + 4 * jobSynops, length: 1 });
    const total = totalRegion(packed, places, sample);
    this.total = viewOf(memory, total);
    this.spare = viewOf(memory, behind(total, part(places.total), packed.form.sums));
    const [neuron, payload] = [part(places.neuron), part(places.payload)];
    this.neuron = viewOf(memory, neuron);
    this.payload = viewOf(memory, payload);
    this.neuronAt = neuron.offset;
    this.payloadAt = payload.offset;
    this.fields[jobFields.narrow] = part(places.narrow).offset;
    this.fields[jobFields.total] = part(places.total).offset;
  }

  get synops(): number {
    return this.counted[0]!;
  }

  /** Kernels that go on from the totals may count on zeros behind them. */
  clearSpare(): void {
    const { spare } = this;
    for (let i = 0; i < spare.length; i++) spare[i] = 0;
  }

  /** Zeros of the width that any sum fits. */
  cleared(): Float64Array {
    this.double ??= new Float64Array(this.total.length);
    return this.double.fill(0);
  }

  /** Choose the kernel by the payloads, and set what weights are multiplied with and what all targets get. */
  look({ payload, begin, count, binary }: EventList, sum: Sum): void {
    let low = 1;
    let high = 1;
    let all = count;
    let magnitude = count;
    if (sum === "weight * payload" && !binary && count > 0) {
      low = high = payload[begin]!;
      all = magnitude = 0;
      for (let i = begin; i < begin + count; i++) {
        const one = payload[i]!;
        if (one < low) low = one;
        if (one > high) high = one;
        all += one;
        magnitude += Math.abs(one);
      }
    }
    const { form, fields } = this;
    this.magnitude = magnitude;
    this.alike = low === high;
    this.kernel = form.kernel(this.alike, low, high);
    fields[jobFields.scale] = this.alike ? Math.imul(form.scale, low) : form.scale;
    // Of sums of magnitudes that stay below 2^53 the low 32 bits are exact.
    fields[jobFields.offset] = Math.imul(form.base, all);
    fields[jobFields.more] = 0;
  }

  /** Put a portion of the events into the job, from the one numbered `done` on. @returns how many */
  take(events: EventList, done: number): number {
    const { fields, alike, addresses } = this;
    fields[jobFields.more] = done === 0 && !this.adds ? 0 : 1;
    const begin = events.begin + done;
    let count = events.count - done;
    let neurons = addresses === null ? -1 : addresses.of(events.neuron);
    let payloads = alike || neurons < 0 ? 0 : addresses!.of(events.payload);
    if (neurons >= 0 && payloads >= 0) {
      neurons += 4 * begin;
      payloads += 4 * begin;
    } else {
      count = Math.min(count, this.neuron.length);
      copyPart(events.neuron, begin, count, this.neuron, 0);
      if (!alike) copyPart(events.payload, begin, count, this.payload, 0);
      neurons = this.neuronAt;
      payloads = this.payloadAt;
    }
    fields[jobFields.neurons] = neurons;
    fields[jobFields.payloads] = alike ? 0 : payloads;
    fields[jobFields.count] = count;
    this.counted[0]! += this.form.synops(neurons, count);
    return count;
  }
}

/** Arrays of which is remembered where they lie: in the memory (lists of so many timesteps that events may take), and elsewhere. */
const mostInside = 64;
const mostElsewhere = 4;

type List = Uint32Array | Int32Array;

/** Where arrays begin in a memory that does not grow: to ask one for its buffer takes as long as to copy its events. */
class Addresses {
  readonly #buffer: ArrayBufferLike;
  readonly #inside: List[] = [];
  readonly #addresses: number[] = [];
  /** Lists come again in the same order: the one after the last that was found. */
  #next = 0;
  readonly #elsewhere: (List | null)[] = Array.from({ length: mostElsewhere }, () => null);
  #oldest = 0;

  constructor(buffer: ArrayBufferLike) {
    this.#buffer = buffer;
  }

  /** Address of its first byte; -1 where it lies elsewhere. */
  of(array: List): number {
    const { length } = this.#inside;
    for (let tries = 0, at = this.#next; tries < length; tries++, at++) {
      if (at >= length) at = 0;
      if (this.#inside[at] !== array) continue;
      this.#next = at + 1;
      return this.#addresses[at]!;
    }
    for (let i = 0; i < mostElsewhere; i++) if (this.#elsewhere[i] === array) return -1;
    return this.#remember(array);
  }

  #remember(array: List): number {
    if (array.buffer !== this.#buffer) {
      this.#elsewhere[this.#oldest] = array;
      this.#oldest = (this.#oldest + 1) % mostElsewhere;
      return -1;
    }
    if (this.#inside.length < mostInside) {
      this.#inside.push(array);
      this.#addresses.push(array.byteOffset);
    }
    return array.byteOffset;
  }
}

/** What kernels write behind an array of totals, as far as others that take whole groups of neurons may read it. */
function behind({ offset, length }: Region<"i32">, whole: Region<"i32">, { totals }: SumSizes): Region<"i32"> {
  const end = offset + 4 * length;
  const written = Math.max(0, whole.offset / 4 + totals - end / 4);
  return { storage: "i32", offset: end, length: Math.min(written, paddedLength(length) - length) };
}

/** The part of an array of equal parts. */
function partOf<S extends "i32" | "u32" | "u8">(region: Region<S>, parts: number, index: number): Region<S> {
  const length = region.length / parts;
  return { storage: region.storage, offset: region.offset + index * length * bytesOf(region.storage), length };
}
