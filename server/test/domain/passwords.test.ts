import { describe, expect, it } from 'vitest';
import { createPasswordHasher, defaultScryptCost, passwordProblem } from '../../src/domain/passwords.js';

const cheap = { n: 16, r: 1, p: 1 };

describe('password hashes', () => {
  it('carry their parameters, so that hashes made with others still verify', async () => {
    const old = await createPasswordHasher(cheap).hash('correct horse');
    expect(old).toMatch(/^scrypt\$16\$1\$1\$[\w-]{22}\$[\w-]{43}$/);
    const today = createPasswordHasher({ n: 32, r: 2, p: 1 });
    expect(await today.verify('correct horse', old)).toBe(true);
    expect(await today.verify('wrong horse', old)).toBe(false);
  });

  it('differ for equal passwords, and take one password in both of its Unicode forms', async () => {
    const passwords = createPasswordHasher(cheap);
    expect(await passwords.hash('same')).not.toBe(await passwords.hash('same'));
    expect(await passwords.verify('cafe\u0301', await passwords.hash('caf\u00e9'))).toBe(true);
  });

  it('are computed for an unknown user too, and never match', async () => {
    expect(await createPasswordHasher(cheap).verify('anything', null)).toBe(false);
  });

  it('work with the parameters that the server uses, many at once', async () => {
    const passwords = createPasswordHasher(defaultScryptCost, 1);
    const hash = await passwords.hash('correct horse');
    expect(await Promise.all([passwords.verify('correct horse', hash), passwords.verify('x', hash)])).toEqual([
      true,
      false,
    ]);
  });

  it('want twelve characters and no more than 256', () => {
    expect(passwordProblem('x'.repeat(11))).toContain('at least 12');
    expect(passwordProblem('x'.repeat(12))).toBeNull();
    expect(passwordProblem('x'.repeat(257))).toContain('at most 256');
  });
});
