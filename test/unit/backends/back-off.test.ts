import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { withBackOff } from '../../../src/backends/transport/back-off.ts';
import { EspalierError } from '../../../src/model/index.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** Fails as often as told, then connects; gives how often it was asked. */
async function tries(
  failures: number,
  { wasThere = false, code = 'unreachable', message = 'connect ECONNREFUSED' } = {},
): Promise<string> {
  let count = 0;
  const connect = async (): Promise<void> => {
    if (++count <= failures) throw new EspalierError(code, message, { fault: 'site' });
  };
  const end = withBackOff(connect, wasThere).then(
    () => 'there',
    () => 'given up',
  );
  await vi.runAllTimersAsync();
  return `${await end} after ${count}`;
}

describe('a connection', () => {
  it('is tried again with pauses to a host that was there a moment ago, for half a minute', async () => {
    const began = Date.now();
    expect(await tries(5, { wasThere: true })).toBe('there after 6');
    expect(Date.now() - began).toBeGreaterThan(20_000);
    expect(await tries(6, { wasThere: true })).toBe('given up after 6');
  });

  it('is tried again where a server closes it before the login, as busy ones do', async () => {
    expect(await tries(2, { message: 'kex_exchange_identification: Connection closed by remote host' })).toBe(
      'there after 3',
    );
  });

  it.each([
    [{ wasThere: false, code: 'unreachable' }, 'a host that never answered'],
    [{ wasThere: true, code: 'needs-login' }, 'a login that only a person can give'],
    [{ wasThere: true, code: 'host-key-changed' }, 'another key'],
  ])('is given up at once: %j, %s', async (options, _what) => {
    expect(await tries(1, options)).toBe('given up after 1');
  });
});
