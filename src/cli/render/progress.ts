import cliProgress from 'cli-progress';
import { formatTime, isGood, isTerminal, type TaskState, taskStateNames } from '../../model/index.ts';
import type { RunView } from '../../run/index.ts';
import type { Terminal } from '../terminal.ts';

/** What of a bar stands right of a line that is written over it. */
const clearRest = '\u001b[K';

export interface Progress {
  readonly show: (view: RunView) => void;
  /** A line for the person who watches; bars would write over one that came from elsewhere. */
  readonly say: (text: string) => void;
  readonly stop: () => void;
}

/** A bar per step on a terminal; elsewhere a line whenever a tenth more is done; nothing when quiet. */
export function startProgress(terminal: Terminal, quiet: boolean, clock: () => number): Progress {
  if (quiet) return { show: () => {}, say: terminal.err, stop: () => {} };
  return terminal.live ? startBars(terminal, clock) : startLines(terminal);
}

interface StepSum {
  readonly step: string;
  readonly total: number;
  readonly ended: number;
  readonly failed: number;
  readonly running: number;
}

function sums(view: RunView): readonly StepSum[] {
  return view.steps.map(({ step, counts }) => {
    const count = (wanted: (state: TaskState) => boolean): number =>
      taskStateNames.filter(wanted).reduce((sum, state) => sum + (counts[state] ?? 0), 0);
    return {
      step,
      total: count(() => true),
      ended: count(isTerminal),
      failed: count((state) => isTerminal(state) && !isGood(state)),
      running: count((state) => state === 'running'),
    };
  });
}

function startBars(terminal: Terminal, clock: () => number): Progress {
  const started = clock();
  const bars = new cliProgress.MultiBar(
    {
      format: '{step} {value}/{total} {bar} {note}',
      hideCursor: true,
      clearOnComplete: false,
      stream: process.stderr,
      barsize: Math.max(4, Math.min(24, Math.floor(terminal.width / 6))),
    },
    cliProgress.Presets.shades_classic,
  );
  const byStep = new Map<string, cliProgress.SingleBar>();
  /** How many had ended when this sitting began: they say nothing of its pace. */
  const earlier = new Map<string, number>();
  return {
    show: (view) => {
      const most = Math.max(8, Math.floor(terminal.width / 3));
      const width = Math.min(most, Math.max(...view.steps.map(({ step }) => step.length)));
      for (const sum of sums(view)) {
        const payload = { step: fitName(sum.step, width), note: '' };
        const bar = byStep.get(sum.step) ?? bars.create(sum.total, 0, payload);
        byStep.set(sum.step, bar);
        const before = earlier.get(sum.step) ?? sum.ended;
        earlier.set(sum.step, before);
        bar.update(sum.ended, { ...payload, note: describe(sum, before, clock() - started) });
      }
    },
    say: (text) =>
      byStep.size === 0
        ? terminal.err(text)
        : bars.log(`${text.replaceAll('\n', `${clearRest}\n`)}${clearRest}\n`),
    stop: () => bars.stop(),
  };
}

function fitName(name: string, width: number): string {
  return name.length > width ? `${name.slice(0, width - 1)}…` : name.padEnd(width);
}

function describe(sum: StepSum, before: number, elapsedMs: number): string {
  const parts: string[] = [];
  if (sum.running > 0) parts.push(`${sum.running} running`);
  if (sum.failed > 0) parts.push(`${sum.failed} not good`);
  if (sum.ended > before && sum.ended < sum.total && elapsedMs > 0) {
    const perSecond = (sum.ended - before) / (elapsedMs / 1000);
    parts.push(`${perSecond < 1 ? `${(perSecond * 60).toFixed(1)}/min` : `${perSecond.toFixed(1)}/s`}`);
    parts.push(`about ${formatTime((sum.total - sum.ended) / perSecond)} left`);
  }
  return parts.join(', ');
}

function startLines(terminal: Terminal): Progress {
  const tenths = new Map<string, number>();
  return {
    show: (view) => {
      for (const sum of sums(view)) {
        const tenth = sum.total === 0 ? 0 : Math.floor((10 * sum.ended) / sum.total);
        if (tenth === (tenths.get(sum.step) ?? 0)) continue;
        tenths.set(sum.step, tenth);
        const failed = sum.failed > 0 ? `, ${sum.failed} not good` : '';
        terminal.err(`${sum.step}: ${sum.ended} of ${sum.total} done${failed}`);
      }
    },
    say: terminal.err,
    stop: () => {},
  };
}
