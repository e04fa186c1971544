import { EspalierError } from '../model/index.ts';
import type { ResumePlan } from '../run/index.ts';
import { terminalPrompt } from './prompt.ts';
import { renderEdits, renderResumePlan } from './render/resume-plan.ts';
import type { Terminal } from './terminal.ts';

interface ConfirmOptions {
  readonly quiet: boolean;
  readonly repeat: boolean;
  readonly yes: boolean;
  readonly asPlanned: boolean;
}

/**
 * Says what a resume will do, and asks where a person sits in front of it. That the workflow's file is another by now has to be
 * acknowledged in any case: what somebody expects from the edit would not happen.
 */
export function confirmResume(
  { quiet, repeat, yes, asPlanned }: ConfirmOptions,
  terminal: Terminal,
): (plan: ResumePlan) => Promise<boolean> {
  const prompt = terminalPrompt();
  const ask = async (question: string): Promise<boolean> =>
    /^\s*y(es)?\s*$/i.test((await prompt?.(`${question} [y/N] `, false).catch(() => '')) ?? '');
  return async (plan) => {
    const { edits, again } = plan;
    const isEdited = edits !== undefined && edits.is !== 'gone';
    if (edits !== undefined && (!quiet || (isEdited && !asPlanned)))
      terminal.err(renderEdits(edits, terminal.room));
    if (isEdited && !asPlanned && again.length > 0) {
      if (prompt === undefined) throw edited(plan);
      if (!(await ask('Go on with the plan as it was?'))) return refusal(terminal, plan);
    }
    if (!quiet) terminal.err(renderResumePlan(plan, repeat, terminal.room));
    const isClear = yes || again.length === 0 || prompt === undefined;
    return isClear || (await ask('Do this?')) || refusal(terminal, plan);
  };
}

function refusal(terminal: Terminal, { edits }: ResumePlan): false {
  terminal.err('nothing was done');
  if (edits?.is === 'edited')
    terminal.err('`espalier run FILE` makes a run of the changed file, and reuses what stands');
  return false;
}

function edited({ run, edits }: ResumePlan): EspalierError {
  return new EspalierError(
    'workflow-edited',
    `the workflow of run \`${run}\` was changed since it was planned: \`${edits?.file}\``,
    {
      hint: '`espalier resume --as-planned` goes on with the plan as it was; `espalier run FILE` makes a run of the changed file, and reuses what stands',
    },
  );
}
