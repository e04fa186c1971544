import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import type { Self } from './owner.ts';

/** This process, named so that another one can tell whether it still is. */
export function thisProcess(): Self {
  return { host: hostname(), pid: process.pid, start: startOf(process.pid) };
}

/** Field 22 of /proc/PID/stat; empty where there is no such file. */
function startOf(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(') ') + 2).split(' ')[19] ?? '';
  } catch {
    return '';
  }
}
