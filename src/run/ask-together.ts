import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import writeFileAtomic from 'write-file-atomic';
import { z } from 'zod';
import type { Backend, Listing, Question } from '../backends/index.ts';
import type { Site } from '../model/index.ts';
import type { Settings } from './settings.ts';

/** What a batch system said, and when, by the clock of this machine. */
export interface Sighting {
  readonly listing: Listing;
  readonly askedMs: number;
  readonly answeredMs: number;
}

/**
 * Asks a batch system about elements; undefined when it was not answered. `afterMs`: what was asked at or before this moment would
 * say too little, as something was handed over or told to end then, or was seen already.
 */
export type Ask = (question: Question, afterMs: number) => Promise<Sighting | undefined>;

export interface AskContext {
  readonly backend: Backend;
  readonly site: Site;
  readonly settings: Pick<Settings, 'home' | 'host' | 'clock'>;
  readonly sleep: (ms: number) => Promise<void>;
  /** Nothing more is to be waited for: a person wants to leave. */
  readonly leaves: () => boolean;
}

/** Each question goes to the batch system. */
export function askAlone(backend: Backend, clock: () => number): Ask {
  return async (question) => {
    const askedMs = clock();
    const listing = await backend.list(question);
    return listing && { listing, askedMs, answeredMs: clock() };
  };
}

/**
 * All who follow runs at a site from this machine share one question: an answer, which covers all arrays of the user, is kept in a
 * file, and the batch system is asked only where that is as old as the site's shortest pause. One asks at a time; the others wait for
 * the answer, no longer than that pause.
 */
export function askTogether({ backend, site, settings, sleep, leaves }: AskContext): Ask {
  const { clock, home } = settings;
  const pauseMs = site.limits.pollShortest * 1000;
  const folder = join(home, 'listings');
  const file = join(folder, `${site.name}.json`);
  const turn = join(folder, `${site.name}.asking`);
  // The answer to another login, or by another machine's clock, says nothing here.
  const from = JSON.stringify([settings.host, site.transport]);

  const lastAnswer = async (afterMs: number): Promise<Answer | undefined> => {
    const last = await readAnswer(file);
    if (last === undefined || last.from !== from || last.askedMs <= afterMs) return undefined;
    const age = clock() - last.askedMs;
    return age >= 0 && age < pauseMs ? last : undefined;
  };

  /** What another one was told meanwhile, or why there is nothing of that kind. */
  const waitForTurn = async (afterMs: number): Promise<Answer | 'ours' | 'waited' | 'left'> => {
    // Counted, as the clock may be set back meanwhile.
    for (let waitedMs = 0; ; waitedMs += lookMs, await sleep(lookMs)) {
      const last = await lastAnswer(afterMs);
      if (last !== undefined) return last;
      if (leaves()) return 'left';
      if (await takeTurn(turn)) return 'ours';
      if (waitedMs >= pauseMs) return 'waited';
    }
  };

  const ask = async (question: Question): Promise<Answer | undefined> => {
    const askedMs = clock();
    const text = await backend.ask(question);
    if (text === undefined || backend.batch.parseListing(text, question) === undefined) return undefined;
    const answer = { from, askedMs, answeredMs: clock(), text };
    // Where the disk takes no more, each asks for itself.
    await writeFileAtomic(file, JSON.stringify(answer), { mode: 0o600 }).catch(() => undefined);
    return answer;
  };

  const askInTurn = async (question: Question, afterMs: number): Promise<Answer | undefined> => {
    try {
      // Between the look and our turn another one may have been told.
      return (await lastAnswer(afterMs)) ?? (await ask(question));
    } finally {
      await rm(turn, { force: true }).catch(() => undefined);
    }
  };

  const learn = async (question: Question, afterMs: number): Promise<Answer | undefined> => {
    const turn = await waitForTurn(afterMs);
    if (turn === 'left') return undefined;
    if (turn === 'ours') return askInTurn(question, afterMs);
    return turn === 'waited' ? ask(question) : turn;
  };

  return async (question, afterMs) => {
    if (question.natives.length === 0) return askAlone(backend, clock)(question, afterMs);
    await mkdir(folder, { recursive: true, mode: 0o700 }).catch(() => undefined);
    const answer = await learn(question, afterMs);
    const listing = answer && backend.batch.parseListing(answer.text, question);
    return listing && { listing, askedMs: answer.askedMs, answeredMs: answer.answeredMs };
  };
}

/** How often those who wait look for the answer. */
const lookMs = 100;

const answerSchema = z.object({
  from: z.string(),
  askedMs: z.number(),
  answeredMs: z.number(),
  text: z.string(),
});

type Answer = z.infer<typeof answerSchema>;

async function readAnswer(file: string): Promise<Answer | undefined> {
  const text = await readFile(file, 'utf8').catch(() => '');
  try {
    return answerSchema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

/** False while another process has it. Where no file can be made, nobody waits. */
async function takeTurn(turn: string): Promise<boolean> {
  try {
    await writeFile(turn, String(process.pid), { flag: 'wx', mode: 0o600 });
    return true;
  } catch (error) {
    if (!isCode(error, 'EEXIST')) return true;
    const pid = Number(await readFile(turn, 'utf8').catch(() => ''));
    if (pid > 0 && !isRunning(pid)) await rm(turn, { force: true });
    return false;
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return isCode(error, 'EPERM');
  }
}

function isCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}
