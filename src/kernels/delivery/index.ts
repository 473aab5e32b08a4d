/** The kernels of synaptic delivery: AssemblyScript, compiled by `npm run build`. They own no memory and allocate nothing. */

export { addConv } from "./conv";
export { countEntries } from "./count";
export { addDense } from "./dense";
export { listNonZero } from "./frame";
export { listOneBytes, listOneFloats } from "./ones";
export { addSparse } from "./sparse";
