/** Why a waiting job will never begin as it stands, in plain words with the mend; by Slurm's reason. */
const stuckReasons: readonly (readonly [RegExp, string])[] = [
  [/^DependencyNeverSatisfied$/, 'an earlier job that it waits for failed; cancel it and resume the run'],
  [
    /^(BadConstraints|PartitionNodeLimit|PartitionConfig)$/,
    'no node of the partition can meet what it asks for; ask for less, or name another partition',
  ],
  [
    /^PartitionTimeLimit$/,
    'it asks for more time than the partition allows; ask for less time, or name another partition',
  ],
  [/^MaxMemPerLimit$/, 'it asks for more memory than the partition allows'],
  [
    /^(Assoc|QOS)\w*(PerJob|PerNode)\w*(Limit)?$/,
    'it asks for more than one job of your account or QOS may have',
  ],
  [
    /^(AssocMaxWallDurationPerJobLimit|QOSMaxWallDurationPerJobLimit|QOSTimeLimit|AssociationTimeLimit)$/,
    'it asks for more time than your account or QOS allows',
  ],
  [/^QOSMin/, 'it asks for less than the QOS wants at least'],
  [
    /^(InvalidAccount|AccountNotAllowed)$/,
    'the account is wrong or may not use the partition; correct `account`',
  ],
  [/^(InvalidQOS|QOSNotAllowed)$/, 'the QOS is wrong or may not be used; correct `qos`'],
  [/^ReservationDeleted$/, 'its reservation is gone'],
  [/^JobHeldUser$/, 'it is held by you; `scontrol release` lets it go'],
  [/^JobHeldAdmin$/, 'it is held by an administrator; ask the facility'],
  [
    /^(JobHoldMaxRequeue|job requeued in held state|launch failed requeued held)$/i,
    'it was requeued too often and is held; `scontrol release` tries again',
  ],
  [/^(JobLaunchFailure|DeadLine)$/, 'it could not be launched; cancel it and resume the run'],
  [/^(Assoc|QOS)Grp\w*Minutes$/, 'the hours of your account are used up'],
];

/** `text` may hold several reasons. Undefined: it just waits. */
export function explainStuck(text: string): string | undefined {
  for (const reason of text.split(',')) {
    const found = stuckReasons.find(([pattern]) => pattern.test(reason.trim()));
    if (found !== undefined) return `${found[1]} (Slurm: ${reason.trim()})`;
  }
  return undefined;
}
