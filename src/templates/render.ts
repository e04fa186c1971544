import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import nunjucks from 'nunjucks';
import { shellQuote } from './shell-quote.ts';

type Value = string | number | boolean | readonly Value[] | { readonly [name: string]: Value };

const folder = fileURLToPath(new URL('.', import.meta.url));
const loader = new nunjucks.FileSystemLoader(folder, { noCache: false, watch: false });
const environment = new nunjucks.Environment(loader, { autoescape: false, throwOnUndefined: true });

/**
 * Fills a job-script template. Every string arrives quoted as one shell word, whatever the template does with it; only
 * top-level names that begin with `raw_` arrive as they are, and a test lists them.
 */
export function render(template: string, values: { readonly [name: string]: Value }): string {
  const context = Object.fromEntries(
    Object.entries(values).map(([name, value]) => [name, name.startsWith('raw_') ? value : quoteAll(value)]),
  );
  return environment.render(template, context);
}

/** Reads and compiles every template, which the first use of each would do otherwise: for a moment in which nothing else is to be done. */
export function compileTemplates(): void {
  for (const name of readdirSync(folder, { encoding: 'utf8', recursive: true }))
    if (name.endsWith('.njk')) environment.getTemplate(name, true);
}

function quoteAll(value: Value): Value {
  if (typeof value === 'string') return shellQuote(value);
  if (Array.isArray(value)) return value.map(quoteAll);
  if (typeof value !== 'object') return value;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, quoteAll(inner)]));
}
