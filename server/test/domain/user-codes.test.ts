import { describe, expect, it } from 'vitest';
import { formatUserCode, newUserCode, parseUserCode } from '../../src/domain/user-codes.js';

describe('user codes', () => {
  it('are eight letters that come back from the form people see', () => {
    for (let time = 0; time < 200; time++) {
      const code = newUserCode();
      expect(code).toMatch(/^[BCDFGHJKLMNPQRSTVWXZ]{8}$/);
      expect(parseUserCode(formatUserCode(code))).toBe(code);
    }
  });

  it.each(['WDJB-MJHT', 'wdjb-mjht', 'WDJBMJHT', ' WDJB MJHT ', 'WDJB–MJHT', 'w d j b m j h t'])(
    'are read as typed: %j',
    (typed) => {
      expect(parseUserCode(typed)).toBe('WDJBMJHT');
    },
  );

  it.each(['', 'WDJB-MJH', 'WDJB-MJHTT', 'WDJB-MJHA', 'WDJB_MJHT', '12345678'])(
    'are not read into anything else: %j',
    (typed) => {
      expect(parseUserCode(typed)).toBeNull();
    },
  );
});
