// Kills espalier with SIGKILL at random moments of many small runs, and looks at the end of each whether every task ran exactly
// once, nothing is lost, and the ledger is valid. docs/reliability.md has its figures.
//   npm run kill-storm -- [--kills 200] [--seed N] [--shortest 0] [--longest 3000] [--aimed] [--output text|json]
//   npm run kill-storm -- --host HOST --ssh-config FILE --folder /scratch/storm     over ssh, on a Slurm cluster
// Between `--shortest` and `--longest` ms after each start; `--aimed`: when the ledger has heard of so many more facts, from none to
// all that a run has, so that a slow machine is not killed at its start only.
// The folder on the cluster must be new or one of an earlier storm. Exit code 1: something was lost or doubled; its folder is left.
import { spawn, spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const Sqlite = createRequire(import.meta.url)('better-sqlite3');
const program = fileURLToPath(new URL('../dist/bin/espalier.js', import.meta.url));
const { values: options } = parseArgs({
  options: {
    kills: { type: 'string', default: '200' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    shortest: { type: 'string', default: '0' },
    longest: { type: 'string', default: '3000' },
    host: { type: 'string' },
    'ssh-config': { type: 'string' },
    folder: { type: 'string' },
    aimed: { type: 'boolean', default: false },
    output: { type: 'string', default: 'text' },
  },
});
const [wanted, seed, shortest, longest] = [
  options.kills,
  options.seed,
  options.shortest,
  options.longest,
].map(Number);
const random = seeded(seed);
const images = 3;
/** A run is killed at most so often before it is let to its end. */
const mostPerRun = 8;
/** About what a run that nobody kills has. */
const mostFacts = 30;
/** No command of so small a run may take longer, however busy the machine is. */
const patienceMs = 300_000;

const say = (text) => process.stderr.write(`${text}\n`);
say(
  `seed ${seed}: ${wanted} kills ${options.host === undefined ? 'on this machine' : `over ssh, on ${options.host}`}`,
);
const startedMs = Date.now();
const total = {
  seed,
  runs: 0,
  kills: 0,
  moments: {},
  tasks: 0,
  lost: 0,
  doubled: 0,
  ledgersInvalid: 0,
  faults: [],
};
while (total.kills < wanted) await storm();
total.seconds = Math.round((Date.now() - startedMs) / 1000);
process.stdout.write(options.output === 'json' ? `${JSON.stringify(total)}\n` : describe(total));
process.exitCode = total.faults.length === 0 ? 0 : 1;

/** One run, killed again and again, then let to its end and looked at. */
async function storm() {
  const place = options.host === undefined ? placeHere() : placeThere();
  const kills = Math.min(1 + Math.floor(random() * mostPerRun), wanted - total.kills);
  for (let done = 0, tries = 0; done < kills && tries < 3 * mostPerRun; tries++) {
    const before = place.ledger();
    if (before.finished) break;
    const words = before.run === undefined ? place.runWords : ['resume', '--quiet'];
    const { killed } = await run(place, words, chooseMoment());
    if (!killed) continue;
    done++;
    total.kills++;
    const moment = place.ledger().last ?? 'before-run-planned';
    total.moments[moment] = (total.moments[moment] ?? 0) + 1;
  }
  const last = await run(place, place.ledger().run === undefined ? place.runWords : ['resume', '--quiet']);
  total.runs++;
  const faults = last.code === 0 ? await judge(place) : [`it ended with code ${last.code}: ${last.text}`];
  for (const fault of faults) total.faults.push(`run ${total.runs} (${place.desk}): ${fault}`);
  for (const fault of faults) say(`FAULT in ${place.desk}: ${fault}`);
  if (faults.length === 0) place.clear();
  if (total.runs % 10 === 0) say(`${total.runs} runs, ${total.kills} kills, ${total.faults.length} faults`);
}

function chooseMoment() {
  if (options.aimed) return { facts: Math.floor(random() * mostFacts) };
  return { ms: shortest + random() * (longest - shortest) };
}

/** Every task exactly once: by its own tally, by the records, by the ledger, by the batch system, by the result. */
async function judge(place) {
  const tasks = [...Array(images).keys()]
    .flatMap((t) => [`first-${t + 1}`, `second-${t + 1}`])
    .concat('all-0');
  total.tasks += tasks.length;
  const faults = [];
  const ran = place.list('tally').map((name) => name.replace(/\..*/, ''));
  const lost = tasks.filter((task) => !ran.includes(task));
  const doubled = tasks.filter((task) => ran.filter((each) => each === task).length > 1);
  total.lost += lost.length;
  total.doubled += doubled.length;
  if (lost.length > 0) faults.push(`never ran: ${lost}`);
  if (doubled.length > 0) faults.push(`ran more than once: ${doubled}`);
  const { run: id, folder, succeeded } = place.ledger();
  if (new Set(succeeded).size !== tasks.length || succeeded.length !== tasks.length)
    faults.push(`the ledger has ${succeeded.length} successes: ${succeeded}`);
  const ends = place
    .records(folder)
    .filter((line) => line.includes('"fact":"task-ended"') && line.includes('"outcome":"ok"'));
  if (ends.length !== tasks.length) faults.push(`the records have ${ends.length} good ends`);
  const expected = [...Array(images).keys()].map((t) => `image ${t + 1}\n`.repeat(2)).join('');
  if (place.read(`${folder}/results/all/all.txt`) !== expected) faults.push('the result is another');
  const jobs = place.jobs(id);
  if (jobs !== undefined && (jobs.length !== tasks.length || new Set(jobs).size !== tasks.length))
    faults.push(`sacct has ${jobs.length} elements: ${jobs}`);
  const check = await run(place, ['ledger', 'check']);
  if (check.code !== 0) {
    total.ledgersInvalid++;
    faults.push(`the ledger is not valid: ${check.text}`);
  }
  return faults;
}

/** `moment`: kills it then, if it still runs. */
function run(place, words, moment) {
  return new Promise((resolve) => {
    const env = { ...process.env, ESPALIER_HOME: join(place.desk, 'home'), NO_COLOR: '1' };
    const child = spawn(process.execPath, [program, ...words], {
      cwd: place.desk,
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let text = '';
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk) => {
        text += chunk;
      });
    let slow = false;
    const tooLong = setTimeout(() => {
      slow = true;
      child.kill('SIGKILL');
    }, patienceMs);
    const kill = moment && killAt(place, moment, child);
    child.on('exit', (code, signal) => {
      clearTimeout(tooLong);
      clearTimeout(kill);
      // Tasks of a killed driver may hold its pipes open.
      child.stdout.destroy();
      child.stderr.destroy();
      resolve({
        killed: signal === 'SIGKILL' && !slow,
        code: code ?? 255,
        text: slow ? `it took longer than ${patienceMs} ms` : text,
      });
    });
  });
}

/** `facts`: looks every few milliseconds how many more the ledger has. */
function killAt(place, { ms, facts }, child) {
  if (ms !== undefined) return setTimeout(() => child.kill('SIGKILL'), ms);
  const until = place.ledger().facts + facts;
  return setInterval(() => {
    if (place.ledger().facts >= until) child.kill('SIGKILL');
  }, 5);
}

function makeDesk(at, tally, run) {
  const desk = mkdtempSync(join(tmpdir(), 'espalier-storm-'));
  const mark = (name, item) => `: >$(mktemp ${tally}/${name}-${item}.XXXXXX)`;
  const request = 'resources: { memory: 20MB, time: 5m }';
  const text = `name: storm
collections:
  raw: { ${at}, pattern: "cell_t{t:int}.txt" }
steps:
  first:
    for-each: raw
    fuse: false
    run: '${mark('first', '{{ item.t }}')}; sleep 0.3; cat {{ inputs.image }} >{{ outputs.image }}'
    outputs: { image: "{{ item.t }}.a" }
    ${request}
  second:
    for-each: first.image
    fuse: false
    run: '${mark('second', '{{ item.t }}')}; cat {{ inputs.image }} {{ inputs.image }} >{{ outputs.image }}'
    outputs: { image: "{{ item.t }}.b" }
    ${request}
  all:
    group: { by: [], order: t }
    from: second.image
    inputs: { image: files }
    run: '${mark('all', '0')}; cat {{ inputs.image }} >{{ outputs.image }}'
    outputs: { image: all.txt }
    ${request}
`;
  writeFileSync(join(desk, 'w.yaml'), text);
  return {
    desk,
    runWords: ['run', 'w.yaml', '--quiet', '--no-pack', ...run],
    ledger: () => readLedger(desk),
  };
}

/** On the local site. */
function placeHere() {
  const tally = mkdtempSync(join(tmpdir(), 'espalier-tally-'));
  const place = makeDesk('in: data', tally, []);
  mkdirSync(join(place.desk, 'data'));
  for (let t = 1; t <= images; t++) writeFileSync(join(place.desk, `data/cell_t${t}.txt`), `image ${t}\n`);
  return {
    ...place,
    list: () => readdirSync(tally),
    read: (file) => (existsSync(file) ? readFileSync(file, 'utf8') : undefined),
    records: (folder) =>
      readdirSync(join(folder, 'records'), { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .flatMap((entry) => readFileSync(join(entry.parentPath, entry.name), 'utf8').split('\n')),
    jobs: () => undefined,
    clear: () => {
      rmSync(tally, { recursive: true, force: true });
      rmSync(place.desk, { recursive: true, force: true });
    },
  };
}

/** On a Slurm cluster that is reached by ssh. */
function placeThere() {
  const own = `${options.folder}/${process.pid}-${total.runs}`;
  const there = (command) => {
    const ran = spawnSync(
      'ssh',
      ['-F', options['ssh-config'], '-o', 'BatchMode=yes', options.host, command],
      { encoding: 'utf8' },
    );
    if (ran.status !== 0) throw new Error(`ssh: ${ran.stderr}`);
    return ran.stdout;
  };
  const files = [...Array(images).keys()].map((t) => `echo image ${t + 1} >${own}/data/cell_t${t + 1}.txt`);
  there(`mkdir -p ${own}/data ${own}/tally ${own}/runs && ${files.join(' && ')}`);
  const place = makeDesk(`at: "storm:${own}/data"`, `${own}/tally`, ['--site', 'storm']);
  mkdirSync(join(place.desk, 'home/sites'), { recursive: true });
  writeFileSync(
    join(place.desk, 'home/sites/storm.yaml'),
    `host: ${options.host}\nssh-config: ${options['ssh-config']}\nwork: ${own}/runs\nlimits: { poll-shortest: 0.5, poll-longest: 2, file-delay: 3 }\n`,
  );
  const lines = (command) =>
    there(command)
      .split('\n')
      .filter((line) => line !== '');
  return {
    ...place,
    list: () => lines(`ls ${own}/tally`),
    read: (file) => there(`cat '${file}' 2>/dev/null || :`),
    records: (folder) => lines(`cat '${folder}'/records/*/*[0-9] 2>/dev/null || :`),
    jobs: (id) =>
      lines(`sacct -n -X -P -S now-2hours -o JobID,JobName`)
        .filter((row) => row.includes(`|${id}`))
        .map((row) => row.split('|')[0]),
    clear: () => {
      there(`rm -rf ${own}`);
      rmSync(place.desk, { recursive: true, force: true });
    },
  };
}

/** What the ledger says, read behind espalier's back. `last`: the kind of the last event. */
function readLedger(desk) {
  const path = join(desk, 'home/ledger.sqlite');
  const none = { run: undefined, finished: false, facts: 0, succeeded: [], last: undefined };
  if (!existsSync(path)) return none;
  let database;
  try {
    database = new Sqlite(path, { readonly: true });
    const bodies = database.prepare('select kind, body from events order by seq').all();
    const planned = bodies.find(({ kind }) => kind === 'run-planned');
    const body = planned && JSON.parse(planned.body);
    return {
      run: body?.run,
      folder: body?.folder,
      facts: bodies.length,
      finished: bodies.some(({ kind }) => kind === 'run-finished'),
      succeeded: bodies
        .filter(({ kind }) => kind === 'task-succeeded')
        .map((each) => JSON.parse(each.body).task),
      last: bodies.at(-1)?.kind,
    };
  } catch (error) {
    // Killed before its first tables were there.
    if (/no such table|unable to open|readonly/.test(error.message)) return none;
    throw error;
  } finally {
    database?.close();
  }
}

function describe({ runs, kills, moments, tasks, lost, doubled, ledgersInvalid, faults, seconds }) {
  const rows = Object.entries(moments).sort(([, a], [, b]) => b - a);
  return [
    `seed ${seed}: ${runs} runs, ${kills} kills in ${seconds} s`,
    `${tasks} tasks: ${lost} lost, ${doubled} doubled; ${ledgersInvalid} ledgers not valid; ${faults.length} faults`,
    'the last event in the ledger when it was killed:',
    ...rows.map(([moment, count]) => `  ${String(count).padStart(4)}  ${moment}`),
    ...faults,
    '',
  ].join('\n');
}

/** mulberry32: numbers from 0 to below 1, the same for the same seed. */
function seeded(from) {
  let state = from >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let word = Math.imul(state ^ (state >>> 15), state | 1);
    word ^= word + Math.imul(word ^ (word >>> 7), word | 61);
    return ((word ^ (word >>> 14)) >>> 0) / 4294967296;
  };
}
