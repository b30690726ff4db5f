/** UUIDv7: the phone names its acts and files itself, so that sending twice is sending once. */

let last = 0;

export function uuid7(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  last = Math.max(last + 1, Date.now()); // two in one millisecond keep their order
  let rest = last;
  for (let i = 5; i >= 0; i--) {
    bytes[i] = rest % 256;
    rest = Math.floor(rest / 256);
  }
  bytes[6] = 0x70 | (bytes[6] & 0x0f);
  bytes[8] = 0x80 | (bytes[8] & 0x3f);
  const hex = [...bytes].map((one) => one.toString(16).padStart(2, "0")).join("");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

/** The phone's own time with its offset, as it stands on the phone's face: "2026-11-23T14:05:00+08:00". */
export function stamp(at = new Date()): string {
  const two = (n: number): string => String(Math.floor(Math.abs(n))).padStart(2, "0");
  const offset = -at.getTimezoneOffset();
  const local = new Date(at.getTime() + offset * 60_000).toISOString().slice(0, 23);
  return `${local}${offset < 0 ? "-" : "+"}${two(offset / 60)}:${two(offset % 60)}`;
}
