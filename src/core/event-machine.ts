/**
 * A chip that runs on events: it takes words from a host and entries from its queue, one at a time, in the order that the
 * target's `choice` gives. One thread.
 */

import { mistake } from "../errors.ts";
import type { EventSpec, Pace } from "../target/event-types.ts";
import { chipValue, settingValues } from "../target/values.ts";
import { openMonitor, type Monitor } from "./event-monitor.ts";
import { EventNeurons, type EventNeuronsLoad } from "./event-neurons.ts";
import { EventQueue } from "./event-queue.ts";
import { SynapseMemory, type SynapsesLoad } from "./event-synapses.ts";
import { all, kindsOf, type ChipEvent, type EventProgram, type NumberedKind } from "./event-words.ts";

/** What a chip is loaded with. */
export interface EventLoad {
  /** How many addresses there are. */
  readonly size: number;
  readonly neurons: readonly EventNeuronsLoad[];
  readonly synapses: SynapsesLoad;
  /** Registers that all neurons have. */
  readonly common: readonly string[];
}

/** Queue entries served in a row, without a word taken, before a run is stopped, where nothing else is said. */
export const usualEventLimit = 100_000;

/** Told what happens, so that nothing has to be kept that nobody wants. */
export interface EventWatcher {
  /** A neuron fired. */
  fired?(address: number): void;
  /** An event reached the targets of a source. */
  swept?(source: number): void;
  /** A word was written. */
  output?(word: number): void;
  /** A block is about to run on the neurons `first` to `end` (excluded) of one datapath. */
  running?(neurons: EventNeurons, block: string, first: number, end: number): void;
}

type Decision = "serve" | "take" | "wait";

export class EventMachine {
  readonly program: EventProgram;
  readonly load: EventLoad;
  readonly kinds: ReadonlyMap<string, NumberedKind>;
  readonly neurons: readonly EventNeurons[];
  readonly memory: SynapseMemory;
  readonly queue: EventQueue;
  private readonly spec: EventSpec;
  private readonly watcher: EventWatcher;
  private readonly byNumber: readonly NumberedKind[];
  private readonly monitor: Monitor | null;
  /** What the settings say, once and for all. */
  private readonly lastNeuron: number;
  private readonly ownKind: NumberedKind | null;
  private readonly whenFired: boolean;
  private readonly whenServed: boolean;
  /** By address: which of `neurons`, and the place there. */
  private readonly group: Uint32Array;
  private readonly lane: Uint32Array;
  /** The head of the queue is being served and still holds its place. */
  private held = false;
  /** Source of the queued event that is being served; -1: none. */
  private serving = -1;

  /** @param plain walk the equations neuron by neuron in big integers */
  constructor(
    program: EventProgram,
    load: EventLoad,
    watcher: EventWatcher,
    { plain = false }: { readonly plain?: boolean } = {},
  ) {
    this.program = program;
    this.watcher = watcher;
    this.load = load;
    const { size, neurons, synapses, common } = this.load;
    this.spec = program.target.events!;
    this.kinds = kindsOf(program);
    this.byNumber = [...this.kinds.values()];
    this.neurons = neurons.map((load) => new EventNeurons(load, plain));
    this.memory = new SynapseMemory(synapses, common, plain);
    const { queue, ownSpikes, output, lastNeuron } = this.spec;
    this.queue = new EventQueue(queue?.capacity ?? 1, queue?.whenFull ?? "lose-new");
    this.group = new Uint32Array(size);
    this.lane = new Uint32Array(size);
    for (const [index, { addresses }] of neurons.entries()) {
      for (const [place, address] of addresses.entries()) {
        this.group[address] = index;
        this.lane[address] = place;
      }
    }
    const settings = settingValues(program.target, program.settings);
    const says = (text: string | null): boolean => chipValue(text, settings, 0) !== 0;
    this.monitor = openMonitor(program, (address) => this.find(address), this.memory, synapses.sourceParameters);
    this.lastNeuron = chipValue(lastNeuron, settings, size - 1);
    this.ownKind = ownSpikes === null || says(ownSpikes.unless) ? null : this.kinds.get(ownSpikes.event)!;
    this.whenFired = says(output.whenFired) && this.monitor === null;
    this.whenServed = says(output.whenServed) && this.monitor === null;
  }

  /** Registers and synapses to their initial values, nothing in the queue. */
  reset(): void {
    for (const neurons of this.neurons) neurons.reset();
    this.memory.reset();
    this.queue.clear();
  }

  /** Where the neuron of an address is kept. */
  find(address: number): { neurons: EventNeurons; lane: number } {
    return { neurons: this.neurons[this.group[address]!]!, lane: this.lane[address]! };
  }

  /**
   * Take events from the host, in order, and go on until the queue is empty.
   *
   * @param limit queue entries that may be served in a row without an event taken
   * @throws ENGINE_EVENT_LIMIT when there are more; everything computed until then stays, the queue included
   */
  run(events: readonly ChipEvent[], pace: Pace, limit: number = usualEventLimit): void {
    const { seenAfter, atOnceAfter } = this.spec.host;
    let next = 0;
    // Decisions until the next event of an always-ready host is seen.
    let unseen = 0;
    let inRow = 0;
    while (next < events.length || this.queue.length > 0) {
      const event = events[next];
      const seen = event !== undefined && (pace === "after-idle" ? this.queue.length === 0 : unseen === 0);
      switch (this.decide(seen ? event : undefined)) {
        case "take": {
          next++;
          inRow = 0;
          const written = this.take(event!);
          unseen = written && atOnceAfter === "output-by-last-update" ? 0 : seenAfter;
          break;
        }
        case "serve":
          if (inRow++ >= limit) throw mistake("ENGINE_EVENT_LIMIT", { limit });
          this.serve();
          unseen = Math.max(0, unseen - 1);
          break;
        case "wait":
          unseen--;
      }
    }
  }

