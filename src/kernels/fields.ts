/** The structures of `delivery/job.ts` as JavaScript fills them in: places of 32-bit fields, and the kernels by number. */

/** Fields of a job. */
export const jobFields = {
  neurons: 0,
  payloads: 1,
  count: 2,
  scale: 3,
  offset: 4,
  narrow: 5,
  total: 6,
  more: 7,
} as const;
/** Fields of a job, with the kernels' own and two of 64 bits at the end: a line of the cache. */
export const jobLength = 16;
/** The double that counts synapses. */
export const jobSynops = 12;

/** Kernels of dense rows. */
export const denseKernels = {
  sum1: 0,
  sum4: 1,
  sum8: 2,
  dot8: 3,
  dot16: 4,
  multiply8: 5,
  multiply16: 6,
  multiply32: 7,
} as const;

/** Kernels of convolutions. */
export const convKernels = { narrow: 0, wide: 1, graded: 2 } as const;

/** Fields of the plan of a convolution. */
export const convFields = {
  bits: 0,
  firstSource: 1,
  channels: 2,
  pixels: 3,
  ins: 4,
  outs: 5,
  groups: 6,
  groupSums: 7,
  rowSums: 8,
  border: 9,
  height: 10,
  width: 11,
  plane: 12,
  marks: 13,
  pixelTable: 14,
  blockTable: 15,
  blocks: 16,
} as const;
export const convLength = 17;
