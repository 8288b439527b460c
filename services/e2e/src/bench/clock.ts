/** ms on a clock that all processes of this machine share (CLOCK_MONOTONIC), with fractions. */
export const now = (): number => Number(process.hrtime.bigint()) / 1e6;
