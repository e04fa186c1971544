import { readFile } from 'node:fs/promises';
import ssh2, {
  type AnyAuthMethod,
  type BaseAgent,
  type IdentityCallback,
  type ParsedKey,
  type SignCallback,
  type SigningRequestOptions,
} from 'ssh2';
import { EspalierError } from '../../../model/index.ts';
import { needsOpenssh, type SshSettings } from './ssh-settings.ts';

/** Asks a person, in a terminal that they see; absent where there is none. */
export type Prompt = (question: string, hidden: boolean) => Promise<string>;

/** A way to log in that may be tried; undefined when there is nothing behind it after all. */
type Offer = { readonly type: string; readonly make: () => Promise<AnyAuthMethod | undefined> };

/** Why nothing was left to try, for the message. */
export interface Shortfall {
  /** What the server takes. */
  methods: readonly string[];
  /** A question that nobody could be asked. */
  unasked: string | undefined;
  /** Keys that this client cannot read. */
  unable: string | undefined;
}

type Next = (method: AnyAuthMethod | false) => void;

/** Tries what there is, the silent ways first: the agent, keys of files, then what a person has to answer. */
export function offerCredentials(
  settings: SshSettings,
  prompt: Prompt | undefined,
): {
  readonly handler: (left: readonly string[] | null, partly: boolean, next: Next) => void;
  readonly shortfall: Shortfall;
} {
  const shortfall: Shortfall = { methods: [], unasked: undefined, unable: undefined };
  const offers = listOffers(settings, prompt, shortfall);
  let isFirst = true;
  const answer = async (left: readonly string[] | null): Promise<AnyAuthMethod | false> => {
    if (isFirst) {
      isFirst = false;
      return { type: 'none', username: settings.user };
    }
    shortfall.methods = left ?? shortfall.methods;
    for (;;) {
      const at = offers.findIndex(({ type }) => shortfall.methods.includes(type));
      if (at < 0) return false;
      const [offer] = offers.splice(at, 1);
      const made = await offer?.make();
      if (made !== undefined) return made;
    }
  };
  const handler = (left: readonly string[] | null, _partly: boolean, next: Next): void => {
    answer(left).then(next, (error: Error) => {
      shortfall.unable ??= error.message;
      next(false);
    });
  };
  return { handler, shortfall };
}

function listOffers(settings: SshSettings, prompt: Prompt | undefined, shortfall: Shortfall): Offer[] {
  const { user: username, agent, identities } = settings;
  const socket = agent;
  const ask = async (question: string, hidden: boolean): Promise<string | undefined> => {
    const answer = await prompt?.(question, hidden).catch(() => undefined);
    if (answer === undefined) noted(shortfall, question.trim());
    return answer;
  };
  return [
    ...(socket === undefined
      ? []
      : [{ type: 'publickey', make: async () => agentMethod(await openAgent(settings, socket), username) }]),
    ...identities.map((file) => ({
      type: 'publickey',
      make: async (): Promise<AnyAuthMethod | undefined> => {
        const key = await readKey(file, ask, shortfall);
        return key === undefined ? undefined : { type: 'publickey', username, key };
      },
    })),
    {
      type: 'keyboard-interactive',
      make: async () =>
        prompt === undefined ? noted(shortfall, 'its questions') : questions(username, prompt, shortfall),
    },
    {
      type: 'password',
      make: async (): Promise<AnyAuthMethod | undefined> => {
        const password = await ask(`Password of ${username}@${settings.alias}: `, true);
        return password === undefined ? undefined : { type: 'password', username, password };
      },
    },
  ];
}

function noted(shortfall: Shortfall, question: string): undefined {
  shortfall.unasked ??= question;
  return undefined;
}

function questions(username: string, prompt: Prompt, shortfall: Shortfall): AnyAuthMethod {
  return {
    type: 'keyboard-interactive',
    username,
    prompt: (name, instructions, _language, prompts, finish) => {
      const said = [name, instructions].map((each) => each.trim()).filter((each) => each !== '');
      const ask = async (): Promise<void> => {
        const answers: string[] = [];
        for (const { prompt: question, echo } of prompts) {
          const lead = answers.length === 0 && said.length > 0 ? `${said.join('\n')}\n` : '';
          answers.push(await prompt(`${lead}${question}`, echo !== true));
        }
        finish(answers);
      };
      ask().catch(() => {
        noted(shortfall, 'its questions');
        finish([]);
      });
    },
  };
}

