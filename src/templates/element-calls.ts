import type { PlannedBatch } from '../model/index.ts';
import { shellQuote } from './shell-quote.ts';
import type { TaskValues } from './task-values.ts';

/**
 * The calls of the wrapper's functions that say what an element is to do. Not a template: there are thousands of elements, and
 * each call is nothing but a name and words, all quoted here.
 */

/** A task in a process of its own. */
export function runCalls(task: TaskValues): string {
  return `${taskCalls(task)}${call('esp_run', ...task.words)}`;
}

/** Tasks that one process takes together: each is described by a function, to be prepared and judged by. */
export function batchCalls(tasks: readonly TaskValues[], { words }: PlannedBatch): string {
  const items = tasks.map((task, item) => `esp_item_${item}() {\n${taskCalls(task)}}\n`);
  const command = words.map((word) => word.map((text) => text ?? '{{ batch }}').join(''));
  const started = words.map((word) =>
    word.map((text) => (text === null ? '"$esp_items"' : shellQuote(text))),
  );
  return [
    ...items,
    processFunction(tasks),
    call('esp_batch', tasks.length, JSON.stringify(command)),
    `esp_run_batch ${started.map((texts) => texts.join('') || "''").join(' ')}\n`,
  ].join('');
}

/** What they run in is the same for all; the process sees the folders of all their inputs. */
function processFunction(tasks: readonly TaskValues[]): string {
  const [first] = tasks;
  const folders = [...new Set(tasks.flatMap(({ container }) => container?.folders ?? []))];
  const surroundings = first === undefined ? '' : variableCalls(first) + containerCalls(first, folders);
  return `esp_process() {\nesp_surroundings\n${surroundings}}\n`;
}

function taskCalls(task: TaskValues): string {
  const { id, attempt, staticKey, seconds, words, outputs, inputs, absent, checks, container } = task;
  let text = `esp_task ${shellQuote(id)} ${attempt} ${shellQuote(staticKey)} ${seconds} ${shellQuote(JSON.stringify(words))}\n`;
  for (const output of outputs) text += outputCall(output);
  for (const input of inputs) text += inputCall(input);
  text += variableCalls(task);
  for (const { text: refused, json } of absent) text += call('esp_log_without', refused, json);
  checks.forEach((check, n) => {
    text += `esp_check_${n}() { ${call('esp_launch', ...check).slice(0, -1)}; }\nesp_checks=${n + 1}\n`;
  });
  return `${text}${reuseCalls(task)}${containerCalls(task, container?.folders ?? [])}`;
}

function outputCall({ role, type, name, final, min, file }: TaskValues['outputs'][number]): string {
  const path = shellQuote(final);
  const json = path === final ? '' : ` ${shellQuote(JSON.stringify(final))}`;
  return `esp_output ${shellQuote(role)} ${shellQuote(type)} ${shellQuote(name)} ${path} ${min} ${file}${json}\n`;
}

/** A path that is a plain word needs no more to be JSON than quotation marks, which the wrapper puts around it. */
function inputCall({ role, index, file, path: from, from: maker }: TaskValues['inputs'][number]): string {
  const path = shellQuote(from);
  const rest =
    path === from
      ? maker && ` ${shellQuote(maker)}`
      : ` ${shellQuote(maker)} ${shellQuote(JSON.stringify(from))}`;
  return `esp_input ${shellQuote(role)} ${index} ${file} ${path}${rest}\n`;
}

function variableCalls({ environment }: TaskValues): string {
  let text = '';
  for (const name in environment) text += call('esp_variable', name, environment[name] ?? '');
  return text;
}

function reuseCalls({ reuse }: TaskValues): string {
  if (reuse === undefined) return '';
  const files = reuse.files.map(({ path, size, mtime, sha256 }) =>
    call('esp_reuse_file', path, size, mtime, sha256),
  );
  return [call('esp_reuse', reuse.key, reuse.ref), ...files].join('');
}

function containerCalls({ container }: TaskValues, folders: readonly string[]): string {
  if (container === undefined) return '';
  const { program, runtime, path, sha256, size, mtime, gpu } = container;
  const binds = folders.map((folder) => call('esp_bind', folder));
  return [call('esp_container', program, runtime, path, sha256, size, mtime, gpu), ...binds].join('');
}

/** One line: the name of a function and its words, whatever is in them. */
function call(name: string, ...values: readonly (string | number)[]): string {
  let line = name;
  for (const value of values) line += ` ${typeof value === 'number' ? value : shellQuote(value)}`;
  return `${line}\n`;
}
