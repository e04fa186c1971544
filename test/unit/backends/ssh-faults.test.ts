import { expect, it } from 'vitest';
import { explainSshFault } from '../../../src/backends/transport/openssh/ssh-faults.ts';

const denied = (methods: string) =>
  explainSshFault(`anna@login: Permission denied (${methods}).\n`, 'login', 'lattice');

it.each([
  ['publickey,password', 'log in with `espalier site login lattice`; what runs there goes on meanwhile'],
  [
    'publickey,gssapi-keyex,gssapi-with-mic',
    'log in with `espalier site login lattice`, or take a Kerberos ticket (`kinit`) if that is how you log in there; what runs there goes on meanwhile',
  ],
  ['gssapi-with-mic', 'take a Kerberos ticket (`kinit`); what runs there goes on meanwhile'],
])('a login that is denied (%s) says how to get in', (methods, hint) => {
  expect(denied(methods)).toMatchObject({ code: 'needs-login', fault: 'site', hint });
});
