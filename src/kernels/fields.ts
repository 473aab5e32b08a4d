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
/** Fields of a job, with the kernels' own. */
export const jobLength = 11;

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
