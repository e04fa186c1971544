import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { access, chmod, mkdir, open, readFile, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { EspalierError, type SiteTransport } from '../../../model/index.ts';
import { withBackOff } from '../back-off.ts';
import { explainSshFault } from './ssh-faults.ts';

/** What the library is told of this machine. */
export interface SshSurroundings {
  /** The `ssh` program. */
  readonly program: string;
  /** A private folder for control sockets; short, because a socket's path may be. */
  readonly controlFolder: string;
  /** The site's name, for messages. */
  readonly site: string;
}

/** How long the connection is kept for the next command of a person. */
const persistSeconds = 600;

/** After a login by a person, who would have to answer again: a day of silence. */
const loginSeconds = 86_400;

/** A dead connection is noticed after about 45 s, as when a laptop wakes up. */
const options = [
  'ServerAliveInterval=15',
  'ServerAliveCountMax=3',
  'ConnectTimeout=20',
  'StrictHostKeyChecking=yes',
  'LogLevel=ERROR',
];

/** The one control connection of a site. The first login may ask for a second factor; what follows rides on it. */
export class Master {
  readonly program: string;
  readonly #target: SiteTransport;
  readonly #surroundings: SshSurroundings;
  /** One socket for each way of reaching a host: another configuration is another trust. */
  readonly #socket: string;
  #opening: Promise<void> | undefined;
  #isBeingMade = false;
  #wasThere = false;
  /** Nothing says yet that the connection behind a socket is gone. */
  #mayTrust = true;

  constructor(target: SiteTransport, surroundings: SshSurroundings) {
    this.program = surroundings.program;
    this.#target = target;
    this.#surroundings = surroundings;
    const way = JSON.stringify([target, surroundings.site]);
    this.#socket = createHash('sha256').update(way).digest('hex').slice(0, 16);
  }

  /**
   * Where the connection is gone, or takes no further channel, `ssh` would make one of its own, and ask a person again: this keeps
   * it from that, and ends it before anything was run.
   */
  readonly #noOther = 'ProxyCommand=false';

  /** Words of a channel's `ssh`, up to the command. */
  channelWords(): readonly string[] {
    return [
      ...this.#words(),
      ...['ControlMaster=no', 'BatchMode=yes', this.#noOther].flatMap((each) => ['-o', each]),
      '-T',
      ...this.#host(),
    ];
  }

  /** Words of an `ssh` that opens the connection in the terminal, where a person can answer. */
  loginWords(): readonly string[] {
    const persist = ['-o', 'ControlMaster=yes', '-o', `ControlPersist=${loginSeconds}`];
    return [...this.#words(), ...persist, '-fN', ...this.#host()];
  }

  /** The connection is there, or an error says why not and what to do. */
  open(): Promise<void> {
    this.#opening ??= this.#openOnce();
    return this.#opening;
  }

  /** It may be gone: the next command looks. While it is being made, there is nothing to doubt. */
  doubt(): void {
    if (this.#isBeingMade) return;
    this.#opening = undefined;
    this.#mayTrust = false;
  }

  /** The connection stays for the next command of a person; it ends by itself. */
  async close(): Promise<void> {
    this.#opening = undefined;
  }

  /** Whether a connection is there already, of this command or of another. */
  async isOpen(): Promise<boolean> {
    await this.prepare();
    return this.#answers();
  }

  /** The private folder for the socket is there, and no socket of a connection that was killed: beside one `ssh` makes no other. */
  async prepare(): Promise<void> {
    const { controlFolder } = this.#surroundings;
    await mkdir(controlFolder, { recursive: true, mode: 0o700 });
    await chmod(controlFolder, 0o700);
    const socket = join(controlFolder, this.#socket);
    if (await isLeftBehind(socket)) await rm(socket, { force: true });
  }

  async #openOnce(): Promise<void> {
    this.#isBeingMade = true;
    let isOpen = false;
    try {
      await withBackOff(() => this.#open(), this.#wasThere);
      this.#wasThere = true;
      isOpen = true;
    } finally {
      this.#isBeingMade = false;
      if (!isOpen) this.doubt();
    }
  }

  async #open(): Promise<void> {
    const { site } = this.#surroundings;
    await this.prepare();
    if (await this.#isThere()) return;
    const persist = ['-o', 'ControlMaster=yes', '-o', `ControlPersist=${persistSeconds}`];
    const { code, stderr } = await this.#ask(['-o', 'BatchMode=yes', ...persist, '-fN']);
    if (code !== 0) throw explainSshFault(stderr, this.#target.host, site);
  }

  /** A socket is taken at its word until a command did not get through: asking takes as long as the command itself. */
  async #isThere(): Promise<boolean> {
    const { controlFolder } = this.#surroundings;
    const hasSocket = await access(join(controlFolder, this.#socket)).then(
      () => true,
      () => false,
    );
    return hasSocket && (this.#mayTrust || (await this.#answers()));
  }

  async #answers(): Promise<boolean> {
    return (await this.#ask(['-O', 'check'])).code === 0;
  }

  /** What it prints goes to a file: the connection it leaves behind would hold a pipe open. */
  async #ask(more: readonly string[]): Promise<{ readonly code: number; readonly stderr: string }> {
    const log = join(
      this.#surroundings.controlFolder,
      `log-${process.pid}-${Math.random().toString(36).slice(2)}`,
    );
    const handle = await open(log, 'w', 0o600);
    try {
      const code = await new Promise<number>((resolve, reject) => {
        const words = [...this.#words(), ...more, ...this.#host()];
        const child = spawn(this.program, words, { detached: true, stdio: ['ignore', 'ignore', handle.fd] });
        child.on('error', (error) => reject(noProgram(this.program, error)));
        child.on('exit', (exit) => resolve(exit ?? 255));
      });
      return { code, stderr: await readFile(log, 'utf8') };
    } finally {
      await handle.close();
      await rm(log, { force: true });
    }
  }

  #words(): readonly string[] {
    const { configFile, port } = this.#target;
    return [
      ...(configFile === undefined ? [] : ['-F', configFile]),
      ...options.flatMap((option) => ['-o', option]),
      '-o',
      `ControlPath=${join(this.#surroundings.controlFolder, this.#socket)}`,
      ...(port === undefined ? [] : ['-p', String(port)]),
    ];
  }

  #host(): readonly string[] {
    const { host, user } = this.#target;
    return [...(user === undefined ? [] : ['-l', user]), '--', host];
  }
}

/** Whether nobody listens any more at a socket that is there. */
function isLeftBehind(socket: string): Promise<boolean> {
  return new Promise((resolve) => {
    const caller = connect(socket);
    caller.on('connect', () => {
      caller.destroy();
      resolve(false);
    });
    caller.on('error', (error) => resolve('code' in error && error.code === 'ECONNREFUSED'));
  });
}

function noProgram(program: string, cause: Error): EspalierError {
  return new EspalierError('no-ssh', `cannot start \`${program}\`: ${cause.message}`, {
    fault: 'site',
    hint: 'install OpenSSH on this machine',
    cause,
  });
}
