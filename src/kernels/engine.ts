/** The fastest engine: neurons and synapses as compiled WebAssembly, bit for bit the interpreter's results. */

import { EventNetwork } from "../chip/event-network.ts";
import { plainScanner, type FrameScanner } from "../chip/tabulate.ts";
import { openMachine } from "../chip/interpreter.ts";
import { Machine } from "../chip/machine.ts";
import type { Program } from "../compile/program.ts";
import { interpretedCores, type Cores } from "../core/cores.ts";
import type { SteppingEngine } from "../engine.ts";
import type { CommonByName } from "./common.ts";
import { kernelCores } from "./cores.ts";
import { openFrame } from "./frames.ts";
import { loadDelivery, type DeliveryModules } from "./load.ts";
import { hasSimd } from "./wasm.ts";

/**
 * Open a program on kernels, on one thread of this process. Where there is no SIMD, and on chips that run on
 * events, the interpreter's loops take over.
 *
 * @throws ENGINE_KERNELS when the kernels cannot be loaded, ENGINE_MEMORY when the program does not fit a memory
 */
export async function openKernels(program: Program): Promise<SteppingEngine> {
  if (program.target.events !== null) return openMachine(program, "kernels", () => new EventNetwork(program));
  const modules = hasSimd() ? await loadDelivery() : null;
  const cores = coresOf(modules);
  const machineFor: MachineMaker = (probed) => new Machine(program, { cores, probed });
  return modules === null
    ? openMachine(program, "kernels", machineFor)
    : openMachine(program, "kernels", machineFor, framesOf(modules));
}

type MachineMaker = Parameters<typeof openMachine>[2];

/**
 * Cores of compiled kernels, or the interpreter's where there is no SIMD.
 *
 * @param common synapses that lie elsewhere already
 * @throws ENGINE_KERNELS
 */
export async function fastestCores(common?: CommonByName): Promise<Cores> {
  return coresOf(hasSimd() ? await loadDelivery() : null, common);
}

/** Scanners of frames by compiled kernels, or those of JavaScript where there is no SIMD. @throws ENGINE_KERNELS */
export async function fastestScanners(): Promise<(size: number) => FrameScanner> {
  return hasSimd() ? framesOf(await loadDelivery()) : plainScanner;
}

function coresOf(modules: DeliveryModules | null, common?: CommonByName): Cores {
  return modules === null ? interpretedCores() : kernelCores(modules, undefined, common);
}

/** One frame for each size, since to open one takes as long as to read many. */
function framesOf(modules: DeliveryModules): (size: number) => FrameScanner {
  const frames = new Map<number, FrameScanner>();
  return (size) => {
    const frame = frames.get(size) ?? openFrame(modules, size);
    frames.set(size, frame);
    return frame;
  };
}
