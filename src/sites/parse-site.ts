import type { DocumentPath } from '../documents/index.ts';
import {
  accept,
  type Checked,
  type Partition,
  type Place,
  type Problem,
  parseMemory,
  parseTime,
  refuse,
  type Site,
  type SiteContainers,
  type SiteLimits,
  type SiteTransport,
} from '../model/index.ts';
import { layerProfiles, type ProfileText } from './layer-profiles.ts';
import { localSite } from './local-site.ts';
import type { SiteFile } from './site-schema.ts';

/** Where a part of a profile stands, in whichever of its files. */
type PlaceOf = (path: DocumentPath) => Place;

/** Text of a site profile → a checked site, or all that is wrong with it. `file` is for messages. */
export function parseSite(text: string, name: string, file: string): Checked<Site> {
  return parseProfiles([{ text, file }], name);
}

/** Profiles of one name, the nearest first: a key of a nearer one stands over the same key of those behind it. */
export function parseProfiles(texts: readonly ProfileText[], name: string): Checked<Site> {
  const layered = layerProfiles(texts);
  if (!layered.ok) return layered;
  const { value, placeOf: places } = layered.value;
  const problems: Problem[] = [];
  const transport = transportOf(value, places, problems);
  const batch = value.batch ?? (transport.kind === 'local' ? 'local' : 'slurm');
  const isHere = batch === 'local' && transport.kind === 'local';
  const work = value.work.replace(/\/+$/, '');
  const site: Site = {
    name,
    transport,
    batch,
    work,
    partitions: partitionsOf(value, places, problems),
    ...(value.account !== undefined && { account: value.account }),
    ...(value.qos !== undefined && { qos: value.qos }),
    ...qosOf(value),
    prelude: value.prelude ?? [],
    containers: containersOf(value),
    ...(value.scratch !== undefined && { scratch: value.scratch }),
    ...(value.purge !== undefined && { purge: value.purge }),
    limits: limitsOf(value.limits ?? {}, isHere ? localSite(work).limits : clusterLimits),
    engines: [...new Set(['cpu', ...(value.engines ?? [])])],
  };
  return problems.length > 0 ? refuse(...problems) : accept(site);
}

function transportOf(value: SiteFile, places: PlaceOf, problems: Problem[]): SiteTransport {
  const { host, user, port } = value;
  const kind = value.transport ?? (host === undefined ? 'local' : 'openssh');
  if (kind !== 'local' && host === undefined) {
    const message = `\`transport: ${kind}\` needs a \`host\``;
    problems.push({ code: 'no-host', message, hint: 'name the login host', place: places(['transport']) });
  }
  const configFile = value['ssh-config'];
  return {
    kind,
    host: host ?? '',
    ...(user !== undefined && { user }),
    ...(port !== undefined && { port }),
    ...(configFile !== undefined && { configFile }),
  };
}

function qosOf({ 'allowed-qos': given }: SiteFile): Pick<Site, 'allowedQos' | 'accountQos'> {
  if (given === undefined) return {};
  return Array.isArray(given) ? { allowedQos: given } : { accountQos: given };
}

function partitionsOf(value: SiteFile, places: PlaceOf, problems: Problem[]): Site['partitions'] {
  return Object.fromEntries(
    Object.entries(value.partitions ?? {}).map(([name, given]): [string, Partition] => {
      const memory = given.memory === undefined ? undefined : parseMemory(given.memory);
      const time = given.time === undefined ? undefined : parseTime(given.time);
      const complain = (key: 'memory' | 'time', hint: string): void => {
        const message = `\`${given[key]}\` is no amount of ${key}`;
        problems.push({ code: 'bad-value', message, hint, place: places(['partitions', name, key]) });
      };
      if (given.memory !== undefined && memory === undefined) complain('memory', 'write e.g. `256GB`');
      if (given.time !== undefined && time === undefined)
        complain('time', 'write e.g. `12h` or `2-00:00:00`');
      return [
        name,
        {
          name,
          isDefault: given.default ?? false,
          ...(given.cpus !== undefined && { cpus: given.cpus }),
          ...(memory !== undefined && { memory }),
          ...(time !== undefined && { time }),
          gpus: given.gpus ?? {},
        },
      ];
    }),
  );
}

function containersOf({ containers = {}, work }: SiteFile): SiteContainers {
  return {
    runtime: containers.runtime ?? (containers.program === undefined ? 'none' : 'apptainer'),
    program: containers.program ?? 'apptainer',
    prelude: containers.prelude ?? [],
    insecureRegistries: containers['insecure-registries'] ?? [],
    images: containers.images ?? {},
    folder: containers.folder ?? `${work.replace(/\/+$/, '')}/containers`,
    pull: containers.pull ?? 'login',
  };
}

/** Sites leave MaxArraySize at 1001: indices end at 1000. Polling as large centres ask for it. */
const clusterLimits: SiteLimits = {
  arraySize: 1000,
  slots: 100,
  pollShortest: 30,
  pollLongest: 180,
  fileDelay: 300,
  // `sbatch` alone waits two minutes when a queue is full.
  answerWithin: 240,
  failures: 100,
  elementSeconds: 120,
};

function limitsOf(given: NonNullable<SiteFile['limits']>, usual: SiteLimits): SiteLimits {
  return {
    arraySize: given['array-size'] ?? usual.arraySize,
    ...(given.submitted !== undefined && { submitted: given.submitted }),
    slots: given.slots ?? usual.slots,
    pollShortest: given['poll-shortest'] ?? usual.pollShortest,
    pollLongest: given['poll-longest'] ?? usual.pollLongest,
    fileDelay: given['file-delay'] ?? usual.fileDelay,
    answerWithin: given['answer-within'] ?? usual.answerWithin,
    failures: given.failures ?? usual.failures,
    elementSeconds: given['element-seconds'] ?? usual.elementSeconds,
  };
}
