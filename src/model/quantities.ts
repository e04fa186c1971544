/** Amounts of memory (bytes) and time (seconds) as people and batch systems write them. */

const memoryUnits: Readonly<Record<string, number>> = {
  '': 1,
  B: 1,
  K: 1024,
  KB: 1024,
  KIB: 1024,
  M: 1024 ** 2,
  MB: 1024 ** 2,
  MIB: 1024 ** 2,
  G: 1024 ** 3,
  GB: 1024 ** 3,
  GIB: 1024 ** 3,
  T: 1024 ** 4,
  TB: 1024 ** 4,
  TIB: 1024 ** 4,
};

/** `16GB`, `512 MiB`, `1.5G`, a bare number of bytes → bytes. As batch systems do, K, M, G and T are powers of 1024. */
export function parseMemory(text: string | number): number | undefined {
  if (typeof text === 'number') return Number.isFinite(text) && text >= 0 ? Math.ceil(text) : undefined;
  const match = /^\s*(\d+(?:\.\d+)?)\s*([a-z]*)\s*$/i.exec(text);
  const unit = memoryUnits[(match?.[2] ?? '?').toUpperCase()];
  return match?.[1] === undefined || unit === undefined ? undefined : Math.ceil(Number(match[1]) * unit);
}

/** Bytes → the shortest spelling with a unit, for people. */
export function formatMemory(bytes: number): string {
  const names = ['B', 'KB', 'MB', 'GB', 'TB'];
  let value = bytes;
  let step = 0;
  while (value >= 1024 && step < names.length - 1) {
    value /= 1024;
    step++;
  }
  const text = step === 0 ? String(value) : value.toFixed(value < 10 ? 1 : 0).replace(/\.0$/, '');
  return `${text} ${names[step]}`;
}

/**
 * `90s`, `10m`, `1h30m`, `2d`, `1:30:00` (h:m:s), `2-00:00:00` (days) → seconds. A bare number and `MM:SS` are refused,
 * because batch systems disagree about what they mean.
 */
export function parseTime(text: string | number): number | undefined {
  if (typeof text === 'number') return undefined;
  const clock = /^\s*(?:(\d+)-)?(\d+):([0-5]\d):([0-5]\d)\s*$/.exec(text);
  if (clock) {
    const [days, hours, minutes, seconds] = clock.slice(1).map((part) => Number(part ?? 0));
    return (days ?? 0) * 86400 + (hours ?? 0) * 3600 + (minutes ?? 0) * 60 + (seconds ?? 0);
  }
  const units =
    /^\s*(?:(\d+(?:\.\d+)?)d)?\s*(?:(\d+(?:\.\d+)?)h)?\s*(?:(\d+(?:\.\d+)?)m(?:in)?)?\s*(?:(\d+(?:\.\d+)?)s)?\s*$/i;
  const match = units.exec(text);
  if (!match || text.trim() === '') return undefined;
  const [d, h, m, s] = match.slice(1).map((part) => Number(part ?? 0));
  return Math.ceil((d ?? 0) * 86400 + (h ?? 0) * 3600 + (m ?? 0) * 60 + (s ?? 0));
}

/** Seconds → `1h 02m`, `3m 20s`, `12s`, for people. */
export function formatTime(seconds: number): string {
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole}s`;
  const pad = (n: number): string => String(n).padStart(2, '0');
  if (whole < 3600) return `${Math.floor(whole / 60)}m ${pad(whole % 60)}s`;
  if (whole < 86400) return `${Math.floor(whole / 3600)}h ${pad(Math.floor((whole % 3600) / 60))}m`;
  return `${Math.floor(whole / 86400)}d ${pad(Math.floor((whole % 86400) / 3600))}h`;
}
