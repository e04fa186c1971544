import { EspalierError, type Site } from '../../model/index.ts';
import { shellQuote } from '../../templates/index.ts';
import type { OpenSite } from '../with-site.ts';
import { gpuEngines, gpuScript } from './gpu-engines.ts';
import { runAsJob } from './run-as-job.ts';
import { check, type Facts, readFacts, type SiteCheck } from './site-check.ts';

const name = 'espalier-doctor';

/** The wait in the queue included. */
const timeoutMs = 15 * 60_000;

/** A job of at most a minute: what a node sees. */
export async function examineNode(open: Pick<OpenSite, 'site' | 'backend'>): Promise<readonly SiteCheck[]> {
  const { site } = open;
  const wantsGpu = Object.values(site.partitions).some(({ gpus }) =>
    Object.values(gpus).some((count) => count > 0),
  );
  const resources = { cpus: 1, gpus: wantsGpu ? 1 : 0, memory: 100 * 1024 ** 2, time: 60, scratch: 0 };
  const script = [
    `cd -- ${shellQuote(site.work)} || echo "seen=no"`,
    ...site.containers.prelude,
    'echo "node=$(uname -n)"',
    'echo "gpu=${CUDA_VISIBLE_DEVICES:-}"',
    'echo "devices=$(ls /dev/nvidia[0-9]* 2>/dev/null | tr "\\n" " ")"',
    'command -v nvidia-smi >/dev/null 2>&1 && echo "cards=$(nvidia-smi -L 2>/dev/null | tr "\\n" " ")"',
    ...(wantsGpu ? gpuScript : []),
    'echo "clock=$(date +%s)"',
    ...(site.containers.runtime === 'none' ? [] : [tryImage(site)]),
  ].join('\n');
  const ran = await runAsJob(open, { name, script, resources, timeoutMs }).catch((error: unknown) => {
    if (error instanceof EspalierError && error.code === 'too-slow') return undefined;
    throw error;
  });
  if (ran === undefined)
    return [
      check(
        'test job',
        false,
        `still waiting after ${timeoutMs / 60_000} min`,
        `\`squeue --me --name=${name}\` on the login host says why, \`scancel --me --name=${name}\` ends it`,
      ),
    ];
  const seen = readFacts(ran.text);
  const node = seen.get('node');
  if (ran.code !== 0 || node === undefined)
    return [
      check(
        'test job',
        false,
        ran.text.trim().split('\n').slice(-2).join(' | '),
        'these are the batch system’s own words',
      ),
    ];
  return [
    check(
      'test job',
      seen.get('seen') !== 'no',
      `ran on ${node}`,
      `the node does not see ${site.work}: name a shared directory`,
    ),
    ...(wantsGpu
      ? [
          check(
            'GPU',
            seen.get('gpu') !== '',
            `CUDA_VISIBLE_DEVICES=${seen.get('gpu')}, devices: ${seen.get('devices') || 'none'}${seen.has('cards') ? `, ${seen.get('cards')}` : ''}`,
            'the batch system gave the job no GPU by name: ask the facility',
          ),
          ...gpuEngines(seen),
        ]
      : []),
    ...(site.containers.runtime === 'none' ? [] : imageChecks(seen)),
  ];
}

/**
 * An image of a shell alone, made and run in the job as tasks are. Says which program it is, whether users may have namespaces of
 * their own, and how the image was opened: mounted, or unpacked each time, which costs its whole size.
 */
function tryImage({ containers }: Site): string {
  const program = shellQuote(containers.program);
  return [
    `echo "runtime=$(${program} --version 2>&1 | head -n 1)"`,
    'if unshare --user true 2>/dev/null; then echo namespaces=yes; else echo namespaces=no; fi',
    'tree=$(mktemp -d) && (',
    '  cd "$tree" && mkdir -p image/bin image/tmp image/proc image/sys image/dev image/etc && cp -L /bin/sh image/bin/sh',
    '  for each in $(ldd /bin/sh | grep -o "/[^ ]*"); do mkdir -p "image${each%/*}" && cp -L "$each" "image$each"; done',
    `  if ${program} build probe.sif image >build.log 2>&1; then`,
    `    ${program} exec --containall --no-home probe.sif /bin/sh -c 'echo inside' >exec.out 2>exec.err`,
    '    if grep -q inside exec.out; then echo image=ran; else echo "image=$(tail -n 1 exec.err)"; fi',
    '    if grep -q -i "to temporary sandbox" exec.err; then echo opened=unpacked; else echo opened=mounted; fi',
    '  else echo "built=$(tail -n 1 build.log)"; fi',
    ')',
    'rm -rf -- "$tree"',
  ].join('\n');
}

function imageChecks(seen: Facts): readonly SiteCheck[] {
  const version = seen.get('runtime') ?? '';
  const [image, unbuilt] = [seen.get('image'), seen.get('built')];
  const isUnpacked = seen.get('opened') === 'unpacked';
  const namespaces = seen.get('namespaces') === 'yes';
  return [
    check(
      'containers on a node',
      /version/i.test(version),
      version,
      'it is not there on the nodes: load it in `containers: { prelude: … }`',
    ),
    check(
      'user namespaces',
      namespaces || image === 'ran',
      namespaces ? 'allowed' : 'not allowed on a node',
      'containers need them, or an installation with setuid: ask the facility for one of the two',
    ),
    unbuilt === undefined
      ? check(
          'an image on a node',
          image === 'ran' && !isUnpacked,
          image === 'ran'
            ? `runs, ${isUnpacked ? 'unpacked each time' : 'mounted'}`
            : (image ?? 'was not tried'),
          isUnpacked
            ? 'each task unpacks its image to the temporary directory first: ask the facility for `squashfuse` and /dev/fuse'
            : 'these are the runtime’s own words',
          isUnpacked ? 'warning' : 'failed',
        )
      : check(
          'an image on a node',
          false,
          `could not be made to be tried: ${unbuilt}`,
          'nodes cannot build images; those that lie there may run all the same',
          'warning',
        ),
  ];
}
