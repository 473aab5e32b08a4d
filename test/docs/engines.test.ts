import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { readPage, runPage, typeMistakes, withOutputs } from "../../docs/tools/pages.ts";
import { openInterpreter } from "../../src/chip/interpreter.ts";
import { compile } from "../../src/compile/compile.ts";
import { encodeProgram } from "../../src/compile/file.ts";
import type { Stimulus } from "../../src/engine.ts";
import { readTarget } from "../../src/files.ts";
import { defaultTime, discretize, input, leaky, linear, sequential } from "../../src/index.ts";

const docs = fileURLToPath(new URL("../../docs/", import.meta.url));
const page = readPage(`${docs}engines.md`);

it("the page prints what stands on it (npm run docs:figures writes it)", () => {
  expect(withOutputs(page, runPage(page).outputs)).toBe(page.text);
});

it("its code is sound TypeScript", () => {
  const declarations = fileURLToPath(new URL("../../dist/node.d.ts", import.meta.url));
  expect(typeMistakes([page], declarations)).toEqual([]);
});

it.each(["node.d.ts", "index.d.ts"])("a worker as a browser's types have it fits connect() in %s", (entry) => {
  const code = `import { connect, type Program } from "bitspike";
    declare const program: Program;
    const worker = new Worker(new URL("engine-worker.js", "http://localhost"), { type: "module" });
    export const engine = await connect(program, { worker, startMs: 1000 });`;
  const one = { path: `${docs}worker.md`, text: "", blocks: [{ code, output: "" }] };
  const declarations = fileURLToPath(new URL(`../../dist/${entry}`, import.meta.url));
  expect(typeMistakes([one], declarations, ["lib.dom.d.ts"])).toEqual([]);
});

/** A browser's `Worker`, `fetch` and `document`, over what Node.js has, as far as the page uses them. */
const browser = `
  import { Worker as Thread } from "node:worker_threads";
  import { readFile } from "node:fs/promises";
  const asPage = "const { parentPort } = require('node:worker_threads');" +
    "for (const name of ['postMessage', 'addEventListener', 'removeEventListener']) globalThis[name] = parentPort[name].bind(parentPort);";
  globalThis.Worker = class {
    constructor(url, { type }) {
      if (type !== "module") throw new Error("a script with imports is a module");
      this.thread = new Thread(asPage + "import(" + JSON.stringify(url.href) + ");", { eval: true });
    }
    postMessage(message, transfer) { this.thread.postMessage(message, transfer); }
    addEventListener(type, listener) { this.thread.on(type, (data) => listener({ data, message: data.message })); }
    terminate() { this.thread.terminate(); }
  };
  globalThis.fetch = async (path) => new Response(await readFile(new URL(path, import.meta.url)));
  const elements = { progress: {}, output: {} };
  globalThis.document = { querySelector: (name) => elements[name] };
  await import("./page.js");
  console.log(elements.progress.value, elements.output.textContent);
`;

/** The stimulus of the page for browsers. */
const passing: Stimulus = {
  samples: 1000,
  steps: 9,
  shape: [9],
  kind: "spikes",
  constant: false,
  read: (_sample, step, out) => out.fill(0).fill(1, step, step + 1),
};

it("the page for browsers gets from its worker what the interpreter gives", async () => {
  const left = [0.9, 0.7, 0.5, 0.3, 0, 0, 0, 0, 0];
  const neurons = leaky({ beta: 0.5, threshold: 0.4, reset: "zero" });
  const network = sequential(input([9]), linear([left, left.toReversed()]), neurons);
  const program = compile(discretize(network, defaultTime).network, readTarget("loihi2"));
  const folder = mkdtempSync(join(docs, ".page-"));
  try {
    const scripts = [...page.text.matchAll(/^```js\n\/\/ ([\w.-]+)\n(.*?)^```$/gms)];
    expect(scripts.map(([, name]) => name)).toEqual(["engine-worker.js", "page.js"]);
    for (const [, name, code] of scripts) writeFileSync(join(folder, name!), code!);
    writeFileSync(join(folder, "program.safetensors"), encodeProgram(program));
    writeFileSync(join(folder, "browser.js"), browser);
    const options = { encoding: "utf8", cwd: folder, timeout: 50_000 } as const;
    const { stdout, stderr } = spawnSync(process.execPath, ["--conditions=browser", "browser.js"], options);
    const { populations } = await openInterpreter(program).run(new Map([["input", passing]]));
    expect([stderr, stdout]).toEqual(["", `1 ${populations[0]!.spikes.neuron.length} spikes\n`]);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
