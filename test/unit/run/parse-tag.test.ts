import { expect, it } from 'vitest';
import { parseTag } from '../../../src/run/images/resolve-tag.ts';

it.each([
  ['docker://host.example/a/b:1.2', { host: 'host.example', name: 'a/b', tag: '1.2' }],
  ['oras://localhost/a', { host: 'localhost', name: 'a', tag: 'latest' }],
  ['docker://10.0.0.1:5000/a:x', { host: '10.0.0.1:5000', name: 'a', tag: 'x' }],
  ['docker://debian:13', undefined],
  ['docker://library/debian', undefined],
  ['docker://host.example/a@sha256:0', undefined],
  ['docker://host.example/', undefined],
])('reads %s', (image, parts) => {
  expect(parseTag(image)).toEqual(parts);
});
