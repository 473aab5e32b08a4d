/** Time on the chip and messages between its cores, as text for a terminal. */

import { durationOfNs, energyText, grouped, meanText } from "../measure/numbers.ts";
import type { StepTimes, TimeEstimate } from "../measure/timing.ts";
import type { Traffic } from "../measure/traffic.ts";
import { marksOf } from "./marks.ts";
import { type Style, plainStyle } from "./style.ts";
import { item, paragraph, section, table } from "./table.ts";

const right = { align: "right" } as const;

/** How long the chip takes, or what is missing to know it. */
export function timeSection(time: TimeEstimate, style: Style = plainStyle): string {
  const { basis, missing, simple, steps } = time;
  if (basis === "none") return section("Time on the chip", `not known; needed: ${missing.join("; ")}`, style, []);
  const rows = [
    ...(simple === null ? [] : [timesRow("cores alone", simple)]),
    ...meshRows(time).map(({ name, times }) => timesRow(name, times)),
  ];
  return section("Time on the chip", rateText(time), style, [
    ...(rows.length === 0
      ? paragraph(`A timestep is always as long, and a sample takes ${grouped(steps)} of them.`)
      : table(
          [
            { header: "per timestep" },
            { header: "mean", ...right },
            { header: "shortest", ...right },
            { header: "longest", ...right },
          ],
          rows,
          style,
        )),
    ...(missing.length === 0 ? [] : paragraph(`Not in it: ${missing.join("; ")}.`)),
  ]);
}

/** Times with messages; where they were followed in some samples only, those of the cores in the same ones beside them. */
export function meshRows({
  simple,
  mesh,
}: TimeEstimate): { readonly name: string; readonly times: Partial<StepTimes> }[] {
  if (mesh === null || simple === null) return [];
  const followed = mesh.bySample.length;
  const name = "with messages on their way";
  if (followed === simple.bySample.length) return [{ name, times: mesh }];
  const total = simple.bySample.slice(0, followed).reduce((sum, one) => sum + one, 0);
  const samples = followed === 1 ? "first sample" : `first ${grouped(followed)} samples`;
  return [
    { name: `${name}, ${samples}`, times: mesh },
    { name: `cores alone, ${samples}`, times: { mean: total / (followed * simple.byStep.length) } },
  ];
}

/** `1.2 ms per sample, 833 samples per second [unverified]`. */
export function rateText({ perSample, samplesPerSecond, sources }: TimeEstimate): string {
  if (perSample === null) return "not known";
  const rate = samplesPerSecond === null ? "" : `, ${meanText(samplesPerSecond)} samples per second`;
  const marks = marksOf(sources.map(({ confidence }) => confidence));
  return `${durationOfNs(perSample)} per sample${rate} ${marks}`.trimEnd();
}

function timesRow(name: string, { mean, shortest, longest }: Partial<StepTimes>): string[] {
  return [name, ...[mean, shortest, longest].map((ns) => (ns === undefined ? "" : durationOfNs(ns)))];
}

/** Links that are named; the report has all. */
const shownLinks = 3;

/** Messages by sender, the busiest links, and classes that differ. */
export function trafficSection(traffic: Traffic, style: Style = plainStyle): string {
  const { copies, messages, hops, links, layers, cores, byStep, classes, lost, queue } = traffic;
  const head = [
    `${meanText(messages)} messages per sample`,
    hops === null ? "" : hops === 0 ? "no hops" : `${meanText(hops)} hops`,
  ];
  const rows = layers.map(({ name, sent, messages: left, arrived, hops: crossed }) => [
    name,
    sent === 0 ? "" : meanText(sent),
    left === 0 ? "" : meanText(left),
    arrived === 0 ? "" : meanText(arrived),
    hops === null ? "not known" : crossed === 0 ? "" : meanText(crossed),
  ]);
  const busiest = cores.toSorted((a, b) => b.received - a.received)[0];
  const peak = byStep.reduce((most, count) => Math.max(most, count), 0);
  return section("Traffic", head.filter((text) => text !== "").join(", "), style, [
    ...table(
      [
        { header: "sender" },
        { header: "spikes", ...right },
        { header: "messages", ...right },
        { header: "arrived", ...right },
        { header: "hops", ...right },
      ],
      rows,
      style,
    ),
    ...paragraph(
      `Busiest timestep: ${meanText(peak)} messages (step ${byStep.indexOf(peak)}).` +
        (busiest === undefined || cores.length < 2
          ? ""
          : ` Busiest core: ${busiest.core}, ${meanText(busiest.received)} received.`) +
        (links.length === 0 ? "" : ` Busiest links: ${links.slice(0, shownLinks).map(linkText).join("; ")}.`) +
        (copies === "multicast" ? " Messages are copied where their ways part." : ""),
    ),
    ...(queue === null ? [] : paragraph(queueText(queue))),
    ...(lost === null || lost === 0
      ? []
      : item(
          "!",
          `${meanText(lost)} synops per sample never happened: a full queue lost their events.`,
          style.warning,
        )),
    ...classLines(classes),
  ]);
}

/** How full the queue was, as a sentence. */
export function queueText({ capacity, longest, mean, full, lost }: NonNullable<Traffic["queue"]>): string {
  const losses = lost === 0 ? "" : `, and ${meanText(lost)} entries were lost`;
  const often = full === 0 ? "never full" : `full in ${meanText(full)} timesteps per sample${losses}`;
  return `Queue: at most ${longest} of ${capacity} entries at once, ${meanText(mean)} in a timestep on average; ${often}.`;
}

/** `tile 3 to the east 12.5`. */
export function linkText({ tile, direction, messages }: Traffic["links"][number]): string {
  return `tile ${tile} to the ${direction} ${meanText(messages)}`;
}

/** Where classes differ: the one with the least and the one with the most. */
function classLines(classes: Traffic["classes"]): string[] {
  if (classes === null || classes.length < 2) return [];
  const by = classes.some(({ energy }) => energy === null) ? "synops" : "energy";
  const sorted = classes.toSorted((a, b) => (a[by] ?? 0) - (b[by] ?? 0));
  const [least, most] = [sorted[0]!, sorted.at(-1)!];
  const of = (one: typeof least): string =>
    by === "energy" ? energyText(one.energy!) : `${meanText(one.synops)} synops`;
  return paragraph(
    `By class: least in class ${least.label} with ${of(least)} per sample, most in class ${most.label} with ${of(most)}.`,
  );
}