  /** @param event of the host, where one is seen */
  private decide(event: ChipEvent | undefined): Decision {
    const { queue } = this;
    for (const choice of this.spec.choice) {
      switch (choice) {
        case "full-queue":
          if (queue.full && this.spec.queue !== null) return "serve";
          break;
        case "queue":
          if (queue.length > 0) return "serve";
          break;
        case "input":
        case "background":
          if (event !== undefined && event.kind.background === (choice === "background")) return "take";
      }
    }
    return "wait";
  }

  /** @returns whether it was an immediate event whose last neuron update made an output */
  private take(event: ChipEvent): boolean {
    const { kind, source, neuron, weight } = event;
    if (kind.route === "immediate") return this.execute(kind, source, neuron, weight);
    this.queue.push({ kind: kind.number, source, neuron, weight }, false);
    return false;
  }

  private serve(): void {
    const { kind: number, source, neuron, weight } = this.queue.head;
    const kind = this.byNumber[number]!;
    const sweeps = kind.reaches === "targets";
    this.held = this.spec.queue!.headLeaves === "after-service";
    if (!this.held) this.queue.drop();
    this.serving = sweeps ? source : -1;
    this.execute(kind, source, neuron, weight);
    if (this.whenServed && sweeps) this.watcher.output?.(source);
    if (this.held) this.queue.drop();
    this.held = false;
    this.serving = -1;
  }

  /** @returns whether the last neuron update made an output */
  private execute(kind: NumberedKind, source: number, neuron: number, weight: number): boolean {
    switch (kind.reaches) {
      case "targets":
        return this.sweep(kind, source);
      case "neuron":
        return neuron === all ? this.updateAll(kind.runs!, weight) : this.update(kind.runs!, neuron, weight);
      case "synapse":
        return this.stimulate(kind, source, neuron);
      case "synapses": {
        const { size } = this.load;
        const [first, end] = source === all ? [0, size] : [source, source + 1];
        for (let row = first; row < end; row++) {
          this.learn(kind, row, 0, size);
          if (this.monitor?.source === row) this.watcher.output?.(this.monitor.synapseWord());
        }
        return false;
      }
    }
  }

  private sweep(kind: NumberedKind, source: number): boolean {
    const { monitor, lastNeuron, memory, load } = this;
    this.watcher.swept?.(source);
    const base = source * load.size;
    for (const { weight, load: own } of this.neurons) {
      for (let i = 0; i < weight.length; i++) weight[i] = memory.delivered[base + own.addresses[i]!]!;
    }
    // Neurons get the old weights, and synapses see neurons as they were before.
    this.learn(kind, source, 0, lastNeuron + 1);
    this.runAll(kind.runs!);
    let written = false;
    for (let address = 0; address <= lastNeuron; address++) {
      written = this.report(address);
      if (monitor?.source === source && monitor.wordStart === address) this.watcher.output?.(monitor.synapseWord());
    }
    return written;
  }

  private updateAll(block: string, weight: number): boolean {
    for (const neurons of this.neurons) neurons.weight.fill(weight);
    this.runAll(block);
    let written = false;
    for (let address = 0; address <= this.lastNeuron; address++) written = this.report(address);
    return written;
  }

  /** Run a block on every neuron of the sweep: none of them sees what another does. */
  private runAll(block: string): void {
    for (const neurons of this.neurons) {
      const { addresses } = neurons.load;
      let end = addresses.length;
      while (end > 0 && addresses[end - 1]! > this.lastNeuron) end--;
      this.watcher.running?.(neurons, block, 0, end);
      neurons.run(block, 0, end);
    }
  }

  private update(block: string, address: number, weight: number): boolean {
    const { neurons, lane } = this.find(address);
    neurons.weight[lane] = weight;
    this.watcher.running?.(neurons, block, lane, lane + 1);
    neurons.run(block, lane, lane + 1);
    return this.report(address);
  }

  private stimulate(kind: NumberedKind, source: number, neuron: number): boolean {
    const { monitor } = this;
    const weight = this.memory.delivered[source * this.load.size + neuron]!;
    this.learn(kind, source, neuron, neuron + 1);
    const written = this.update(kind.runs!, neuron, weight);
    const { storedTogether } = this.program.target.synapses!;
    const touched =
      monitor?.source === source && monitor.wordStart === Math.floor(neuron / storedTogether) * storedTogether;
    if (touched) this.watcher.output?.(monitor.synapseWord());
    return written;
  }

  private learn({ learns }: NumberedKind, source: number, first: number, end: number): void {
    if (learns === null) return;
    this.memory.learn(learns, source, first, end, (register, into, from, to) => {
      for (let address = from; address < to; address++) {
        into[address] = this.neurons[this.group[address]!]!.registers.get(register)![this.lane[address]!]!;
      }
    });
  }

  /** What follows from a neuron's update. @returns whether it made an output */
  private report(address: number): boolean {
    const fires = this.neurons[this.group[address]!]!.spike[this.lane[address]!] !== 0;
    if (fires) {
      this.watcher.fired?.(address);
      if (this.ownKind !== null) {
        this.queue.push({ kind: this.ownKind.number, source: address, neuron: 0, weight: 0 }, this.held);
      }
      if (this.whenFired) this.watcher.output?.(address);
    }
    if (this.monitor?.neuron === address) {
      for (const word of this.monitor.neuronWords(this.serving === address)) this.watcher.output?.(word);
    }
    return fires && this.whenFired;
  }
}