/** A key of a file. A passphrase is asked for once; a key that is not there, or that nobody unlocks, is passed over. */
async function readKey(
  file: string,
  ask: (question: string, hidden: boolean) => Promise<string | undefined>,
  shortfall: Shortfall,
): Promise<ParsedKey | undefined> {
  const bytes = await readFile(file).catch(() => undefined);
  if (bytes === undefined) return undefined;
  const plain = parsed(bytes);
  if (!(plain instanceof Error)) return plain;
  if (!/encrypted|passphrase/i.test(plain.message)) {
    shortfall.unable ??= `the key \`${file}\` (${plain.message})`;
    return undefined;
  }
  const passphrase = await ask(`Passphrase of the key ${file}: `, true);
  if (passphrase === undefined) return undefined;
  const unlocked = parsed(bytes, passphrase);
  if (!(unlocked instanceof Error)) return unlocked;
  shortfall.unasked ??= `the passphrase of \`${file}\`, which was wrong`;
  return undefined;
}

function parsed(bytes: Buffer, passphrase?: string): ParsedKey | Error {
  const key = ssh2.utils.parseKey(bytes, passphrase);
  if (!Array.isArray(key)) return key;
  return key[0] ?? new Error('it holds no key');
}

function agentMethod(agent: BaseAgent | undefined, username: string): AnyAuthMethod | undefined {
  return agent === undefined ? undefined : { type: 'agent', username, agent };
}

/** Servers end a login after six keys: with IdentitiesOnly an agent offers only the keys that the configuration names. */
async function openAgent(settings: SshSettings, socket: string): Promise<BaseAgent | undefined> {
  const agent = ssh2.createAgent(socket);
  if (!settings.identitiesOnly) return agent;
  const wanted = new Set<string>();
  for (const file of settings.identities) {
    const text = await readFile(`${file}.pub`, 'utf8').catch(() => '');
    const [, key] = text.split(/\s+/);
    if (key !== undefined) wanted.add(key);
  }
  return wanted.size === 0 ? undefined : new ChosenKeys(agent, wanted);
}

class ChosenKeys extends ssh2.BaseAgent {
  readonly #agent: BaseAgent;
  readonly #wanted: ReadonlySet<string>;

  constructor(agent: BaseAgent, wanted: ReadonlySet<string>) {
    super();
    this.#agent = agent;
    this.#wanted = wanted;
  }

  override getIdentities(callback: IdentityCallback): void {
    this.#agent.getIdentities((error, keys = []) => {
      const parsed = keys.filter((key): key is ParsedKey => typeof key === 'object' && 'getPublicSSH' in key);
      callback(
        error,
        parsed.filter((key) => this.#wanted.has(key.getPublicSSH().toString('base64'))),
      );
    });
  }

  override sign(
    key: ParsedKey | Buffer | string,
    data: Buffer,
    options: SigningRequestOptions | SignCallback,
    callback?: SignCallback,
  ): void {
    if (typeof options === 'function') this.#agent.sign(key, data, options);
    else this.#agent.sign(key, data, options, callback);
  }
}

/** Why the login failed, and what to do. */
export function explainLogin(settings: SshSettings, shortfall: Shortfall, site: string): EspalierError {
  const { alias, user } = settings;
  const { methods, unasked, unable } = shortfall;
  const only = methods.filter(
    (each) => each !== 'publickey' && each !== 'password' && each !== 'keyboard-interactive',
  );
  if (methods.length > 0 && only.length === methods.length)
    return needsOpenssh(alias, only.includes('gssapi-with-mic') ? 'Kerberos' : only.join(', '), site);
  if (unable !== undefined) return needsOpenssh(alias, unable, site);
  const why = unasked === undefined ? 'it took none of the keys' : `nobody was there to answer: ${unasked}`;
  return new EspalierError('needs-login', `\`${alias}\` does not let \`${user}\` in: ${why}`, {
    fault: 'site',
    hint: `run the command in a terminal, put the key into an agent (\`ssh-add\`), or say \`transport: openssh\` and log in with \`espalier site login ${site}\`; what runs there goes on meanwhile`,
  });
}
