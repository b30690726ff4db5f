/** The phone's clock beside the platform's. What is done is written down in the phone's own time; what runs out is judged by ours. */

import { duration } from "../core/texts";

const TRUSTED_MS = 120_000;
let ahead = 0;

/** How many ms the platform's clock is ahead of the phone's, as the last answer said. */
export function noteAhead(ms: number | undefined): void {
  ahead = ms ?? 0;
}

/** By how much the phone's clock is wrong, 0 for what is believed. */
export function wrongBy(): number {
  return Math.abs(ahead) > TRUSTED_MS ? ahead : 0;
}

/** By how much a clock is wrong, in words; seconds are the way of the answer, not the clock's. */
export function offWords(ms: number): string {
  return duration(Math.round(Math.abs(ms) / 60_000) * 60);
}

/** The moment (ms) by the platform's clock. */
export function now(): number {
  return Date.now() + wrongBy();
}
