/**
 * The names of what is declared as a list (`array: true`, or an argument `[words..]`): it alone may be given more than once. With the
 * names that yargs makes of them, `with-nodes` and `withNodes`. `declared`: what yargs gives to a check beside the values.
 */
export function listOptions(declared: object): ReadonlySet<string> {
  const names = 'array' in declared && Array.isArray(declared.array) ? declared.array.map(String) : [];
  return new Set(names.flatMap((name) => [name, camelCase(name)]));
}

function camelCase(name: string): string {
  return name.replace(/-+([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
}
