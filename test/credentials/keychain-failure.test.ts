import { describe, expect, it } from 'vitest';
import { keychainFailure } from '../../src/credentials/keychain-failure.js';

function told(platform: NodeJS.Platform, stage: 'load' | 'use', reason: string) {
  const { message, remedy } = keychainFailure({ outcome: 'failed', stage, reason }, platform, 5_000);
  return { message, remedy };
}

describe('what a person is told about a keychain that fails', () => {
  // Texts as the libraries give them; those of GLib come in the person's language.
  it.each([
    ['linux', 'The name org.freedesktop.secrets was not provided by any .service files', 'no Secret Service runs'],
    ['linux', 'The name is not activatable', 'no Secret Service runs'],
    ['linux', 'GDBus.Error:org.freedesktop.DBus.Error.ServiceUnknown: ?', 'no Secret Service runs'],
    ['linux', 'Cannot create an item in a locked collection', 'the keyring is locked'],
    ['linux', 'GDBus.Error:org.freedesktop.Secret.Error.IsLocked: ?', 'the keyring is locked'],
    ['linux', 'Object does not exist at path “/org/freedesktop/secrets/collection/login”', 'the keyring is locked'],
    ['linux', 'Cannot autolaunch D-Bus without X11 $DISPLAY', 'there is no D-Bus session'],
    ['linux', 'D-Bus kann nicht ohne X11-$DISPLAY automatisch gestartet werden', 'there is no D-Bus session'],
    ['linux', 'Could not connect: No such file or directory', 'there is no D-Bus session'],
    ['darwin', 'User interaction is not allowed.', 'the keychain is locked'],
  ] as const)('on %s, of "%s": %s', (platform, reason, sentence) => {
    const { message, remedy } = told(platform, 'use', reason);
    expect(message).toContain(sentence);
    expect(message).toContain(reason.replace(/\.$/, ''));
    expect(remedy).toMatch(/, or keep the token in a file that only you can read: --storage file$/);
  });

  it('is the reason as the system gives it, where it is none of the known ones', () => {
    const { message, remedy } = told('linux', 'use', 'Verbinden nicht möglich: Datei nicht gefunden.');
    expect(message).toBe('The OS keychain cannot be used: Verbinden nicht möglich: Datei nicht gefunden.');
    expect(remedy).toContain('--storage file');
  });

  it('is not about D-Bus on Windows', () => {
    expect(told('win32', 'use', 'Could not connect').message).toBe(
      'The OS keychain cannot be used: Could not connect.',
    );
  });

  it('is the package to install when libsecret is missing', () => {
    const reason = 'libsecret-1.so.0: cannot open shared object file: No such file or directory';
    const { message, remedy } = told('linux', 'load', reason);
    expect(message).toContain(`the library libsecret is missing (${reason})`);
    expect(remedy).toContain('sudo apt install libsecret-1-0 (Debian, Ubuntu)');
    expect(remedy).toContain('sudo dnf install libsecret (Fedora)');
    expect(remedy).toContain('sudo pacman -S libsecret (Arch)');
  });

  it('is not libsecret when something else keeps the module from loading', () => {
    const { message, remedy } = told('linux', 'load', "Cannot find package 'keytar'");
    expect(message).toContain("its module does not load (Cannot find package 'keytar')");
    expect(remedy).toContain('Install nxkey again');
  });
});
