/** docs/performance.md: a section for each measurement. */

import { activityHeadline, activityPage } from "./pages/activity.ts";
import { deliveryHeadline, deliveryPage } from "./pages/delivery.ts";
import { floatHeadline, floatPage } from "./pages/float.ts";
import { layerHeadline, layerPage } from "./pages/layer.ts";
import { integerPage } from "./pages/models.ts";
import { networkHeadline, networkPage } from "./pages/network.ts";
import { neuronHeadline, neuronPage } from "./pages/neurons.ts";
import { recipesHeadline, recipesPage } from "./pages/recipes.ts";
import { scaleHeadline, scalePage } from "./pages/scale.ts";
import { startHeadline, startPage } from "./pages/start.ts";
import { stepHeadline, stepPage } from "./pages/steps.ts";

/** A measurement: `bench/<name>.ts` writes results as JSON, and `page` makes text of them. */
export interface Section {
  readonly name: string;
  readonly title: string;
  readonly page: (results: never) => string;
  /** What came out, in one sentence. */
  readonly headline?: (results: never) => string;
}

/** In the order of the page. */
export const sections: readonly Section[] = [
  {
    name: "network-against-snntorch",
    title: "A chip's program against snnTorch",
    page: networkPage,
    headline: networkHeadline,
  },
  {
    name: "layer-against-emulators",
    title: "One layer against other emulators",
    page: layerPage,
    headline: layerHeadline,
  },
  { name: "activity", title: "Cost against activity", page: activityPage, headline: activityHeadline },
  { name: "integer-models", title: "Whole models", page: integerPage },
  { name: "recipes", title: "Accuracy of each way to integers", page: recipesPage, headline: recipesHeadline },
  { name: "step-latency", title: "One timestep of a closed loop", page: stepPage, headline: stepHeadline },
  { name: "scale", title: "Large networks", page: scalePage, headline: scaleHeadline },
  { name: "start", title: "Start", page: startPage, headline: startHeadline },
  { name: "delivery", title: "Synaptic delivery and its roof", page: deliveryPage, headline: deliveryHeadline },
  { name: "neurons", title: "Neurons and their roof", page: neuronPage, headline: neuronHeadline },
  {
    name: "float-against-snntorch",
    title: "Float reference against snnTorch",
    page: floatPage,
    headline: floatHeadline,
  },
];

/** @param resultsOf what a measurement found out, undefined where it was not made: it has no section then */
export function performancePage(resultsOf: (name: string) => unknown): string {
  const made = sections.flatMap((section) => {
    const results = resultsOf(section.name);
    return results === undefined ? [] : [{ ...section, results: results as never }];
  });
  const texts = made.map(({ title, page, results }) => `## ${title}\n\n${page(results)}`);
  const headlines = made.flatMap(({ headline, results }) => (headline === undefined ? [] : [`- ${headline(results)}`]));
  return `# Performance

Written by \`npm run bench\` from \`bench/results/\`; \`npm run peers\` makes the Python environments that it compares with. Every
measurement first checks that what it times gives the interpreter's results.

**Ratios** lead: both sides run in turns, in one run, on the same input, and the fastest rounds are compared. They carry over to other
machines, more or less. **Absolute times** are those of one machine at one time. A load average above the number of cores tells of
other work at the machine: it slows medians down, and most those of what needs all cores at once. A **roof** is what the machine
could do at most, measured in the same run: a loop that only moves the same bytes. "Of the roof 0.7" says that 30 % could be gained.

In short:

${headlines.join("\n")}

${texts.join("\n\n")}
`;
}
