/** Local time with its zone's offset, to the second: `2026-11-22 09:30:15 +01:00`. */
export function showTime(ms: number | null): string {
  if (ms === null) return 'not recorded';
  const date = new Date(ms);
  const offset = -date.getTimezoneOffset();
  const local = new Date(ms + offset * 60_000).toISOString().slice(0, 19).replace('T', ' ');
  const pad = (n: number): string => String(n).padStart(2, '0');
  const size = Math.abs(offset);
  return `${local} ${offset < 0 ? '-' : '+'}${pad(Math.floor(size / 60))}:${pad(size % 60)}`;
}

/** How long ago, in words. */
export function showAge(ms: number, nowMs: number): string {
  const seconds = Math.max(0, Math.round((nowMs - ms) / 1000));
  if (seconds < 90) return `${seconds} s ago`;
  if (seconds < 5400) return `${Math.round(seconds / 60)} min ago`;
  if (seconds < 129_600) return `${Math.round(seconds / 3600)} h ago`;
  return `${Math.round(seconds / 86_400)} days ago`;
}
