/** The script of the report page: the membrane plot and what lies under the pointer in a raster. Plain JavaScript. */

/** Expects uPlot before it, and the elements that `html.ts` writes. Does nothing that the page could not go without. */
export const pageScript = `
"use strict";
(() => {
  const data = JSON.parse(document.getElementById("details").textContent);
  const holder = document.getElementById("membrane");
  const choice = document.getElementById("neuron");
  const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue("--" + name).trim();
  let plot = null;

  function series(trace) {
    const steps = Array.from({ length: data.steps }, (_, step) => data.from + step);
    const drawn = [steps];
    const looks = [{ label: "step" }];
    const add = (values, label, stroke, extra) => {
      if (values === null) return;
      drawn.push(values);
      looks.push({ label, stroke, width: 2, points: { show: data.steps <= 60, size: 5, fill: stroke }, value: (_, v) => (v === null ? "" : String(v)), ...extra });
    };
    add(trace.reference, "float", colour("float"));
    add(trace.emulator, "chip", colour("chip"));
    if (trace.threshold !== null) {
      const line = steps.map(() => trace.threshold);
      add(line, "threshold", colour("faint"), { width: 1, dash: [6, 4], points: { show: false } });
    }
    return { drawn, looks };
  }

  /** Triangles above the plot where a run fires: float in the upper row, chip below it. */
  function markSpikes(trace) {
    return (u) => {
      const ratio = window.devicePixelRatio || 1;
      const rows = [[trace.referenceSpikes, colour("float"), 0], [trace.emulatorSpikes, colour("chip"), 10]];
      for (const [steps, fill, down] of rows) {
        u.ctx.fillStyle = fill;
        for (const step of steps) {
          const x = u.valToPos(data.from + step, "x", true);
          if (x < u.bbox.left - 1 || x > u.bbox.left + u.bbox.width + 1) continue;
          const y = u.bbox.top - (22 - down) * ratio;
          u.ctx.beginPath();
          u.ctx.moveTo(x - 4 * ratio, y);
          u.ctx.lineTo(x + 4 * ratio, y);
          u.ctx.lineTo(x, y + 7 * ratio);
          u.ctx.fill();
        }
      }
    };
  }

  function draw(width) {
    if (holder === null || choice === null || data.traces.length === 0) return;
    const trace = data.traces[Number(choice.value)];
    const { drawn, looks } = series(trace);
    const axis = { stroke: colour("faint"), grid: { stroke: colour("line"), width: 1 }, ticks: { stroke: colour("line"), width: 1 }, font: "12px system-ui, sans-serif" };
    if (plot !== null) plot.destroy();
    plot = new uPlot({
      width,
      height: 300,
      padding: [26, 12, 0, 0],
      scales: { x: { time: false } },
      axes: [{ ...axis, incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500] }, { ...axis, size: 56 }],
      series: looks,
      cursor: { y: false },
      hooks: { draw: [markSpikes(trace)] },
    }, drawn, holder);
  }

  const redraw = () => draw(holder.clientWidth);
  if (holder !== null && choice !== null) {
    choice.addEventListener("change", redraw);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw);
    new ResizeObserver(() => plot !== null && plot.setSize({ width: holder.clientWidth, height: 300 })).observe(holder);
    window.addEventListener("beforeprint", () => draw(640));
    window.addEventListener("afterprint", redraw);
    redraw();
  }

  for (const raster of document.querySelectorAll(".raster")) {
    const area = raster.querySelector(".plot");
    const where = raster.querySelector(".where");
    const rows = data.rows[Number(raster.dataset.index)];
    const place = (event) => {
      const box = area.getBoundingClientRect();
      const step = data.from + Math.floor(((event.clientX - box.left) / box.width) * data.steps);
      const row = Math.floor(((event.clientY - box.top) / box.height) * raster.dataset.count);
      const neuron = rows === null ? row : rows[row];
      return { step, neuron };
    };
    const traced = (neuron) => data.traces.findIndex((trace) => trace.population === raster.dataset.population && trace.neuron === neuron);
    area.addEventListener("pointermove", (event) => {
      const { step, neuron } = place(event);
      where.textContent = "step " + step + ", neuron " + neuron + (traced(neuron) >= 0 ? " (click: show its membrane)" : "");
    });
    area.addEventListener("pointerleave", () => { where.textContent = ""; });
    area.addEventListener("click", (event) => {
      const index = traced(place(event).neuron);
      if (index < 0 || choice === null) return;
      choice.value = String(index);
      redraw();
      holder.scrollIntoView({ block: "nearest" });
    });
  }
})();
`;
