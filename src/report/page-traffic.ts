/** The parts of the page about time on the chip and messages between its cores. */

import { durationOfNs, energyText, grouped, meanText } from "../measure/numbers.ts";
import type { StepTimes, TimeEstimate } from "../measure/timing.ts";
import type { Traffic } from "../measure/traffic.ts";
import { type Markup, markup } from "./markup.ts";
import { mark } from "./page-energy.ts";
import { columns, rowBars } from "./page-plots.ts";
import { meshRows, queueText, rateText } from "./traffic-text.ts";

/** How long the chip takes, or what is missing to know it. */
export function timeSection(time: TimeEstimate): Markup {
  const { basis, missing, simple, mesh, steps, sources } = time;
  if (basis === "none") {
    return markup`<section id="time"><h2>Time on the chip</h2><p>Not known. Needed: ${missing.join("; ")}.</p></section>`;
  }
  const rows = [
    ...(simple === null ? [] : [timesRow("cores alone, one thing after another", simple)]),
    ...meshRows(time).map(({ name, times }) => timesRow(name, times)),
  ];
  const plotted = mesh !== null && mesh.bySample.length === simple?.bySample.length ? mesh : simple;
  return markup`<section id="time">
<h2>Time on the chip</h2>
<p class="lead">${rateText(time)}; ${grouped(steps)} timesteps of the chip per sample.</p>
${
  rows.length === 0
    ? markup`<p>A timestep is always as long.</p>`
    : markup`<div class="scroll"><table><thead><tr><th>per timestep</th><th class="right">mean</th><th class="right">shortest</th><th class="right">longest</th></tr></thead><tbody>${rows}</tbody></table></div>`
}
${plotted === null ? "" : columns([{ name: "time", values: plotted.byStep }], "Mean time of each timestep", durationOfNs)}
${missing.length === 0 ? "" : markup`<p>Not in it: ${missing.join("; ")}.</p>`}
<p class="faint">${sources.map(({ source, confidence }) => markup`${source} ${mark(confidence)} `)}</p>
</section>`;
}

function timesRow(name: string, { mean, shortest, longest }: Partial<StepTimes>): Markup {
  const cells = [mean, shortest, longest].map(
    (ns) => markup`<td class="right">${ns === undefined ? "" : durationOfNs(ns)}</td>`,
  );
  return markup`<tr><td class="name">${name}</td>${cells}</tr>`;
}

/** Links and cores that are drawn; the report's data have all. */
const drawn = 10;

/** Messages over time, by sender, link, core and class. */
export function trafficSection(traffic: Traffic): Markup {
  const { copies, messages, hops, layers, links, cores, byStep, lost, queue } = traffic;
  const rows = layers.map(
    ({ name, sent, messages: left, arrived, hops: crossed }) =>
      markup`<tr><td class="name">${name}</td><td class="right">${meanText(sent)}</td><td class="right">${meanText(left)}</td><td class="right">${meanText(arrived)}</td><td class="right">${hops === null ? "not known" : meanText(crossed)}</td></tr>`,
  );
  const busyLinks = links.slice(0, drawn).map(({ tile, direction, messages: count }) => {
    return { name: `tile ${tile} to the ${direction}`, value: count, figure: meanText(count) };
  });
  const busyCores = cores
    .toSorted((a, b) => b.received - a.received)
    .slice(0, drawn)
    .map(({ core, received }) => ({ name: `core ${core}`, value: received, figure: meanText(received) }));
  return markup`<section id="traffic">
<h2>Traffic</h2>
<p class="lead">${meanText(messages)} messages arrive at cores per sample${hops === null ? "" : hops === 0 ? ", none of them over a link" : `, over ${meanText(hops)} links`}. ${copies === "multicast" ? "A spike for several cores is one message that is copied where ways part." : "A spike for several cores is a message to each."}</p>
${columns([{ name: "messages", values: byStep }], "Messages that arrive in each timestep, per sample", meanText)}
<div class="scroll"><table><thead><tr><th>sender</th><th class="right">spikes</th><th class="right">messages</th><th class="right">arrived</th><th class="right">hops</th></tr></thead><tbody>${rows}</tbody></table></div>
${busyLinks.length === 0 ? "" : markup`<h3>Busiest links${ofAll(busyLinks.length, links.length)}</h3>${rowBars(busyLinks)}`}
${cores.length < 2 ? "" : markup`<h3>Busiest cores${ofAll(busyCores.length, cores.length)}</h3>${rowBars(busyCores)}`}
${queue === null ? "" : markup`<p>${queueText(queue)}</p>`}
${lost === null ? "" : markup`<p>${lost === 0 ? "No event was lost in a full queue." : `${meanText(lost)} synops per sample never happened: a full queue lost their events.`}</p>`}
${classesPart(traffic)}
</section>`;
}

function ofAll(shown: number, all: number): string {
  return shown < all ? `, ${shown} of ${grouped(all)}` : "";
}

function classesPart({ classes }: Traffic): Markup {
  if (classes === null || classes.length < 2) return markup``;
  const rows = classes.map(
    ({ label, samples, spikes, synops, messages, energy }) =>
      markup`<tr><td class="right">${label}</td><td class="right">${grouped(samples)}</td><td class="right">${meanText(spikes)}</td><td class="right">${meanText(synops)}</td><td class="right">${meanText(messages)}</td><td class="right">${energy === null ? "–" : energyText(energy)}</td></tr>`,
  );
  return markup`<h3>By class of input, per sample</h3>
<div class="scroll tall" tabindex="0"><table class="narrow"><thead><tr><th class="right">class</th><th class="right">samples</th><th class="right">spikes</th><th class="right">synops</th><th class="right">messages</th><th class="right">energy, typical</th></tr></thead><tbody>${rows}</tbody></table></div>`;
}
