import { formatTime } from '../../model/index.ts';

/** Unknown is not empty. */
export const unrecorded = 'not recorded';

/** `2026-11-22 13:05:07 UTC` */
export function formatDate(ms: number | null): string {
  return ms === null ? unrecorded : `${new Date(ms).toISOString().slice(0, 19).replace('T', ' ')} UTC`;
}

/** Times shorter than ten seconds keep a digit. */
export function formatSpan(ms: number): string {
  return ms < 10_000 ? `${(ms / 1000).toFixed(1)}s` : formatTime(ms / 1000);
}

export function formatSize(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'];
  const power = Math.min(units.length - 1, Math.floor(Math.log10(Math.max(1, bytes)) / 3));
  const value = bytes / 1000 ** power;
  return `${power === 0 ? value : value.toPrecision(3)} ${units[power]}`;
}

export function plural(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`;
}

/** A path below a folder, without the folder. */
export function below(folder: string, path: string): string {
  return path.startsWith(`${folder}/`) ? path.slice(folder.length + 1) : path;
}
