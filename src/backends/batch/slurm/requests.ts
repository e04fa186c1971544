import {
  formatMemory,
  formatTime,
  type Partition,
  type Resources,
  type Site,
  wishPattern,
} from '../../../model/index.ts';

/** `#SBATCH` lines of a request. Times as D-HH:MM:SS, which no version misreads; memory in whole MiB, rounded up. */
export function directives(resources: Resources, site: Site): readonly string[] {
  const { cpus, gpus, memory, time, gpu, constraint, exclude = [] } = resources;
  const partition = choosePartition(resources, site)?.name ?? resources.partition;
  const account = resources.account ?? site.account;
  const qos = resources.qos ?? site.qos;
  const options: readonly (string | undefined)[] = [
    '--nodes=1',
    '--ntasks=1',
    `--cpus-per-task=${cpus}`,
    `--mem=${Math.ceil(memory / 1024 ** 2)}M`,
    `--time=${slurmTime(time)}`,
    partition && `--partition=${word(partition)}`,
    gpus > 0 ? `--gres=gpu:${gpu === undefined ? '' : `${word(gpu)}:`}${gpus}` : undefined,
    account && `--account=${word(account)}`,
    qos && `--qos=${word(qos)}`,
    constraint && `--constraint=${word(constraint)}`,
    exclude.length > 0 ? `--exclude=${exclude.map(word).join(',')}` : undefined,
    '--requeue',
    '--open-mode=append',
    // Nothing of the login shell travels; older versions that do not know the word take a login's environment instead.
    '--export=NIL',
  ];
  return options.flatMap((option) => (option === undefined ? [] : [`#SBATCH ${option}`]));
}

/** What can never be met here, each as the end of a sentence that begins with the step. */
export function refusals(resources: Resources, site: Site): readonly string[] {
  return [...qosRefusals(resources, site), ...partitionRefusals(resources, site)];
}

function qosRefusals(resources: Resources, site: Site): readonly string[] {
  const qos = resources.qos ?? site.qos;
  const account = resources.account ?? site.account;
  const allowed = allowedQos(site, account);
  if (qos === undefined || allowed === undefined || allowed.some((each) => isSame(each, qos))) return [];
  const whom = site.accountQos === undefined || account === undefined ? '' : ` the account \`${account}\``;
  return [`asks for the QOS \`${qos}\`; \`${site.name}\` allows${whom}: ${allowed.join(', ')}`];
}

/** Of the account; without one the cluster takes one that only it knows: then of any. Undefined where nothing is known. */
function allowedQos(site: Site, account: string | undefined): readonly string[] | undefined {
  const { accountQos } = site;
  if (accountQos === undefined) return site.allowedQos;
  if (account === undefined) return [...new Set(Object.values(accountQos).flat())];
  return Object.entries(accountQos).find(([name]) => isSame(name, account))?.[1];
}

/** Slurm takes names of accounts and QOS in any case. */
function isSame(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase();
}

function partitionRefusals(resources: Resources, site: Site): readonly string[] {
  const all = Object.values(site.partitions);
  if (all.length === 0) return [];
  const { partition } = resources;
  if (partition !== undefined && site.partitions[partition] === undefined)
    return [
      `asks for the partition \`${partition}\`; \`${site.name}\` has: ${all.map(({ name }) => name).join(', ')}`,
    ];
  if (choosePartition(resources, site) !== undefined) return [];
  const asked = partition === undefined ? all : all.filter(({ name }) => name === partition);
  const nearest = asked.map((each) => beyond(resources, each)).sort((a, b) => a.length - b.length)[0] ?? [];
  const where =
    partition === undefined
      ? `no partition of \`${site.name}\``
      : `\`${partition}\` of \`${site.name}\` does not`;
  return [
    `asks for ${nearest.join(' and ')}, and ${where} ${partition === undefined ? 'gives that' : 'give that'}`,
  ];
}

/** The named one; else the default if it fits, else the first that fits. */
export function choosePartition(resources: Resources, site: Site): Partition | undefined {
  const fitting = Object.values(site.partitions).filter((each) => beyond(resources, each).length === 0);
  if (resources.partition !== undefined) return fitting.find(({ name }) => name === resources.partition);
  return fitting.find(({ isDefault }) => isDefault) ?? fitting[0];
}

/** What of a request one node of the partition does not have. */
function beyond({ cpus, memory, time, gpus, gpu }: Resources, partition: Partition): readonly string[] {
  const { gpus: there } = partition;
  const has = gpu === undefined ? Math.max(0, ...Object.values(there)) : (there[gpu] ?? 0);
  return [
    ...(cpus > (partition.cpus ?? Number.POSITIVE_INFINITY) ? [`${cpus} cpus`] : []),
    ...(memory > (partition.memory ?? Number.POSITIVE_INFINITY) ? [`${formatMemory(memory)} of memory`] : []),
    ...(time > (partition.time ?? Number.POSITIVE_INFINITY) ? [`${formatTime(time)} of time`] : []),
    ...(gpus > has
      ? [`${gpus} ${gpu === undefined ? '' : `${gpu} `}GPU${gpus === 1 ? '' : 's'} on a node`]
      : []),
  ];
}

function slurmTime(seconds: number): string {
  const pad = (n: number): string => String(n).padStart(2, '0');
  const whole = Math.ceil(seconds);
  const [days, hours] = [Math.floor(whole / 86400), Math.floor((whole % 86400) / 3600)];
  return `${days}-${pad(hours)}:${pad(Math.floor((whole % 3600) / 60))}:${pad(whole % 60)}`;
}

/** Checked when read; once more here, where it becomes a line of a script. */
function word(text: string): string {
  if (!wishPattern.test(text)) throw new Error(`not a word for a batch system: \`${text}\``);
  return text;
}
