import { createInterface } from 'node:readline';
import { Writable } from 'node:stream';

/** Asks in the terminal; what is hidden is not shown as it is typed. Undefined where nobody sits in front of one. */
export function terminalPrompt(): ((question: string, hidden: boolean) => Promise<string>) | undefined {
  if (!process.stdin.isTTY || !process.stderr.isTTY) return undefined;
  return (question, hidden) =>
    new Promise((resolve, reject) => {
      const silent = new Writable({ write: (_chunk, _encoding, done) => done() });
      const lines = createInterface({
        input: process.stdin,
        output: hidden ? silent : process.stderr,
        terminal: true,
      });
      // Only now: what is typed from here on is shown by us or not at all.
      process.stderr.write(question);
      let isAnswered = false;
      lines.once('line', (answer) => {
        isAnswered = true;
        lines.close();
        if (hidden) process.stderr.write('\n');
        resolve(answer);
      });
      lines.once('close', () => {
        if (!isAnswered) reject(new Error('no answer'));
      });
    });
}
