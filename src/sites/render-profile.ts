import { stringify } from 'yaml';
import { formatTime, type Partition, type SiteTransport } from '../model/index.ts';
import type { ProbedSite } from './read-probe.ts';

export interface ProfileRequest {
  readonly transport: SiteTransport;
  /** Absolute path on the site. */
  readonly work: string;
}

/** A comment, and keys below it. */
type Section = readonly [string, object | undefined];

/** A site profile with what was found, and comments where only a person knows. */
export function renderProfile({ transport, work }: ProfileRequest, found: ProbedSite): string {
  const { host, user, port, kind, configFile } = transport;
  const { maxArraySize, maxSubmit, runtime, slurm, runtimeVersion } = found;
  const limits = {
    ...(maxArraySize !== undefined && { 'array-size': Math.max(1, maxArraySize - 1) }),
    ...(maxSubmit !== undefined && { submitted: maxSubmit }),
  };
  const sections: readonly Section[] = [
    [
      'How it is reached, and where runs lie there.',
      {
        host,
        ...(user !== undefined && { user }),
        ...(port !== undefined && { port }),
        ...(kind !== 'openssh' && { transport: kind }),
        ...(configFile !== undefined && { 'ssh-config': configFile }),
        work,
      },
    ],
    [
      `${slurm ?? 'Slurm'}: what one node of each partition has at most, and how long a job may last.`,
      { partitions: Object.fromEntries(found.partitions.map((each) => [each.name, partition(each)])) },
    ],
    qosSection(found),
    accountSection(found),
    runtime === undefined
      ? [
          'No container program was found on the PATH. If a module brings it, say so:\n# containers: { runtime: apptainer, prelude: [module load apptainer] }',
          undefined,
        ]
      : [
          `${runtimeVersion ?? runtime}, as the login host has it; \`site doctor\` looks at a node.`,
          { containers: { runtime: 'apptainer', ...(runtime === 'singularity' && { program: runtime }) } },
        ],
    ['', Object.keys(limits).length === 0 ? undefined : { limits }],
  ];
  return sections
    .map(([comment, value]) => {
      const lead = comment === '' ? '' : `# ${comment}\n`;
      return `${lead}${value === undefined ? '' : stringify(value, { collectionStyle: 'any' })}`;
    })
    .filter((text) => text !== '')
    .join('\n');
}

function qosSection({ qos, defaultQos }: ProbedSite): Section {
  const [first] = Object.values(qos);
  if (first === undefined) return ['', undefined];
  if (qosDiffer(qos))
    return ['QOS of yours, by account. Without `qos` the cluster takes its default.', { 'allowed-qos': qos }];
  const without = `Without \`qos\` the cluster takes ${defaultQos ?? 'its default'}`;
  return [`QOS of yours. ${without}.`, { 'allowed-qos': first }];
}

function qosDiffer(qos: ProbedSite['qos']): boolean {
  return new Set(Object.values(qos).map((names) => names.join())).size > 1;
}

/** Where QOS differ, which of them may be asked for is known only with the account: the cluster's own choice is written down. */
function accountSection({ accounts, defaultAccount, qos }: ProbedSite): Section {
  if (accounts.length === 0) return ['Without `account` the cluster takes your default.', undefined];
  const yours = `Accounts of yours: ${accounts.join(', ')}.`;
  if (qosDiffer(qos) && defaultAccount !== undefined)
    return [`${yours} This is your default.`, { account: defaultAccount }];
  return [
    `${yours} Without a line here the cluster takes your default.\n# account: ${accounts[0]}`,
    undefined,
  ];
}

function partition({ isDefault, cpus, memory, time, gpus }: Partition): object {
  return {
    ...(isDefault && { default: true }),
    ...(cpus !== undefined && cpus > 0 && { cpus }),
    ...(memory !== undefined && memory > 0 && { memory: `${Math.floor(memory / 1024 ** 2)}MB` }),
    ...(time !== undefined && { time: formatTime(time).replaceAll(' ', '') }),
    ...(Object.keys(gpus).length > 0 && { gpus }),
  };
}
