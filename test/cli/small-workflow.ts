import type { Desk } from './espalier.ts';

interface Variations {
  readonly upper?: string;
  readonly names?: readonly string[];
}

/** Two steps per text file of `data`: its letters made capital, then a mark below. */
export function writeSmallWorkflow(desk: Desk, { upper, names = ['a', 'b'] }: Variations = {}): void {
  desk.write({
    'work.yaml': [
      'name: letters',
      'parameters:',
      '  mark: { type: text, default: "!" }',
      'collections:',
      '  raw: { pattern: "{name}.txt", in: data }',
      'defaults:',
      '  resources: { cpus: 1, memory: 10MB, time: 5m }',
      'steps:',
      '  upper:',
      '    for-each: raw',
      '    inputs: { text: file }',
      '    outputs: { text: "{{ item.name }}.upper" }',
      `    run: '${upper ?? 'tr a-z A-Z'} < {{ inputs.text }} > {{ outputs.text }}'`,
      '  marked:',
      '    for-each: upper.text',
      '    inputs: { text: file }',
      '    with: { mark: "{{ mark }}" }',
      '    outputs: { text: "{{ item.name }}.marked" }',
      `    run: '{ cat {{ inputs.text }}; echo {{ mark }} {{ item.name }}; } > {{ outputs.text }}'`,
      '',
    ].join('\n'),
    ...Object.fromEntries(names.map((name, index) => [`data/${name}.txt`, `text ${index}\n`])),
  });
}
