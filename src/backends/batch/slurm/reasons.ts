import type { Stuck } from '../batch-system.ts';

type Row = readonly [pattern: RegExp, until: Stuck['until'], why: string];

const tooMuch = 'ask for less, or name another partition';

/** Why a waiting job will not begin as it stands, in plain words with the mend; by Slurm's reason. The first that fits counts. */
const reasons: readonly Row[] = [
  [/^DependencyNeverSatisfied$/, 'never', 'an earlier job that it waits for failed; resume the run'],
  [/^BadConstraints$/, 'never', `no node can meet its constraints; correct \`constraint\`, ${tooMuch}`],
  [
    /^(PartitionNodeLimit|PartitionConfig)$/,
    'never',
    `no node of the partition can meet what it asks for; ${tooMuch}`,
  ],
  [/^PartitionTimeLimit$/, 'never', `it asks for more time than the partition allows; ${tooMuch}`],
  [/^MaxMemPerLimit$/, 'never', `it asks for more memory than the partition allows; ${tooMuch}`],
  [
    /^(AssocMaxWallDurationPerJobLimit|QOSMaxWallDurationPerJobLimit|QOSTimeLimit|AssociationTimeLimit)$/,
    'never',
    'it asks for more time than your account or QOS allows; ask for less',
  ],
  [
    /^(Assoc|QOS)Max\w*Per(Job|Node)\w*$/,
    'never',
    'it asks for more than one job of your account or QOS may have; ask for less',
  ],
  [/^QOSMin/, 'never', 'it asks for less than the QOS wants at least; ask for more, or another `qos`'],
  [
    /^(InvalidAccount|AccountNotAllowed)$/,
    'never',
    'the account is wrong or may not use the partition; correct `account`',
  ],
  [/^(InvalidQOS|QOSNotAllowed)$/, 'never', 'the QOS is wrong or may not be used; correct `qos`'],
  [/^ReservationDeleted$/, 'never', 'its reservation is gone; resume the run without it'],
  [/^DeadLine$/, 'never', 'its deadline has passed; resume the run'],
  [/^JobHeldUser$/, 'held', 'it is held by you; `scontrol release` lets it go'],
  [/^JobHeldAdmin$/, 'held', 'it is held by an administrator; ask the facility'],
  [
    /^(JobHoldMaxRequeue|job requeued in held state)$/i,
    'held',
    'it was requeued and is held; `scontrol release` tries again',
  ],
  [
    /^(launch failed requeued held|JobLaunchFailure|JobLaunchFailed)$/i,
    'held',
    'it could not be launched and is held; ask the facility, `scontrol release` tries again',
  ],
  // A budget of hours, of which a month or a year gives new ones; other group limits only wait for others to end.
  [/^(Assoc|QOS)Grp\w*Minutes(Limit)?$/, 'held', 'the hours of your account are used up; ask for more'],
];

const states: Readonly<Record<string, Stuck>> = {
  REQUEUE_HOLD: { until: 'held', why: 'it was requeued and is held; `scontrol release` tries again' },
  RESV_DEL_HOLD: {
    until: 'held',
    why: 'its reservation is gone and it is held; cancel it and resume the run without the reservation',
  },
  SPECIAL_EXIT: {
    until: 'held',
    why: 'the site holds it after a special exit; `scontrol release` tries again',
  },
};

/** `text` may hold several reasons. Undefined: it just waits, however long. */
export function explainStuck(state: string, text: string): Stuck | undefined {
  for (const part of state === 'PENDING' ? text.split(',') : []) {
    const reason = part.trim().replace(/^\((.*)\)$/, '$1');
    const [, until, why] = reasons.find(([pattern]) => pattern.test(reason)) ?? [];
    if (until !== undefined && why !== undefined) return { until, why: `${why} (Slurm: ${reason})` };
  }
  const held = states[state];
  return held && { ...held, why: `${held.why} (Slurm: ${state})` };
}
