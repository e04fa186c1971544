/** Results for programs: one object, its form numbered so that a reader can tell. */
export function renderJson(value: Readonly<Record<string, unknown>>): string {
  return JSON.stringify({ format: 1, ...value }, undefined, 2);
}
