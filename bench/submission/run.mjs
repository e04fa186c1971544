// Time from the command to "all jobs accepted" for 1,000 and 10,000 tasks, on the test cluster with its partitions closed (jobs are
// accepted and wait), beside a hand-written `ssh` with one `sbatch --array`, and beside one `sbatch` for each task.
// As root on Debian:
//   bash test/cluster/testbed/cluster.sh up --max-array 10002 --max-jobs 50000
//   npm run build && node bench/submission/run.mjs
//   bash test/cluster/testbed/cluster.sh down
// Prints the table of docs/benchmarks.md. --each 0 leaves out the last kind, which takes minutes.
import { execFileSync, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, homedir, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const state = join(
  process.env.ESPALIER_TESTBED ??
    join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'espalier-testbed'),
  'state',
);
const config = join(state, 'ssh_config');
const scratch = join(state, 'shared/scratch');
const dist = fileURLToPath(new URL('../../dist/bin/espalier.js', import.meta.url));
const bed = fileURLToPath(new URL('../../test/cluster/testbed/cluster.sh', import.meta.url));
const rounds = 5;
const each = process.argv.includes('--each') ? Number(process.argv[process.argv.indexOf('--each') + 1]) : 1;
const desk = mkdtempSync(join(tmpdir(), 'espalier-bench-'));

const root = (command) => execFileSync('bash', [bed, 'exec', 'login', 'sh', '-c', command]);
const login = (command) => execFileSync('ssh', ['-F', config, 'login', command]);

function prepare(count) {
  const data = `bench-${count}`;
  mkdirSync(join(scratch, data), { recursive: true, mode: 0o777 });
  for (let i = 1; i <= count; i++) writeFileSync(join(scratch, data, `cell_t${i}.txt`), `image ${i}\n`);
  mkdirSync(join(desk, 'home/sites'), { recursive: true });
  writeFileSync(
    join(desk, 'home/sites/bed.yaml'),
    `host: login\nssh-config: ${config}\nwork: /scratch/bench\npartitions: { cpu: { default: true, cpus: 16, memory: 7GB, time: 1h } }\nlimits: { array-size: 10001, poll-shortest: 30, poll-longest: 60 }\n`,
  );
  writeFileSync(
    join(desk, `w${count}.yaml`),
    `name: bench-${count}\ncollections:\n  raw: { at: "bed:/scratch/${data}", pattern: "cell_t{t:int}.txt" }\nsteps:\n  count:\n    for-each: raw\n    outputs: { size: "{{ item.t }}.txt" }\n    run: 'wc -c <{{ inputs.image }} >{{ outputs.size }}'\n    resources: { memory: 50MB, time: 5m }\n`,
  );
  writeFileSync(
    join(scratch, `bench-${count}.sh`),
    `#!/bin/sh\n#SBATCH --mem=50M --time=5 --output=/dev/null\nwc -c </scratch/${data}/cell_t$SLURM_ARRAY_TASK_ID.txt >/scratch/bench-out-$SLURM_ARRAY_TASK_ID\n`,
    { mode: 0o755 },
  );
}

/** Seconds until espalier says that the cluster has all tasks; a Ctrl-C then detaches it, and its jobs are taken away. */
async function espalier(count, ...more) {
  const began = performance.now();
  const env = { ...process.env, ESPALIER_HOME: join(desk, 'home') };
  const child = spawn(process.execPath, [dist, 'run', `w${count}.yaml`, '--site', 'bed', ...more], {
    cwd: desk,
    env,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let said = '';
  const seconds = await new Promise((resolve, reject) => {
    child.stderr.on('data', (chunk) => {
      said += chunk;
      if (said.includes('has all')) resolve((performance.now() - began) / 1000);
    });
    child.on('exit', () => reject(new Error(said)));
  });
  child.removeAllListeners('exit');
  const ended = new Promise((resolve) => child.on('exit', resolve));
  child.kill('SIGINT');
  await ended;
  return seconds;
}

function byHand(command) {
  const began = performance.now();
  login(command);
  return (performance.now() - began) / 1000;
}

function clear() {
  login('/usr/bin/scancel -u "$(id -un)"; while /usr/bin/squeue -h | grep -q .; do sleep 0.5; done');
}

try {
  for (const name of ['cpu', 'gpu']) root(`scontrol update PartitionName=${name} State=DOWN`);
  const rows = [];
  for (const count of [1000, 10000]) {
    prepare(count);
    const seen = { array: [], plain: [], packed: [] };
    for (let round = 0; round < rounds; round++) {
      seen.array.push(byHand(`/usr/bin/sbatch --array=1-${count} /scratch/bench-${count}.sh`));
      clear();
      seen.plain.push(await espalier(count, '--no-pack', '--no-fuse'));
      clear();
      seen.packed.push(await espalier(count));
      clear();
    }
    const loop = `for i in $(seq ${count}); do SLURM_ARRAY_TASK_ID=$i /usr/bin/sbatch /scratch/bench-${count}.sh || exit 1; done`;
    const single = each === 0 ? undefined : byHand(loop);
    if (single !== undefined) clear();
    const best = (list) => Math.min(...list).toFixed(2);
    rows.push([
      count,
      best(seen.array),
      best(seen.plain),
      best(seen.packed),
      single?.toFixed(1) ?? 'not run',
    ]);
  }
  console.log(
    `${cpus().length} cores (${cpus()[0].model}), Node ${process.versions.node}, load ${loadavg()[0].toFixed(1)}, best of ${rounds}`,
  );
  console.log(
    '| tasks | ssh + sbatch --array, s | espalier, not packed, s | espalier, s | one sbatch each, s |',
  );
  console.log('|---|---|---|---|---|');
  for (const row of rows) console.log(`| ${row.join(' | ')} |`);
} finally {
  for (const name of ['cpu', 'gpu']) root(`scontrol update PartitionName=${name} State=UP`);
  rmSync(desk, { recursive: true, force: true });
}
