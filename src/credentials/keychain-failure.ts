import { StorageUnavailable } from './credential-store.js';
import type { KeychainAnswer } from './keychain-child.js';

type Failure = Exclude<KeychainAnswer, { outcome: 'done' } | { outcome: 'abandoned' }>;

/**
 * What a person is told when the keychain does not do its work. The system's own text, which may be in the person's
 * language, decides among the known cases only where it has a technical name in it, and is always quoted.
 */
export function keychainFailure(failure: Failure, platform: NodeJS.Platform, deadlineMs: number): StorageUnavailable {
  const { what, remedy } = explain(failure, platform, deadlineMs);
  return new StorageUnavailable(`The OS keychain cannot be used: ${what}.`, { remedy: `${remedy}, or ${useFile}` });
}

const useFile = 'keep the token in a file that only you can read: --storage file';

interface Explanation {
  what: string;
  /** Imperative, without an end: the file store is always named as the other way. */
  remedy: string;
}

function explain(failure: Failure, platform: NodeJS.Platform, deadlineMs: number): Explanation {
  switch (failure.outcome) {
    case 'unanswered':
      return {
        what: `it did not answer within ${deadlineMs / 1000} seconds; an unlock prompt may be waiting`,
        remedy: 'Unlock it and run the command again',
      };
    case 'broken':
      return { what: failure.reason, remedy: 'Run the command again' };
    case 'failed': {
      const reason = failure.reason.trim().replace(/\.$/, '');
      return failure.stage === 'load' ? notLoaded(reason) : refused(reason, platform);
    }
  }
}

function notLoaded(reason: string): Explanation {
  if (!reason.includes('libsecret')) {
    return {
      what: `its module does not load (${reason})`,
      remedy: 'Install nxkey again, without leaving packages out',
    };
  }
  const install = [
    'sudo apt install libsecret-1-0 (Debian, Ubuntu)',
    'sudo dnf install libsecret (Fedora)',
    'sudo pacman -S libsecret (Arch)',
  ];
  return { what: `the library libsecret is missing (${reason})`, remedy: `Install it: ${install.join(', ')}` };
}

function refused(reason: string, platform: NodeJS.Platform): Explanation {
  const known = (cases[platform] ?? []).find(({ pattern }) => pattern.test(reason));
  return known === undefined
    ? { what: reason, remedy: 'Put that right' }
    : { what: `${known.what} (${reason})`, remedy: known.remedy };
}

const cases: { [platform in NodeJS.Platform]?: (Explanation & { pattern: RegExp })[] } = {
  linux: [
    {
      // dbus-daemon, then dbus-broker.
      pattern: /org\.freedesktop\.secrets|ServiceUnknown|not activatable/,
      what: 'no Secret Service runs in this session',
      remedy: 'Install and start one, such as gnome-keyring or KWallet',
    },
    {
      // A keyring that was never set up has no collection to store in: gnome-keyring without a desktop login.
      pattern: /\block(ed)?\b|IsLocked|collection|\/org\/freedesktop\/secrets\//i,
      what: 'the keyring is locked and could not be unlocked',
      remedy: 'Unlock it, for example by logging in to the desktop',
    },
    {
      pattern: /D-?Bus|\$DISPLAY|\bconnect\b/i,
      what: 'there is no D-Bus session',
      remedy:
        'Run the command inside a desktop session with a keyring (Debian, Ubuntu: sudo apt install gnome-keyring dbus)',
    },
  ],
  darwin: [
    {
      // errSecInteractionNotAllowed: a login over SSH, for example.
      pattern: /interaction is not allowed|-25308/i,
      what: 'the keychain is locked, and macOS may not ask for its password here',
      remedy: 'Unlock it: security unlock-keychain',
    },
  ],
};
